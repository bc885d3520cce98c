import StentCodec
import StentModel
import Testing

@Suite struct `A request head` {
    @Test func `is read with order, case and duplicates of its fields kept`() throws {
        let read = Feed.requests(
            "GET /notes?staff_id=1 HTTP/1.1\r\nhOSt: Hosp.example:3000\r\nX-A: 1\r\nACCEPT:*/*\r\nx-a:  2 \t\r\n\r\n")
        #expect(read.reason == nil)
        let head = try #require(read.heads.first)
        #expect(head.method == .get)
        #expect(head.methodText == "GET")
        #expect(head.target == "/notes?staff_id=1")
        #expect(head.pathAndQuery == "/notes?staff_id=1")
        #expect(head.version == .http11)
        #expect(
            head.fields == ["host|hOSt|Hosp.example:3000", "other|X-A|1", "accept|ACCEPT|*/*", "other|x-a|2"])
        #expect(head.framing == .none)
        #expect(head.keepsConnection)
        #expect(!head.expectsContinue)
        #expect(!head.nominatesFields)
    }

    @Test(arguments: [
        ("X: 1", true), ("X: a b", true), ("X: \u{e9}", true), ("X: ", true), ("X:1", false), ("X:", false),
        ("X:  1", false), ("X:\t1", false), ("X: 1 ", false), ("X: 1\t", false), ("X:  ", false),
    ])
    func `a field line is canonical where it can be copied on as it stands`(line: String, isCanonical: Bool) throws {
        var decoder = RequestDecoder(limits: Feed.limits)
        var head = RequestHead()
        let bytes = Array("GET / HTTP/1.1\r\nHost: a\r\n\(line)\r\nY: 2\r\n\r\n".utf8)
        #expect(try decoder.decode(bytes.span.bytes, into: &head) == bytes.count)
        #expect(head.fields.lines[1].isCanonical == isCanonical)
        let whole = head.fields.bytes[head.fields.lines[1].wholeLine]
        #expect((whole.elementsEqual("\(line)\r\n".utf8)) || !isCanonical)
    }

    @Test(arguments: Method.allCases)
    func `a listed method is recognised`(method: Method) {
        guard let text = method.text else { return }
        let target = method == .options ? "*" : method == .connect ? "a:443" : "/"
        let read = Feed.requests("\(text) \(target) HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(read.heads.first?.method == method)
    }

    @Test(arguments: ["get", "GETS", "GE", "X", "PROPFIND", "VERSION-CONTROL", "a!#$%&'*+-.^_`|~9"])
    func `any other token is a method with its text kept`(method: String) {
        let read = Feed.requests("\(method) / HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(read.heads.first?.method == .other)
        #expect(read.heads.first?.methodText == method)
    }

    @Test(arguments: [
        ("GET", "/", "/"), ("GET", "/a/b?c=d&e=%20", "/a/b?c=d&e=%20"), ("GET", "/?a|b{}^`[]'()", "/?a|b{}^`[]'()"),
        ("GET", "//a", "//a"), ("OPTIONS", "*", "*"), ("GET", "http://h.example", ""),
        ("GET", "http://h.example/", "/"), ("GET", "HTTP://H.EXAMPLE:80/a?b", "/a?b"), ("CONNECT", "h.example:80", ""),
        ("CONNECT", "/x", ""),
    ])
    func `the path and query of each form of target are found`(method: String, target: String, path: String) {
        let read = Feed.requests("\(method) \(target) HTTP/1.1\r\nHost: h.example\r\n\r\n")
        #expect(read.reason == nil)
        #expect(read.heads.first?.target == target)
        #expect(read.heads.first?.pathAndQuery == path)
    }

    @Test(arguments: [
        ("http://a/", "a"), ("http://a:80/", "a"), ("http://a/", "A:80"), ("https://a/", "a:443"),
        ("http://a:81/", "a:81"), ("http://[::1]/", "[::1]:80"),
    ])
    func `an absolute target and Host agree with default ports elided`(target: String, host: String) {
        #expect(Feed.requests("GET \(target) HTTP/1.1\r\nHost: \(host)\r\n\r\n").heads.count == 1)
    }

    @Test func `up to two empty lines before it are skipped`() {
        let head = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
        let read = Feed.requests("\r\n\r\n" + head + "\r\n" + head)
        #expect(read.heads.count == 2)
        #expect(read.heads.first == read.heads.last)
        #expect(read.ends == [4 + head.utf8.count, 6 + 2 * head.utf8.count])
        #expect(Feed.requests("\r\n\r\n\r\n" + head).reason == .requestMalformedLine)
    }

    @Test func `pipelined ones are read one after the other`() {
        let read = Feed.requests(
            "GET /1 HTTP/1.1\r\nHost: a\r\nX: 1\r\n\r\nHEAD /2 HTTP/1.0\r\n\r\nDELETE /3 HTTP/1.1\r\nHost: c\r\n\r\nGET /4"
        )
        #expect(read.heads.map(\.target) == ["/1", "/2", "/3"])
        #expect(read.heads.map(\.method) == [.get, .head, .delete])
        #expect(read.heads.map(\.fields.count) == [2, 0, 1])
        #expect(read.reason == nil)
        #expect(read.hasStarted)
    }

    @Test(arguments: [("", false), ("\r", false), ("\r\n", false), ("G", true), ("\r\nG", true)])
    func `has started with the first byte of its line`(text: String, hasStarted: Bool) {
        #expect(Feed.requests(text).hasStarted == hasStarted)
    }

    @Test func `is forgotten by a reset in its middle`() throws {
        var decoder = RequestDecoder(limits: Feed.limits)
        var head = RequestHead()
        let half = Array("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nX".utf8)
        #expect(try decoder.decode(half.span.bytes, into: &head) == nil)
        decoder.reset()
        #expect(!decoder.hasStarted)
        let whole = Array("GET /b HTTP/1.1\r\nHost: b\r\n\r\n".utf8)
        #expect(try decoder.decode(whole.span.bytes, into: &head) == whole.count)
        #expect(RequestsRead.Head(head) == Feed.requests(whole).heads.first)
    }
}

@Suite struct `A request's framing and connection` {
    @Test(arguments: [
        ("", BodyFraming.none), ("Content-Length: 0", .none), ("Content-Length: 5", .length(5)),
        ("Content-Length: 0005", .length(5)), ("content-LENGTH:\t42 ", .length(42)),
        ("Content-Length: 999999999999999999", .length(999_999_999_999_999_999)),
        ("Transfer-Encoding: chunked", .chunked), ("Transfer-Encoding: CHUNKED", .chunked),
        ("Transfer-Encoding:chunked\t", .chunked),
    ])
    func `follow from its one length or coding`(line: String, framing: BodyFraming) {
        let field = line.isEmpty ? "" : line + "\r\n"
        let read = Feed.requests("POST / HTTP/1.1\r\nHost: a\r\n\(field)\r\n")
        #expect(read.heads.first?.framing == framing)
    }

    @Test(arguments: [
        ("1.1", "", true), ("1.1", "close", false), ("1.1", "keep-alive", true), ("1.1", "x, Close", false),
        ("1.1", "close, keep-alive", false), ("1.1", " ,\t,close,", false), ("1.1", "closed", true),
        ("1.0", "", false), ("1.0", "Keep-Alive", true), ("1.0", "close", false), ("1.0", "keep-alive, close", false),
    ])
    func `keep the connection as its version and Connection say`(version: String, options: String, keeps: Bool) {
        let field = options.isEmpty ? "" : "Connection: \(options)\r\n"
        let read = Feed.requests("GET / HTTP/\(version)\r\nHost: a\r\n\(field)\r\n")
        #expect(read.heads.first?.keepsConnection == keeps)
    }

    @Test func `add up over several Connection lines`() {
        let read = Feed.requests("GET / HTTP/1.1\r\nHost: a\r\nConnection: x-hop\r\nConnection: close\r\n\r\n")
        #expect(read.heads.first?.keepsConnection == false)
        #expect(read.heads.first?.nominatesFields == true)
    }

    @Test(arguments: [
        ("close", false), ("keep-alive", false), ("X-Hop", true), ("TE", true), ("upgrade, http2-settings", true),
        ("Trailer", true), ("Proxy-Authorization", true), ("\"Host\"", true), ("x y", true),
    ])
    func `tell whether Connection names further fields`(options: String, nominates: Bool) {
        let read = Feed.requests("GET / HTTP/1.1\r\nHost: a\r\nConnection: \(options)\r\n\r\n")
        #expect(read.reason == nil)
        #expect(read.heads.first?.nominatesFields == nominates)
    }

    @Test(arguments: [("1.1", "100-continue", true), ("1.1", "100-Continue", true), ("1.0", "100-continue", false)])
    func `expect a 100 only in HTTP 1-1`(version: String, value: String, expects: Bool) {
        let read = Feed.requests("PUT / HTTP/\(version)\r\nHost: a\r\nExpect: \(value)\r\nContent-Length: 1\r\n\r\n")
        #expect(read.heads.first?.expectsContinue == expects)
    }

    @Test func `ignore every expectation in HTTP 1-0`() {
        #expect(Feed.requests("PUT / HTTP/1.0\r\nExpect: magic\r\n\r\n").heads.first?.expectsContinue == false)
    }
}
