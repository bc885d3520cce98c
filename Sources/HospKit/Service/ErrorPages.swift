/// The answers that Rails gives without asking the application.
enum ErrorPages {
    /// A status as JSON: `{"status":404,"error":"Not Found"}`.
    static func json(_ status: Int) -> Answer {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("status", status)
        writer.member("error", Answer.reason(status))
        writer.endObject()
        return Answer(
            status: status, fields: [("Content-Type", "application/json; charset=UTF-8")], body: writer.bytes,
            framing: .contentLength)
    }

    /// The 500: Rails' page of 1,635 bytes, or JSON for who asks for nothing else.
    static func failure(accept: String?) -> Answer {
        if accept?.lowercased() == "application/json" { return json(500) }
        return Answer(
            status: 500, fields: [("Content-Type", "text/html; charset=UTF-8")], body: page, framing: .contentLength)
    }

    /// The load balancer's answer to a request that took HOSP too long.
    static func gatewayTimeout() -> Answer {
        let text = """
            <html>\r\n<head><title>504 Gateway Time-out</title></head>\r\n<body>\r\n\
            <center><h1>504 Gateway Time-out</h1></center>\r\n</body>\r\n</html>\r\n
            """
        return Answer(
            status: 504, fields: [("Content-Type", "text/html")], body: [UInt8](text.utf8), framing: .contentLength)
    }

    static let pageLength = 1635

    /// The page that every Rails application is born with, in its spirit, and of exactly its length.
    private static let page: [UInt8] = {
        let head = """
            <!DOCTYPE html>
            <html>
            <head>
              <title>We're sorry, but something went wrong (500)</title>
              <meta name="viewport" content="width=device-width,initial-scale=1">
              <style>
              .rails-default-error-page {
                background-color: #EFEFEF;
                color: #2E2F30;
                text-align: center;
                font-family: arial, sans-serif;
                margin: 0;
              }

              .rails-default-error-page div.dialog {
                width: 95%;
                max-width: 33em;
                margin: 4em auto 0;
              }

              .rails-default-error-page h1 {
                font-size: 100%;
                color: #730E15;
                line-height: 1.5em;
              }
              </style>
            </head>

            <body class="rails-default-error-page">
              <div class="dialog">
                <div>
                  <h1>We're sorry, but something went wrong.</h1>
                </div>
                <p>If you are the application owner check the logs for more information.</p>
              </div>

            """
        let foot = "</body>\n</html>\n"
        let missing = max(0, pageLength - head.utf8.count - foot.utf8.count)
        let filler = String(repeating: " ", count: max(0, missing - 1)) + (missing > 0 ? "\n" : "")
        return [UInt8]((head + filler + foot).utf8)
    }()
}
