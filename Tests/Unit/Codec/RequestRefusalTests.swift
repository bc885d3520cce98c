import StentCodec
import StentModel
import Testing

/// A request line or field lines, and why the request that holds them is refused.
struct RefusedRequest: Sendable, CustomTestStringConvertible {
    var text: String
    var reason: Reason
    var testDescription: String { "\(reason.rawValue): \(text.debugDescription)" }

    /// Its bytes, one for each scalar below U+0100, so that a table can hold single bytes from 0x80 on.
    var bytes: [UInt8] { text.unicodeScalars.map { $0.value < 0x100 ? UInt8($0.value) : 0x3F } }

    /// The head up to where it is wrong.
    static func raw(_ text: String, _ reason: Reason) -> Self { Self(text: text, reason: reason) }
    static func line(_ line: String, _ reason: Reason) -> Self { raw(line + "\r\nHost: a\r\n\r\n", reason) }
    static func target(_ target: String, _ reason: Reason) -> Self { line("GET \(target) HTTP/1.1", reason) }
    static func fields(_ fields: String, _ reason: Reason) -> Self {
        raw("POST / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\r\n", reason)
    }
    static func host(_ value: String, _ reason: Reason = .requestMalformedHost) -> Self {
        raw("GET / HTTP/1.1\r\nHost: \(value)\r\n\r\n", reason)
    }

    static let lines: [Self] = [
        .line("GET  / HTTP/1.1", .requestMalformedLine), .line("GET /  HTTP/1.1", .requestMalformedLine),
        .line(" GET / HTTP/1.1", .requestMalformedLine), .line("GET / HTTP/1.1 ", .requestMalformedLine),
        .line("GET\t/ HTTP/1.1", .requestMalformedLine), .line("GET /\tHTTP/1.1", .requestMalformedLine),
        .line("GET / HTTP/1.1\t", .requestMalformedLine), .line("GET /", .requestMalformedLine),
        .line("GET", .requestMalformedLine), .line("GET / ", .requestMalformedLine),
        .line("GET / http/1.1", .requestMalformedLine), .line("GET / HTTP/1", .requestMalformedLine),
        .line("GET / HTTP/11", .requestMalformedLine), .line("GET / HTTP/1.", .requestMalformedLine),
        .line("GET / HTTP/1.11", .requestMalformedLine), .line("GET / HTTP/1.x", .requestMalformedLine),
        .line("GET / HTTP/2.x", .requestMalformedLine), .line("GET / HTTP /1.1", .requestMalformedLine),
        .line("GET / HTTPS/1.1", .requestMalformedLine), .line("GET / ICY/1.1", .requestMalformedLine),
        .line("GET /a b HTTP/1.1", .requestMalformedLine), .line("GET /\u{0} HTTP/1.1", .requestMalformedLine),
        .line("GET /\u{7F} HTTP/1.1", .requestMalformedLine), .line("GET / H\u{1}TP/1.1", .requestMalformedLine),
        .raw("\u{16}\u{3}\u{1}\u{2}\u{0}", .requestMalformedLine),
        .line("G@T / HTTP/1.1", .requestMalformedMethod), .line("GET: / HTTP/1.1", .requestMalformedMethod),
        .line("GET\u{e9} / HTTP/1.1", .requestMalformedMethod), .line("(GET) / HTTP/1.1", .requestMalformedMethod),
        .line("GET / HTTP/2.0", .requestUnsupportedVersion), .line("GET / HTTP/1.2", .requestUnsupportedVersion),
        .line("GET / HTTP/0.9", .requestUnsupportedVersion), .line("GET / HTTP/3.1", .requestUnsupportedVersion),
        .raw("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", .requestTargetForm),
    ]

    static let targets: [Self] = [
        .target("/\u{e9}", .requestTargetByte), .target("/#x", .requestTargetByte),
        .target("/a\\b", .requestTargetByte), .target("/\"", .requestTargetByte), .target("/<", .requestTargetByte),
        .target("/>", .requestTargetByte), .target("\u{ff}", .requestTargetByte),
        .target("*", .requestTargetForm), .target("*/", .requestTargetForm), .target("a", .requestTargetForm),
        .target("a:80", .requestTargetForm), .target("?a", .requestTargetForm), .target("ftp://a/", .requestTargetForm),
        .target("http:/a", .requestTargetForm), .target("http://", .requestTargetForm),
        .target("https://", .requestTargetForm), .target("http:///a", .requestTargetForm),
        .target("http://u@a/", .requestTargetForm), .target("http://a:x/", .requestTargetForm),
        .target("http://a?q", .requestTargetForm), .target("ws://a/", .requestTargetForm),
        .line("OPTIONS ** HTTP/1.1", .requestTargetForm),
        .target("http://b/", .requestHostMismatch), .target("http://a:81/", .requestHostMismatch),
        .target("https://a:80/", .requestHostMismatch), .target("http://a.b/", .requestHostMismatch),
    ]

