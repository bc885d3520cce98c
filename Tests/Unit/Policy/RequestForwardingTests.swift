import StentModel
import StentPolicy
import Testing

private let client = RequestForwarding.Client(address: .v4(0xC000_0201), isTLS: true, isTrustedProxy: false)
private let proxy = RequestForwarding.Client(address: .v4(0x0A00_0001), isTLS: false, isTrustedProxy: true)
private let id = RequestID.minted(0x0123_4567_89AB_7DEF, 0x8123_4567_89AB_CDEF)
private let idLine = "X-Request-Id: 01234567-89ab-7def-8123-456789abcdef"

private func forwarded(
    _ head: RequestHead, by client: RequestForwarding.Client = client, id: RequestID = id
) -> [String] {
    let text = written {
        RequestForwarding().append(head, id: id, client: client, authority: Array("hosp.internal:3000".utf8), to: &$0)
    }
    #expect(text.hasSuffix("\r\n\r\n"))
    return text.dropLast(2).split(separator: "\r\n", omittingEmptySubsequences: false).map(String.init)  // CR LF is one
}

/// The lines that follow every request's own, for a client that no proxy speaks for.
private let tail = [
    "Via: 1.1 stent", "X-Forwarded-For: 192.0.2.1", "X-Forwarded-Proto: https", "X-Forwarded-Host: a", idLine,
]

@Suite struct `The head that goes upstream` {
    @Test func `has the client's end-to-end fields as they stood, and what this hop knows`() throws {
        let head = try requestHead(
            "GET /notes?staff_id=1 HTTP/1.1", "hOSt: a:8443", "ACCEPT: */*", "Cookie: b=c; d=e", "X-A: 1", "x-a: 2",
            "Authorization: Basic c3RhZmYx")
        #expect(
            forwarded(head) == [
                "GET /notes?staff_id=1 HTTP/1.1", "hOSt: a:8443", "ACCEPT: */*", "Cookie: b=c; d=e", "X-A: 1",
                "x-a: 2", "Authorization: Basic c3RhZmYx", "Via: 1.1 stent", "X-Forwarded-For: 192.0.2.1",
                "X-Forwarded-Proto: https", "X-Forwarded-Host: a:8443", idLine,
            ])
    }

    @Test func `has no field of one hop`() throws {
        let head = try requestHead(
            "GET / HTTP/1.1", "Host: a", "Connection: keep-alive, upgrade, http2-settings", "Keep-Alive: timeout=5",
            "Proxy-Connection: keep-alive", "A: 1", "Proxy-Authenticate: x", "Proxy-Authorization: x",
            "Proxy-Authentication-Info: x", "TE: trailers", "Trailer: x", "Upgrade: h2c", "HTTP2-Settings: x", "B: 2")
        #expect(forwarded(head) == ["GET / HTTP/1.1", "Host: a", "A: 1", "B: 2"] + tail)
    }

    @Test func `has no field that Connection names, whatever its case and number`() throws {
        let head = try requestHead(
            "GET / HTTP/1.1", "x-HOP: 1", "Host: a", "Connection: X-Hop, close", "X-Hop: 2", "X-Hops: 3", "X-Ho: 4",
            "connection: x-other ,, \t x-third", "X-Third: 5", "X-OTHER: 6")
        #expect(forwarded(head) == ["GET / HTTP/1.1", "Host: a", "X-Hops: 3", "X-Ho: 4"] + tail)
    }

    @Test func `has each field line in one form`() throws {
        let head = try requestHead(
            "GET / HTTP/1.1", "Host:a", "X-Tab:\t1", "X-Many:   2 \t", "X-Good: 3", "X-Empty:", "X-None: ",
            "X-Last:4")
        #expect(
            forwarded(head) == [
                "GET / HTTP/1.1", "Host: a", "X-Tab: 1", "X-Many: 2", "X-Good: 3", "X-Empty: ", "X-None: ",
                "X-Last: 4",
            ] + tail)
    }

    @Test(arguments: [
        ("GET / HTTP/1.1", "GET / HTTP/1.1"), ("GET /a?b HTTP/1.1", "GET /a?b HTTP/1.1"),
        ("GET http://a HTTP/1.1", "GET / HTTP/1.1"), ("GET http://a/b?c HTTP/1.1", "GET /b?c HTTP/1.1"),
        ("GET HTTP://a/?b=c HTTP/1.1", "GET /?b=c HTTP/1.1"), ("OPTIONS * HTTP/1.1", "OPTIONS * HTTP/1.1"),
        ("PROPFIND /a HTTP/1.1", "PROPFIND /a HTTP/1.1"), ("get / HTTP/1.1", "get / HTTP/1.1"),
    ])
    func `has the request line of an origin server`(line: String, expected: String) throws {
        #expect(forwarded(try requestHead(line, "Host: a")) == [expected, "Host: a"] + tail)
    }

    @Test func `has the upstream's authority as Host where an HTTP 1-0 client sent none`() throws {
        #expect(
            forwarded(try requestHead("GET /a HTTP/1.0", "B: 1")) == [
                "GET /a HTTP/1.1", "B: 1", "Host: hosp.internal:3000", "Via: 1.0 stent",
                "X-Forwarded-For: 192.0.2.1", "X-Forwarded-Proto: https", idLine,
            ])
    }
}

