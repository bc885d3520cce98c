import StentCodec
import StentModel
import Testing

@Suite struct `A response head` {
    @Test func `is read with its status, phrase and fields`() throws {
        let read = Feed.responses(
            "HTTP/1.1 404 Not  Found\r\nETAG: W/\"x\"\r\nX_Y: 1\r\nContent-Length: 3\r\nSet-Cookie: a\r\nset-cookie: b\r\n\r\n"
        )
        #expect(read.reason == nil)
        let head = try #require(read.heads.first)
        #expect(head.status == 404)
        #expect(head.phrase == "Not  Found")
        #expect(head.version == .http11)
        #expect(
            head.fields == [
                "etag|ETAG|W/\"x\"", "other|X_Y|1", "contentLength|Content-Length|3", "setCookie|Set-Cookie|a",
                "setCookie|set-cookie|b",
            ])
        #expect(head.framing == .length(3))
        #expect(head.keepsConnection)
        #expect(!head.nominatesFields)
    }

    @Test(arguments: [
        ("HTTP/1.1 200 OK", 200, "OK"), ("HTTP/1.1 200 ", 200, ""), ("HTTP/1.1 200", 200, ""),
        ("HTTP/1.0 999 \t~\u{e9}", 999, " ~\u{e9}"), ("HTTP/1.1 100 Continue", 100, "Continue"),
    ])
    func `may have any phrase, or none and no space before it`(line: String, status: Int, phrase: String) {
        let read = Feed.responses("\(line)\r\nContent-Length: 0\r\n\r\n")
        #expect(read.reason == nil)
        #expect(read.heads.first?.status == status)
        #expect(read.heads.first?.phrase.trimmingPrefix("\t") == phrase.trimmingPrefix(" "))
    }

    @Test(arguments: [
        (Method.get, "200", "Content-Length: 5", BodyFraming.length(5), true),
        (.get, "200", "Content-Length: 0", .none, true), (.get, "200", "Transfer-Encoding: chunked", .chunked, true),
        (.get, "200", "X: y", .untilClose, false), (.get, "200", "Connection: keep-alive", .untilClose, false),
        (.head, "200", "Content-Length: 5", .none, true), (.head, "200", "X: y", .none, true),
        (.head, "200", "Transfer-Encoding: chunked", .none, true), (.get, "304", "Content-Length: 5", .none, true),
        (.get, "304", "X: y", .none, true), (.get, "204", "X: y", .none, true),
        (.get, "204", "Content-Length: 0", .none, true), (.get, "204", "Content-Length: 5", .none, false),
        (.get, "204", "Transfer-Encoding: chunked", .none, false), (.get, "100", "X: y", .none, true),
        (.get, "103", "Content-Length: 5", .none, false), (.get, "101", "Upgrade: x", .none, true),
        (.get, "205", "Content-Length: 0", .none, true), (.post, "500", "X: y", .untilClose, false),
        (.get, "200", "Connection: close\r\nContent-Length: 5", .length(5), false),
    ])
    func `has the framing of its status, fields and request`(
        method: Method, status: String, field: String, framing: BodyFraming, keeps: Bool
    ) {
        let read = Feed.responses("HTTP/1.1 \(status) X\r\n\(field)\r\n\r\n", to: method)
        #expect(read.heads.first?.framing == framing)
        #expect(read.heads.first?.keepsConnection == keeps)
    }

    @Test(arguments: [("", false), ("Connection: keep-alive\r\n", true), ("Connection: close, keep-alive\r\n", false)])
    func `of HTTP 1-0 keeps the connection only where it says so`(field: String, keeps: Bool) {
        let read = Feed.responses("HTTP/1.0 200 OK\r\n\(field)Content-Length: 1\r\n\r\n")
        #expect(read.heads.first?.version == .http10)
        #expect(read.heads.first?.keepsConnection == keeps)
    }

    @Test func `may nominate any field`() {
        let read = Feed.responses("HTTP/1.1 204 X\r\nConnection: Set-Cookie\r\n\r\n")
        #expect(read.reason == nil)
        #expect(read.heads.first?.nominatesFields == true)
    }

    @Test func `follows informational ones`() {
        let read = Feed.responses(
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 204 No Content\r\n\r\nHT"
        )
        #expect(read.heads.map(\.status) == [100, 103, 204])
        #expect(read.reason == nil)
    }

    @Test func `is forgotten by a reset in its middle`() throws {
        var decoder = ResponseDecoder(limits: Feed.limits)
        var head = ResponseHead()
        let half = Array("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nX".utf8)
        #expect(try decoder.decode(half.span.bytes, toRequestMethod: .get, into: &head) == nil)
        decoder.reset()
        let whole = Array("HTTP/1.1 201 Created\r\nContent-Length: 4\r\n\r\n".utf8)
        #expect(try decoder.decode(whole.span.bytes, toRequestMethod: .get, into: &head) == whole.count)
        #expect(head.framing == .length(4))
        #expect(head.fields.lines.count == 1)
    }

    @Test func `within its limits passes and beyond them fails`() {
        let head = "HTTP/1.1 204 X\r\nA: 1\r\nB: 2\r\n\r\n"
        let count = head.utf8.count
        #expect(Feed.responses(head, limits: HeadLimits(bytes: count, fields: 2, target: 0)).heads.count == 1)
        let tooFewBytes = HeadLimits(bytes: count - 1, fields: 2, target: 0)
        #expect(Feed.responses(head, limits: tooFewBytes).reason == .upstreamHeadTooLarge)
        let tooFewFields = HeadLimits(bytes: count, fields: 1, target: 0)
        #expect(Feed.responses(head, limits: tooFewFields).reason == .upstreamHeadTooLarge)
        let long = "HTTP/1.1 200 " + String(repeating: "x", count: count)
        #expect(Feed.responses(long, limits: tooFewBytes).reason == .upstreamHeadTooLarge)
    }
}