    static let breaks: [Self] = [
        .raw("\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", .requestBareLineBreak),
        .raw("\rGET / HTTP/1.1\r\nHost: a\r\n\r\n", .requestBareLineBreak),
        .raw("GET\n/ HTTP/1.1\r\nHost: a\r\n\r\n", .requestBareLineBreak),
        .raw("GE\rT / HTTP/1.1\r\nHost: a\r\n\r\n", .requestBareLineBreak),
        .raw("GET /\n", .requestBareLineBreak), .raw("GET /a\rb HTTP/1.1\r\n", .requestBareLineBreak),
        .raw("GET / HTTP/1.1\nHost: a\n\n", .requestBareLineBreak), .raw("GET / HT\nTP", .requestBareLineBreak),
        .raw("GET / HT\rTP", .requestBareLineBreak), .raw("GET / HTTP/1.1\r\r\n", .requestBareLineBreak),
        .raw("GET / HTTP/1.1\rHost: a", .requestBareLineBreak),
        .raw("GET / HTTP/1.1\r\n\n", .requestBareLineBreak), .raw("GET / HTTP/1.1\r\n\rH", .requestBareLineBreak),
        .raw("GET / HTTP/1.1\r\nHost: a\n\r\n", .requestBareLineBreak),
        .raw("GET / HTTP/1.1\r\nHost: a\r\n\n", .requestBareLineBreak),
        .fields("X: a\rb", .requestBareLineBreak), .fields("X: a\nY: b", .requestBareLineBreak),
        .fields("X: a\r\rY: b", .requestBareLineBreak), .fields("X\n: a", .requestBareLineBreak),
        .fields("X\r: a", .requestBareLineBreak), .fields("X:\n a", .requestBareLineBreak),
        .fields("X: 1234567\n89", .requestBareLineBreak), .fields("X: 1234567\r89", .requestBareLineBreak),
    ]

    static let fieldLines: [Self] = [
        .fields(" X: a", .requestObsoleteFold), .fields("X: a\r\n b", .requestObsoleteFold),
        .fields("X: a\r\n\tb", .requestObsoleteFold), .fields("X: a\r\n ", .requestObsoleteFold),
        .raw("GET / HTTP/1.1\r\n Host: a\r\n\r\n", .requestObsoleteFold),
        .fields("X: \u{0}", .requestControlByte), .fields("X: a\u{1}b", .requestControlByte),
        .fields("X: a\u{7f}", .requestControlByte), .fields("X: a\u{b}\u{c}", .requestControlByte),
        .fields("X: 12345678901234567890\u{1b}[31m", .requestControlByte),
        .fields("X\u{0}Y: a", .requestControlByte), .fields("\u{7f}: a", .requestControlByte),
        .fields(": a", .requestMalformedFieldName), .fields("X(Y): a", .requestMalformedFieldName),
        .fields("X\u{e9}: a", .requestMalformedFieldName), .fields("X@Y: a", .requestMalformedFieldName),
        .fields("X Y: a", .requestMalformedFieldName), .fields("\"X\": a", .requestMalformedFieldName),
        .fields("X", .requestMalformedFieldLine), .fields("Content-Length", .requestMalformedFieldLine),
        .fields("X_Y: a", .requestUnderscoreInFieldName), .fields("_: a", .requestUnderscoreInFieldName),
        .fields("Content_Length: 5", .requestUnderscoreInFieldName),
        .fields("X : a", .requestSpaceBeforeColon), .fields("X\t: a", .requestSpaceBeforeColon),
        .fields("X \t : a", .requestSpaceBeforeColon), .fields("Transfer-Encoding : chunked", .requestSpaceBeforeColon),
    ]

