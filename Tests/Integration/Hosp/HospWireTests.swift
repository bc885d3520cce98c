import HospKit
import Testing

/// Runs `body` against a simulator of its own.
func withHosp(
    seed: UInt64 = 1, timeScale: Double = 0, profile: Profile = .calm,
    _ body: (HospServer, HospWireClient) async throws -> Void
) async throws {
    let hosp = try await HospServer.start(HospOptions(seed: seed, timeScale: timeScale, profile: profile))
    do {
        try await body(hosp, HospWireClient(port: hosp.port))
    } catch {
        try await hosp.stop()
        throw error
    }
    try await hosp.stop()
}

@Suite(.timeLimit(.minutes(1))) struct HospWireTests {
    @Test func `a good answer is chunked and carries the headers of Rails`() async throws {
        try await withHosp { _, client in
            let answer = try #require(HospWireAnswer(try await client.ask("GET", "/notes")))
            #expect(answer.status == 200)
            #expect(answer["Content-Type"] == "application/json; charset=utf-8")
            #expect(answer["Vary"] == "Accept")
            #expect(answer["Cache-Control"] == "max-age=0, private, must-revalidate")
            #expect(answer["Content-Length"] == nil)
            #expect(answer.chunks?.last == 0)
            #expect(answer["ETag"]?.wholeMatch(of: /W\/"[0-9a-f]{32}"/) != nil)
            #expect(answer["X-Runtime"]?.wholeMatch(of: /[0-9]+\.[0-9]{6}/) != nil)
            #expect(
                answer["X-Request-Id"]?.wholeMatch(
                    of: /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/)
                    != nil)
        }
    }

    @Test func `the same bytes have the same ETag, and If-None-Match of it is answered 304 without a body`()
        async throws
    {
        try await withHosp { _, client in
            let tag = try #require(HospWireAnswer(try await client.ask("GET", "/notes/5"))?["ETag"])
            let again = try #require(HospWireAnswer(try await client.ask("GET", "/notes/5", ["If-None-Match: \(tag)"])))
            #expect(
                again.status == 304 && again["ETag"] == tag && again["Content-Type"] == nil
                    && again["Transfer-Encoding"] == nil)
            #expect(HospWireAnswer(try await client.ask("PATCH", "/notes/5", json: #"{"title":"new"}"#))?.status == 200)
            #expect(HospWireAnswer(try await client.ask("GET", "/notes/5", ["If-None-Match: \(tag)"]))?.status == 200)
        }
    }

    @Test func `HEAD is answered as GET without the body`() async throws {
        try await withHosp { _, client in
            let get = try #require(HospWireAnswer(try await client.ask("GET", "/hospitals")))
            let head = try #require(HospWireAnswer(try await client.ask("HEAD", "/hospitals"), toHead: true))
            #expect(head.status == 200 && head["ETag"] == get["ETag"] && head["Content-Type"] == get["Content-Type"])
        }
    }

    @Test func `a 401 is text with a challenge`() async throws {
        try await withHosp { _, client in
            let answer = try #require(HospWireAnswer(try await client.ask("GET", "/notes", user: "staff1:wrong")))
            #expect(answer.status == 401 && answer.text == "HTTP Basic: Access denied.\n")
            #expect(answer["WWW-Authenticate"] == #"Basic realm="Application""#)
        }
    }

    @Test func `a 500 is a page of 1,635 bytes with two more headers than it needs`() async throws {
        try await withHosp { _, client in
            let answer = try #require(HospWireAnswer(try await client.ask("GET", "/.git/config", user: nil)))
            #expect(answer.status == 500 && answer.body.count == 1635)
            #expect(
                answer.fields.map(\.name) == [
                    "Content-Type", "X-Request-Id", "X-Runtime", "Content-Length", "Connection",
                ])
        }
    }

    @Test func `a client's request id comes back stripped and cut`() async throws {
        try await withHosp { _, client in
            let id = "a_b-c@d e;/%" + String(repeating: "x", count: 300)
            let answer = try #require(HospWireAnswer(try await client.ask("GET", "/", ["X-Request-Id: \(id)"])))
            #expect(answer["X-Request-Id"] == "a_b-c@de" + String(repeating: "x", count: 247))
        }
    }

    @Test func `pipelined requests are answered in order, and the connection is kept`() async throws {
        try await withHosp { hosp, client in
            let requests = (1...60).map {
                HospWireClient.request("GET", "/notes/\($0)", $0 == 60 ? ["Connection: close"] : [])
            }
            var rest = try await client.send(requests.joined()).bytes[...]
            for number in 1...60 {
                let answer = try #require(HospWireAnswer(from: &rest))
                #expect(answer.text.hasPrefix("{\"id\":\(number),"))
            }
            #expect(rest.isEmpty)
            #expect(try await hosp.counters().connectionsOpened == 1)
        }
    }

    @Test func `HTTP 1.0 gets a length and the end of the connection`() async throws {
        try await withHosp { _, client in
            let reply = try await client.send("GET / HTTP/1.0\r\n\r\n")
            #expect(reply.text.hasPrefix("HTTP/1.0 200 OK\r\n"))
            #expect(
                reply.text.contains("\r\nContent-Length: 17\r\n") && reply.text.hasSuffix("\r\n\r\nServer is online."))
        }
    }

    @Test func `a body of 2 MB comes in and goes out whole, in several chunks`() async throws {
        try await withHosp { _, client in
            let text = String(repeating: "0123456789abcdef", count: 131_072)
            let made = try #require(
                HospWireAnswer(
                    try await client.ask(
                        "POST", "/notes", json: #"{"title":"t","body":"\#(text)","patient_id":1,"staff_id":1}"#)))
            #expect(made.status == 201)
            let read = try #require(HospWireAnswer(try await client.ask("GET", "/notes/81")))
            #expect(read.text == made.text && read.text.contains(text))
            #expect((read.chunks?.count ?? 0) > 60)
        }
    }

    @Test func `odd names and odd paths get through to Rails`() async throws {
        try await withHosp { hosp, client in
            let post = try await client.ask("POST", "//notes/%205;x", ["X_HTTP_Method_Override: delete"], json: "{}")
            #expect(HospWireAnswer(post)?.status == 204)
            #expect(try await hosp.records().find(.notes, 5) == nil)
            let arrival = try #require(try await hosp.arrivals().first)
            #expect(arrival.method == "POST" && arrival.target == "//notes/%205;x" && arrival.pattern == "/notes/{id}")
            #expect(arrival.commit == .init(kind: .deleted, resource: .notes, id: 5))
        }
    }

    @Test(arguments: [
        "GET /notes/1 HTTP/1.1\r\nConnection: Keep-Alive, Upgrade\r\nUpgrade: websocket\r\n",
        "CONNECT hosp.example:80 HTTP/1.1\r\n",
    ])
    func `who asks for another protocol gets an answer and the end of the connection`(head: String) async throws {
        try await withHosp { hosp, client in
            let reply = try await client.send(head + "Host: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try #require(HospWireAnswer(reply))["Connection"] == "close")
            #expect(try await hosp.counters().arrived == 1)
        }
    }

    @Test func `what is no HTTP is refused and counted`() async throws {
        try await withHosp { hosp, client in
            let reply = try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\nnonsense\r\n\r\n")
            var rest = reply.bytes[...]
            #expect(HospWireAnswer(from: &rest)?.status == 200)
            #expect(HospWireAnswer(from: &rest)?.status == 400)
            let counters = try await hosp.counters()
            #expect(counters.arrived == 1 && counters.unparsable == 1)
        }
    }

    @Test func `the log keeps duplicates in order and no password`() async throws {
        try await withHosp { hosp, client in
            _ = try await client.ask("GET", "/notes?patient_id=1", ["X-A: 1", "x-b: 2", "X-A: 3", "Cookie: secret"])
            let arrival = try #require(try await hosp.arrivals().first)
            #expect(arrival.target == "/notes?patient_id=1" && arrival.user == "staff1" && arrival.status == 200)
            #expect(
                arrival.fields.map(\.name) == ["Host", "Authorization", "X-A", "x-b", "X-A", "Cookie", "Connection"])
            #expect(arrival.fields.map(\.value) == ["hosp.example", "Basic ***", "1", "2", "3", "***", "close"])
        }
    }
}