extension `The head that goes upstream` {
    @Test func `has the root's path where the target has none before its query`() throws {
        var head = try requestHead(target: "/?a=b")
        head.pathAndQuery = Slot(head.pathAndQuery.range.dropFirst())
        #expect(forwarded(head).first == "GET /?a=b HTTP/1.1")
    }
}

@Suite struct `The framing that goes upstream` {
    @Test(arguments: [
        ("GET", "", []), ("GET", "Content-Length: 0", []), ("HEAD", "", []), ("DELETE", "", []), ("OPTIONS", "", []),
        ("PROPFIND", "", []), ("POST", "", ["Content-Length: 0"]), ("PUT", "", ["Content-Length: 0"]),
        ("PATCH", "Content-Length: 0", ["Content-Length: 0"]), ("POST", "Content-Length: 5", ["Content-Length: 5"]),
        ("POST", "content-length:  007", ["Content-Length: 7"]), ("GET", "Content-Length: 5", ["Content-Length: 5"]),
        ("POST", "Transfer-Encoding: chunked", ["Transfer-Encoding: chunked"]),
        ("DELETE", "transfer-encoding: CHUNKED", ["Transfer-Encoding: chunked"]),
    ])
    func `is what was decoded, once`(method: String, line: String, expected: [String]) throws {
        let head =
            line.isEmpty
            ? try requestHead("\(method) / HTTP/1.1", "Host: a")
            : try requestHead("\(method) / HTTP/1.1", line, "Host: a")
        #expect(forwarded(head) == ["\(method) / HTTP/1.1", "Host: a"] + expected + tail)
    }

    @Test func `has no expectation: that is answered here`() throws {
        let head = try requestHead("PUT / HTTP/1.1", "Host: a", "Expect: 100-continue", "Content-Length: 1")
        #expect(forwarded(head) == ["PUT / HTTP/1.1", "Host: a", "Content-Length: 1"] + tail)
    }
}

@Suite struct `The one form of a request that was decided on` {
    private func lines(
        _ head: RequestHead, _ content: RequestForwarding.Canonical.Content, target: String = "/notes/5",
        ownFields: [String] = []
    ) -> [String] {
        let canonical = RequestForwarding.Canonical(target: Array(target.utf8), content: content)
        let text = written {
            RequestForwarding(ownFields: ownFields)
                .append(head, as: canonical, id: id, client: client, authority: Array("u".utf8), to: &$0)
        }
        return text.dropLast(2).split(separator: "\r\n", omittingEmptySubsequences: false).map(String.init)
    }