    static let framings: [Self] = [
        .fields("Content-Length: 5\r\nContent-Length: 6", .requestConflictingLength),
        .fields("Content-Length: 5\r\nContent-Length: 5", .requestRepeatedLength),
        .fields("Content-Length: 5\r\nX: y\r\ncontent-length: 05", .requestRepeatedLength),
        .fields("Content-Length: 5, 5", .requestRepeatedLength), .fields("Content-Length: 5,6", .requestRepeatedLength),
        .fields("Content-Length:", .requestMalformedLength), .fields("Content-Length: ", .requestMalformedLength),
        .fields("Content-Length: +5", .requestMalformedLength), .fields("Content-Length: -5", .requestMalformedLength),
        .fields("Content-Length: 0x5", .requestMalformedLength),
        .fields("Content-Length: 5 5", .requestMalformedLength),
        .fields("Content-Length: 5.0", .requestMalformedLength),
        .fields("Content-Length: 5e1", .requestMalformedLength),
        .fields("Content-Length: \u{663}", .requestMalformedLength),
        .fields("Content-Length: a", .requestMalformedLength),
        .fields("Content-Length: 1000000000000000000", .requestBodyTooLarge),
        .fields("Content-Length: 18446744073709551621", .requestBodyTooLarge),
        .fields("Content-Length: 5\r\nTransfer-Encoding: chunked", .requestLengthAndCoding),
        .fields("Transfer-Encoding: chunked\r\nContent-Length: 5", .requestLengthAndCoding),
        .fields("Transfer-Encoding: gzip\r\nContent-Length: 0", .requestLengthAndCoding),
        .fields("Transfer-Encoding:", .requestUnknownCoding), .fields("Transfer-Encoding: gzip", .requestUnknownCoding),
        .fields("Transfer-Encoding: identity", .requestUnknownCoding),
        .fields("Transfer-Encoding: gzip, chunked", .requestUnknownCoding),
        .fields("Transfer-Encoding: chunked, chunked", .requestUnknownCoding),
        .fields("Transfer-Encoding: chunked;q=1", .requestUnknownCoding),
        .fields("Transfer-Encoding: ,chunked", .requestUnknownCoding),
        .fields("Transfer-Encoding: xchunked", .requestUnknownCoding),
        .fields("Transfer-Encoding: \"chunked\"", .requestUnknownCoding),
        .fields("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", .requestUnknownCoding),
        .fields("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked", .requestUnknownCoding),
        .raw("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", .requestCodingInOldVersion),
        .raw("POST / HTTP/1.0\r\nTransfer-Encoding: gzip\r\n\r\n", .requestCodingInOldVersion),
        .raw("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n", .requestLengthAndCoding),
    ]

    static let singles: [Self] = [
        .raw("GET / HTTP/1.1\r\n\r\n", .requestMissingHost),
        .raw("GET http://a/ HTTP/1.1\r\n\r\n", .requestMissingHost),
        .fields("Host: a", .requestRepeatedHost), .fields("hOST: b", .requestRepeatedHost),
        .raw("GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", .requestRepeatedHost),
        .host(""), .host(" "), .host("a b"), .host("a,b"), .host("u@a"), .host("a/b"), .host("a?b"), .host("a#b"),
        .host("http://a"), .host("a:"), .host("a:x"), .host("a:-1"), .host("a:65536"), .host("a:000080"),
        .host("a:80:80"), .host(":80"), .host("a%20b"), .host("\u{e9}"), .host("a\"b"), .host("a\\b"), .host("::1"),
        .host("[::1"), .host("[::1]x"), .host("[]"), .host("[:]"), .host("[1:2]"), .host("[::1%25eth0]"),
        .host("[v1.a]"), .host("[1:2:3:4:5:6:7:8:9]"), .host("[1::2::3]"), .host("[12345::]"), .host("[::1.2.3]"),
        .host("[::1.2.3.256]"), .host("[::01.2.3.4]"), .host("[1:2:3:4:5:6:7:]"), .host("[1:2:3:4:5:6:7::8]"),
        .host("[1:2:3:4:5:6:7:1.2.3.4]"), .host("[:1::]"),
        .raw("GET / HTTP/1.0\r\nHost: \r\n\r\n", .requestMalformedHost),
        .fields("Authorization: a\r\nauthorization: a", .requestRepeatedAuthorization),
        .fields("Content-Type: a/b\r\nContent-Type: a/b", .requestRepeatedContentType),
        .fields("Expect: 200-ok", .requestUnsupportedExpectation), .fields("Expect:", .requestUnsupportedExpectation),
        .fields("Expect: 100-continue, x", .requestUnsupportedExpectation),
        .fields("Expect: 100-continue\r\nExpect: 100-continue", .requestUnsupportedExpectation),
    ]