/// A response's head, or its beginning, and the reason it is refused for.
struct RefusedResponse: Sendable, CustomTestStringConvertible {
    var text: String
    var reason: Reason
    var testDescription: String { "\(reason.rawValue): \(text.debugDescription)" }

    /// Its bytes, one for each scalar below U+0100, so that a table can hold single bytes from 0x80 on.
    var bytes: [UInt8] { text.unicodeScalars.map { $0.value < 0x100 ? UInt8($0.value) : 0x3F } }

    static func raw(_ text: String, _ reason: Reason) -> Self { Self(text: text, reason: reason) }
    static func fields(_ fields: String, _ reason: Reason) -> Self {
        raw("HTTP/1.1 200 OK\r\n\(fields)\r\n\r\n", reason)
    }

    static let statusLines: [Self] =
        [
            "HTTP/1.1 20 OK", "HTTP/1.1 2000 OK", "HTTP/1.1 099 OK", "HTTP/1.1 000 OK", "HTTP/1.1 20x OK",
            "HTTP/1.1 -20 OK",
            "HTTP/1.1  200 OK", "HTTP/1.1\t200 OK", "HTTP/1.1 200\tOK", "HTTP/1.1 200OK", "HTTP/1.1", "HTTP/1.1 ",
            "HTTP/2.0 200 OK",
            "HTTP/1.2 200 OK", "HTTP/0.9 200 OK", "HTTP/11 200 OK", "http/1.1 200 OK", "ICY 200 OK", " HTTP/1.1 200 OK",
            "<html>", "200 OK",
            "HTTP/1.1 200 O\u{0}K", "HTTP/1.1 200 O\u{1b}K", "HTTP/1.1 200 OK\u{7f}", "HTTP/1.1 200 O\rK", "",
            "+HTTP/1.1 200 OK",
        ].map { .raw($0 + "\r\nX: y\r\n\r\n", .upstreamMalformedStatusLine) } + [
            .raw("HTTP/1.1 200 OK\nX: y\n\n", .upstreamMalformedStatusLine),
            .raw("HTTP/1.1 200\nX: y\n\n", .upstreamMalformedStatusLine),
            .raw("HTTP/1.1 200\rX", .upstreamMalformedStatusLine),
            .raw("HTTP/1.1 200 OK\r\r\n", .upstreamMalformedStatusLine),
        ]

    static let fieldLines: [Self] = [
        " X: y", "X: y\r\n z", "X: y\r\n\tz", "X : y", "X\t: y", "X", ": y", "X(: y", "X Y: z", "X\u{e9}: y",
        "X: \u{0}",
        "X: a\u{7f}", "X: a\u{8}", "X\u{0}: y", "X: a\nY: b", "X: a\rY: b", "X\n: y", "\nX: y", "\rX: y", "X: y\r\r\n",
    ].map { .fields($0, .upstreamMalformedField) }

    static let framings: [Self] =
        ["", "+5", "-5", "5,5", "5, 6", "0x5", "5 5", "5.0", "1000000000000000000", "abc"]
        .map { .fields("Content-Length: \($0)", .upstreamMalformedLength) }
        + [
            .fields("Content-Length: 5\r\nContent-Length: 5", .upstreamMalformedLength),
            .fields("Content-Length: 5\r\ncontent-length: 6", .upstreamMalformedLength),
        ]
        + ["", "gzip", "gzip, chunked", "chunked, chunked", "identity", "chunked;a=b", "xchunked", "chunked, gzip"]
        .map { .fields("Transfer-Encoding: \($0)", .upstreamMalformedCoding) }
        + [
            .fields("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", .upstreamMalformedCoding),
            .fields("Transfer-Encoding: chunked\r\nContent-Length: 5", .upstreamMalformedCoding),
            .fields("Content-Length: 5\r\nTransfer-Encoding: chunked", .upstreamMalformedCoding),
            .raw("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", .upstreamMalformedCoding),
            .raw("HTTP/1.1 204 OK\r\nTransfer-Encoding: gzip\r\n\r\n", .upstreamMalformedCoding),
        ]

    static let all = statusLines + fieldLines + framings
}

@Suite struct `A refused response` {
    @Test(arguments: RefusedResponse.all)
    func `says why, however its bytes arrive`(refused: RefusedResponse) {
        let read = Feed.responses(refused.bytes)
        #expect(read.reason == refused.reason)
        #expect(read.heads.isEmpty)
    }
}