    private func change(_ line: String = "PATCH /notes/%35/?x HTTP/1.1") throws -> RequestHead {
        try requestHead(
            line, "Host: a", "CONTENT-TYPE: text/json", "Accept: */*", "content-encoding: identity",
            "Content-Length: 40")
    }

    @Test func `goes upstream in place of the target that came`() throws {
        #expect(
            lines(try change("PATCH http://a/notes/%35/?x HTTP/1.1"), .asReceived) == [
                "PATCH /notes/5 HTTP/1.1", "Host: a", "CONTENT-TYPE: text/json", "Accept: */*",
                "content-encoding: identity", "Content-Length: 40",
            ] + tail)
    }

    @Test func `has the type and length of the text that it has, and no coding`() throws {
        let type = Array("application/json".utf8)
        #expect(
            lines(try change(), .replaced(type: type, length: 12)) == [
                "PATCH /notes/5 HTTP/1.1", "Host: a", "Accept: */*", "Content-Type: application/json",
                "Content-Length: 12",
            ] + tail)
    }

    @Test(arguments: [("POST", ["Content-Length: 0"]), ("GET", []), ("DELETE", [])])
    func `says nothing of content that it does not have`(method: String, framing: [String]) throws {
        #expect(
            lines(try change("\(method) /notes/5 HTTP/1.1"), .none)
                == ["\(method) /notes/5 HTTP/1.1", "Host: a", "Accept: */*"] + framing + tail)
    }

    @Test func `has a length though it came in chunks`() throws {
        let head = try requestHead(
            "POST /notes HTTP/1.1", "Host: a", "Transfer-Encoding: chunked", "Content-Type: application/json")
        let type = Array("application/json".utf8)
        #expect(
            lines(head, .replaced(type: type, length: 2), target: "/notes")
                == ["POST /notes HTTP/1.1", "Host: a", "Content-Type: application/json", "Content-Length: 2"] + tail)
        #expect(
            lines(head, .none, target: "/notes") == ["POST /notes HTTP/1.1", "Host: a", "Content-Length: 0"] + tail)
    }

    @Test func `has no field that is for stent alone, in whatever case and number`() throws {
        let head = try requestHead(
            "GET /notes/5 HTTP/1.1", "Host: a", "stent-REASON: secret", "Stent-Reasons: b", "X-Stent-Reason: c",
            "Stent-Reason: again")
        #expect(
            lines(head, .asReceived, ownFields: ["Stent-Reason"])
                == ["GET /notes/5 HTTP/1.1", "Host: a", "Stent-Reasons: b", "X-Stent-Reason: c"] + tail)
        #expect(lines(head, .asReceived).contains("Stent-Reason: again"))
    }
}

@Suite struct `What the upstream is told of the client` {
    /// What a client may write to be taken for somebody else.
    private static let claims = [
        "Via: 1.1 other", "X-Forwarded-For: 198.51.100.7", "X-Forwarded-Proto: http", "X-Forwarded-Host: evil",
        "X-Forwarded-Port: 1", "X-Real-IP: 198.51.100.7", "Forwarded: for=198.51.100.7",
    ]

    private func head(_ lines: [String]) throws -> RequestHead {
        var head = RequestHead()
        switch lines.count {
        case 1: head = try requestHead("GET / HTTP/1.1", "Host: a", lines[0])
        case 2: head = try requestHead("GET / HTTP/1.1", "Host: a", lines[0], lines[1])
        case 7:
            head = try requestHead(
                "GET / HTTP/1.1", lines[0], lines[1], lines[2], "Host: a", lines[3], lines[4], lines[5], lines[6])
        case _: Issue.record("the test has another number of lines")
        }
        return head
    }