    static let nominations: [Self] = [
        "Authorization", "host", "COOKIE", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "Content-Length",
        "Transfer-Encoding", "Content-Type", "Via", "X-Request-Id", "Forwarded", "Cache-Control", "Expect",
        "Idempotency-Key", "close, Authorization", "x-hop ,\tIf-Match", ",,Range,",
    ].map { .fields("Connection: \($0)", .requestNominatedEndToEndField) }

    static let all = lines + targets + breaks + fieldLines + framings + singles + nominations
}

@Suite struct `A refused request` {
    @Test(arguments: RefusedRequest.all)
    func `says why, however its bytes arrive`(refused: RefusedRequest) {
        let read = Feed.requests(refused.bytes)
        #expect(read.reason == refused.reason)
        #expect(read.heads.isEmpty)
    }

    @Test(arguments: [
        "a", "A.b-c_d~e", "a:0", "a:80", "a:65535", "1.2.3.4", "1.2.3.4:80", "[::]", "[::1]", "[::1]:80", "[1::]",
        "[1:2:3:4:5:6:7:8]", "[1:2:3:4:5:6:1.2.3.4]", "[::ffff:1.2.3.4]", "[fe80::ABCD:1]", "[1:2:3:4:5:6:7::]",
        "[::2:3:4:5:6:7:8]", "a.",
    ])
    func `is not one for a valid Host`(host: String) {
        #expect(Feed.requests("GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n").heads.count == 1)
    }

    @Test func `leaves the ones before it standing`() {
        let read = Feed.requests("GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /\u{0} HTTP/1.1\r\n")
        #expect(read.heads.count == 1)
        #expect(read.reason == .requestMalformedLine)
    }
}

@Suite struct `The limits of a request head` {
    private let head = "GET /1234567 HTTP/1.1\r\nHost: a\r\nX: yz\r\n\r\n"  // 42 bytes

    @Test func `let a head of exactly that size pass`() {
        let limits = HeadLimits(bytes: head.utf8.count, fields: 2, target: 8)
        #expect(Feed.requests(head + head, limits: limits).heads.count == 2)
        #expect(Feed.requests("\r\n\r\n" + head, limits: limits).heads.count == 1)
    }

    @Test func `refuse one byte more`() {
        let limits = HeadLimits(bytes: head.utf8.count - 1, fields: 2, target: 8)
        #expect(Feed.requests(head, limits: limits).reason == .requestHeadTooLarge)
    }

    @Test func `refuse one field more`() {
        let limits = HeadLimits(bytes: 100, fields: 1, target: 8)
        #expect(Feed.requests(head, limits: limits).reason == .requestTooManyFields)
    }

    @Test func `refuse one byte more in a target`() {
        let limits = HeadLimits(bytes: 100, fields: 2, target: 7)
        #expect(Feed.requests(head, limits: limits).reason == .requestTargetTooLong)
    }

    @Test func `call a request line that fills the whole head a long target`() {
        let limits = HeadLimits(bytes: 12, fields: 2, target: 100)
        #expect(Feed.requests(head, limits: limits).reason == .requestTargetTooLong)
    }

    @Test func `may be as large as an integer`() {
        let limits = HeadLimits(bytes: .max, fields: .max, target: .max)
        #expect(Feed.requests(head, limits: limits).heads.count == 1)
    }

    @Test func `refuse before a line is complete`() {
        let limits = HeadLimits(bytes: 64, fields: 2, target: 8)
        #expect(Feed.requests("GET /1234567890", limits: limits).reason == .requestTargetTooLong)
        let long = String(repeating: "x", count: 64)
        #expect(Feed.requests("GET / HTTP/1.1\r\nX: \(long)", limits: limits).reason == .requestHeadTooLarge)
        #expect(Feed.requests("GET / HTTP/1.1\r\n\(long)", limits: limits).reason == .requestHeadTooLarge)
        #expect(Feed.requests("GET / HTTP/1.1\r\nA: 1\r\nB: 2\r\nC", limits: limits).reason == .requestTooManyFields)
    }
}
