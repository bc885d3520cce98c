import StentModel
import StentPolicy
import Testing

@Suite struct `A request's target` {
    private func refusal(_ target: String, _ paths: RequestSettings.Paths) throws -> Reason? {
        TargetRule(paths: paths).refusal(of: try requestHead(target: target))
    }

    @Test(arguments: [
        "/", "/a", "/a/", "/a/b", "/notes/7.json", "/a.b", "/a..b", "/...", "/a...", "/..a", "/.a", "/a.", "/a..",
        "/.well-known/x", "/a%20b", "/%C3%A9", "/%c3%a9", "/a%3Fb", "/a%23b", "/a%25b", "/%7E", "/a:b@c!$&'()*+,=",
        "/?", "/?a=b", "/a?b=/../c", "/a?//", "/a?b;c", "/a?b=%2f%2F..%5c", "/a?..", "/a/?.", "/?%20", "/a|b{}^`[]",
        "http://a", "http://a/", "http://a/b?c", "http://a/?b=%2e%2e/",
    ])
    func `passes in both modes where it can be read in one way`(target: String) throws {
        #expect(try refusal(target, .plain) == nil)
        #expect(try refusal(target, .canonical) == nil)
    }

    @Test(arguments: [
        "//", "//a", "/a//", "/a//b", "///", "/a///b", "/%2f", "/%2F", "/a%2fb", "/a%2F", "/%5C", "/a%5cb", "/;", "/a;",
        "/a;b", "/a;b=c/d", "/a%3bb", "/a%3B", "/;a/b", "/a/;", "/a;/b", "/a%2f%2fb", "/a/%2fb", "/a%2f?b", "//?b",
        "http://a//b", "/a;..", "/;..",
    ])
    func `is refused in canonical mode where servers read it differently`(target: String) throws {
        #expect(try refusal(target, .canonical) == .requestAmbiguousPath)
        #expect(try refusal(target, .plain) == nil)
    }

    @Test(arguments: [
        "/.", "/..", "/./", "/../", "/a/.", "/a/..", "/a/./b", "/a/../b", "/../a", "/./a", "/a/..?b", "/.?b", "/..?",
        "/%2e", "/%2E", "/.%2e", "/%2e.", "/%2E%2e", "/a/%2e%2E/b", "/%2e/a", "/a/%2e%2e?b",
        "/a%2f..", "/a%2F../b", "/..%2fa", "/..%2F", "/.%2f", "/a%2f%2e%2e%2fb", "/%2e%2e%2f", "/a/..%2f..%2fb",
        "/a%5c..", "/..%5ca", "/a%5C..%5Cb", "/a%5c%2e%2e", "/%5c..", "/%2f..", "/.%5c",
        "/..;", "/..;x", "/..;x/a", "/a/..;x=y/b", "/.;", "/.;x/a", "/%2e%2e;x", "/..%3bx", "/..%3B/a", "/a/..;/b",
        "/a;/../b", "/a;x=y/../b", "/a;/..", "/..;a%2fb", "//..", "/a//../b", "/a/..;;", "/..;.", "/..;/..",
        "http://a/..", "http://a/b/%2e%2e/",
    ])
    func `is refused in both modes for a dot segment in any spelling`(target: String) throws {
        #expect(try refusal(target, .plain) == .requestDotSegment)
        #expect(try refusal(target, .canonical) == .requestDotSegment)
    }

    @Test(arguments: [
        "/%", "/%4", "/%zz", "/%4z", "/%z4", "/a%", "/a%2", "/%%41", "/a?%", "/a?b=%4", "/a?b=%gg", "/a%/b", "/a%?41",
        "http://a/%zz", "http://a/?%zz", "http://a/?b=%", "/%u0041", "/%+1", "/%-1",
    ])
    func `is refused in both modes for a percent sign without two digits`(target: String) throws {
        #expect(try refusal(target, .plain) == .requestPercentEncoding)
        #expect(try refusal(target, .canonical) == .requestPercentEncoding)
    }

    @Test(arguments: (0...0x1F).map { UInt8($0) } + [0x7F])
    func `is refused in both modes for an encoded control byte, in path and query`(byte: UInt8) throws {
        let digits = String(byte, radix: 16)
        let encoded = "%" + (digits.count == 1 ? "0" : "") + digits
        for target in ["/\(encoded)", "/a\(encoded.uppercased())b", "/a?b=\(encoded)", "http://a/?\(encoded)"] {
            #expect(try refusal(target, .plain) == .requestEncodedControl, "\(target)")
            #expect(try refusal(target, .canonical) == .requestEncodedControl, "\(target)")
        }
    }

    @Test func `is decoded once only`() throws {
        #expect(try refusal("/%252e%252e/", .canonical) == nil)
        #expect(try refusal("/%2500", .canonical) == nil)
        #expect(try refusal("/a%252fb", .canonical) == nil)
    }

    /// A target such as `http://a?b`: the HTTP/1.1 decoder refuses it, a head by another way may hold it.
    @Test(arguments: [
        ("/?a=b", nil), ("/?a=/../%2f", nil), ("/?%zz", Reason.requestPercentEncoding),
        ("/?%00", .requestEncodedControl),
    ])
    func `is judged without a path as with the path of the root`(target: String, expected: Reason?) throws {
        var head = try requestHead(target: target)
        head.pathAndQuery = Slot(head.pathAndQuery.range.dropFirst())
        for paths in RequestSettings.Paths.allCases {
            #expect(TargetRule(paths: paths).refusal(of: head) == expected)
        }
    }

    @Test func `may be an asterisk`() throws {
        let head = try requestHead("OPTIONS * HTTP/1.1", "Host: a")
        #expect(TargetRule(paths: .canonical).refusal(of: head) == nil)
    }
}

@Suite struct `A request's head` {
    private func rule(_ change: (inout RequestSettings) -> Void = { _ in }) -> RequestRule {
        var settings = RequestSettings()
        change(&settings)
        return RequestRule(settings)
    }

    @Test(arguments: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND", "connect"])
    func `passes with any method that a gateway serves`(method: String) throws {
        #expect(rule().refusal(of: try requestHead("\(method) /a HTTP/1.1", "Host: a")) == nil)
    }

    @Test(arguments: ["TRACE / HTTP/1.1", "CONNECT a:443 HTTP/1.1", "TRACE /../ HTTP/1.1"])
    func `is refused with CONNECT and TRACE before anything else`(line: String) throws {
        #expect(rule().refusal(of: try requestHead(line, "Host: a:443")) == .requestMethodRefused)
    }

    @Test(arguments: ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "x-http-METHOD-override"])
    func `is refused with a method override, unless that is let through`(name: String) throws {
        let head = try requestHead("POST /a HTTP/1.1", "Host: a", "Accept: */*", "\(name): DELETE")
        #expect(rule().refusal(of: head) == .requestMethodOverride)
        #expect(rule { $0.refuseMethodOverride = false }.refusal(of: head) == nil)
    }

    @Test func `is refused with a target that is refused`() throws {
        #expect(rule().refusal(of: try requestHead(target: "/a//b")) == .requestAmbiguousPath)
        #expect(rule { $0.paths = .plain }.refusal(of: try requestHead(target: "/a//b")) == nil)
        #expect(rule { $0.paths = .plain }.refusal(of: try requestHead(target: "/a/../b")) == .requestDotSegment)
    }
}