    @Test func `is not what the client claims, except for the hops before`() throws {
        #expect(
            forwarded(try head(Self.claims)) == [
                "GET / HTTP/1.1", "Host: a", "Via: 1.1 other, 1.1 stent", "X-Forwarded-For: 192.0.2.1",
                "X-Forwarded-Proto: https", "X-Forwarded-Host: a", idLine,
            ])
    }

    @Test func `is what a trusted proxy says, its own address behind`() throws {
        #expect(
            forwarded(try head(Self.claims), by: proxy) == [
                "GET / HTTP/1.1", "Host: a", "Via: 1.1 other, 1.1 stent", "X-Forwarded-For: 198.51.100.7, 10.0.0.1",
                "X-Forwarded-Proto: http", "X-Forwarded-Host: evil", idLine,
            ])
    }

    @Test func `is known here where a trusted proxy says nothing`() throws {
        #expect(
            forwarded(try requestHead(target: "/"), by: proxy) == [
                "GET / HTTP/1.1", "Host: a", "Via: 1.1 stent", "X-Forwarded-For: 10.0.0.1",
                "X-Forwarded-Proto: http", "X-Forwarded-Host: a", idLine,
            ])
    }

    @Test func `joins lists that stand on several lines, empty ones left out`() throws {
        let lines = forwarded(
            try head(["X-Forwarded-For: 198.51.100.7, 198.51.100.8", "X-Forwarded-For: "]), by: proxy)
        #expect(lines.contains("X-Forwarded-For: 198.51.100.7, 198.51.100.8, 10.0.0.1"))
        let two = forwarded(try head(["Via: 1.1 x", "via: 1.0 y"]))
        #expect(two.contains("Via: 1.1 x, 1.0 y, 1.1 stent"))
    }

    @Test(arguments: [
        (PeerAddress.v6(0x2001_0DB8_0000_0000, 1), "2001:db8::1"), (.unknown, "unknown"),
        (.v4(0x7F00_0001), "127.0.0.1"),
    ])
    func `has the address in its usual text`(address: PeerAddress, text: String) throws {
        let from = RequestForwarding.Client(address: address, isTLS: false, isTrustedProxy: false)
        #expect(forwarded(try requestHead(target: "/"), by: from).contains("X-Forwarded-For: \(text)"))
    }

    @Test func `has one request id: the client's own where it was accepted`() throws {
        let head = try requestHead("GET / HTTP/1.1", "Host: a", "x-request-id:  abc-1 ", "X-Request-ID: second")
        let line = try #require(head.fields.first(.xRequestID))
        let accepted = forwarded(head, id: .accepted(line.value)).filter { $0.lowercased().hasPrefix("x-request-id") }
        #expect(accepted == ["X-Request-Id: abc-1"])
        #expect(forwarded(head).filter { $0.lowercased().hasPrefix("x-request-id") } == [idLine])
    }
}

@Suite struct `The fields of an answer that passes` {
    private func passed(_ head: ResponseHead) -> String { written { ResponseForwarding().append(head, to: &$0) } }

    @Test func `are the upstream's end-to-end ones as they stood`() throws {
        let head = try responseHead(
            "HTTP/1.1 200 OK", "Content-Type: application/json", "ETag: W/\"1\"", "Set-Cookie: a=1", "Set-Cookie: b=2",
            "cache-control:max-age=0 ", "X_Under: 1", "Server: puma", "Date: Sun, 06 Nov 1994 08:49:37 GMT", "X-Empty:")
        #expect(
            passed(head)
                == "Content-Type: application/json\r\nETag: W/\"1\"\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n"
                + "cache-control: max-age=0\r\nX_Under: 1\r\nServer: puma\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
                + "X-Empty: \r\n")
    }

    @Test func `are none of one hop, none of the framing, and none that stent writes itself`() throws {
        let head = try responseHead(
            "HTTP/1.1 200 OK", "Connection: close, X-Hop", "X-Hop: 1", "A: 1", "Keep-Alive: timeout=5",
            "Transfer-Encoding: chunked", "Trailer: x", "Upgrade: h2c", "Proxy-Authenticate: x", "TE: x",
            "Proxy-Connection: x", "Stent-Outcome: committed", "x-request-id: 9",
            "Strict-Transport-Security: max-age=1", "B: 2")
        #expect(passed(head) == "A: 1\r\nB: 2\r\n")
    }

    @Test func `never have the upstream's Content-Length`() throws {
        #expect(passed(try responseHead("HTTP/1.1 200 OK", "Content-Length: 3", "A: 1")) == "A: 1\r\n")
        #expect(passed(try responseHead("HTTP/1.1 200 OK", "Content-Length: 3", to: .head)).isEmpty)
        #expect(passed(try responseHead("HTTP/1.1 204 No Content")).isEmpty)
    }
}

@Suite struct `The client behind proxies` {
    private static let rule = ClientAddress(trustedProxies: [
        AddressBlock(bytes: [10, 0, 0, 0], prefix: 8),
        AddressBlock(bytes: [0x20, 0x01, 0x0D, 0xB8] + Array(repeating: 0, count: 12), prefix: 32),
    ])
    private static let peer = PeerAddress.v4(0x0A00_0001)

    @Test(arguments: [
        ("X-A: 1", "10.0.0.1"), ("X-Forwarded-For: 192.0.2.1", "192.0.2.1"),
        ("X-Forwarded-For: 192.0.2.1, 10.0.0.9", "192.0.2.1"), ("X-Forwarded-For: 1.1.1.1, 192.0.2.1", "192.0.2.1"),
        ("X-Forwarded-For: 1.1.1.1, 192.0.2.1, 2001:db8::5 ,10.9.9.9", "192.0.2.1"),
        ("X-Forwarded-For: 10.0.0.3, 10.0.0.2", "10.0.0.3"), ("X-Forwarded-For: ", "10.0.0.1"),
        ("X-Forwarded-For: ,, ,", "10.0.0.1"), ("X-Forwarded-For: unknown", "10.0.0.1"),
        ("X-Forwarded-For: 1.1.1.1, unknown", "10.0.0.1"), ("X-Forwarded-For: 1.1.1.1, bad, 10.0.0.7", "10.0.0.7"),
        ("X-Forwarded-For: 192.0.2.1:1234", "192.0.2.1"), ("X-Forwarded-For: [2001:db9::1]:80", "2001:db9::1"),
        ("X-Forwarded-For: ::ffff:10.0.0.2", "10.0.0.2"), ("X-Forwarded-For: \u{e9}", "10.0.0.1"),
    ])
    func `is the last address that is not a trusted proxy's`(line: String, address: String) throws {
        let head = try requestHead("GET / HTTP/1.1", "Host: a", line)
        let client = Self.rule.resolve(head, peer: Self.peer)
        #expect(written { client.append(to: &$0) } == address)
    }

    @Test func `is read over several lines as over one`() throws {
        let head = try requestHead(
            "GET / HTTP/1.1", "Host: a", "X-Forwarded-For: 1.1.1.1, 192.0.2.1", "X-Other: 2.2.2.2",
            "x-forwarded-for: 10.0.0.5")
        #expect(Self.rule.resolve(head, peer: Self.peer) == .v4(0xC000_0201))
    }

    @Test(arguments: [
        (PeerAddress.v4(0x0A00_0001), true), (.v4(0x0B00_0001), false), (.v6(0x2001_0DB8_FFFF_0000, 7), true),
        (.v6(0x2001_0DB9_0000_0000, 7), false), (.unknown, false),
    ])
    func `is asked for only of trusted proxies`(peer: PeerAddress, isTrusted: Bool) {
        #expect(Self.rule.isTrusted(peer) == isTrusted)
        #expect(!ClientAddress(trustedProxies: []).isTrusted(peer))
    }
}
