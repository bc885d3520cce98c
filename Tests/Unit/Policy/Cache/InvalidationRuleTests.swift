import StentModel
import StentPolicy
import Testing

private let base = TargetURI(
    scheme: .https, authority: Array("Example.com".utf8), pathAndQuery: Array("/a/b?q=1".utf8))

private func resolve(_ reference: String, at uri: TargetURI = base) -> String? {
    uri.resolve(reference.utf8).map { String(decoding: $0, as: UTF8.self) }
}

@Suite struct `What makes stored responses invalid (RFC 9111 §4.4)` {
    @Test(
        arguments: [
            (.post, 200, .targets), (.put, 204, .targets), (.delete, 200, .targets), (.patch, 302, .targets),
            (.other, 200, .targets), (.connect, 200, .targets), (.post, 500, .nothing), (.delete, 404, .nothing),
            (.post, 100, .nothing), (.get, 200, .nothing), (.head, 200, .nothing), (.options, 200, .nothing),
            (.trace, 200, .nothing),
        ] as [(StentModel.Method, Int, InvalidationRule.Verdict)])
    func `is a request that may change something, and was not refused`(
        method: StentModel.Method, status: Int, expected: InvalidationRule.Verdict
    ) {
        #expect(InvalidationRule.decide(method: method, status: status) == expected)
    }

    @Test func `reaches what Location and Content-Location name`() throws {
        let head = try answer(
            201, ["Location: location_target", "Content-Location: /c", "Location: https://other/d", "X: /e"])
        var targets: [String] = []
        InvalidationRule.forEachTarget(of: head.fields, at: base) {
            targets.append(String(decoding: $0, as: UTF8.self))
        }
        #expect(targets == ["/a/location_target", "/c"])
    }
}

/// RFC 3986 §5.
@Suite struct `A reference in an answer` {
    @Test(
        arguments: [
            ("/c", "/c"), ("/c?d", "/c?d"), ("c", "/a/c"), ("c/d?e=/../f", "/a/c/d?e=/../f"), ("./c", "/a/c"),
            ("../c", "/c"),
            ("../../../c", "/c"), ("..", "/"), (".", "/a/"), ("/c/../d/./e/..", "/c/../d/./e/.."), ("?x", "/a/b?x"),
            ("", "/a/b?q=1"), ("#f", "/a/b?q=1"), ("/c#f?g", "/c"), ("https://example.com/c?d#e", "/c?d"),
            ("HTTPS://EXAMPLE.com:443/c", "/c"), ("https://example.com", "/"), ("https://example.com?x", "/?x"),
            ("//example.com/c", "/c"), ("//EXAMPLE.COM:443?x", "/?x"), ("https://example.com:/c", "/c"),
            ("/a:b", "/a:b"),
            ("./a:b", "/a/a:b"), ("1:b", "/a/1:b"), ("//example.com/c/../d", "/d"), ("/c//d", "/c//d"), ("/é", "/é"),
        ] as [(String, String)])
    func `names a target of the same origin`(reference: String, expected: String) {
        let plain = reference == "/c/../d/./e/.." ? "/d/" : expected
        #expect(resolve(reference) == plain)
    }

    @Test(arguments: [
        "http://example.com/c", "https://example.com:444/c", "https://other.com/c", "//other/c", "mailto:a@b", "c:d",
        "https://u@example.com/c", "https:/c", "https:c", "https:", "//", "https://", "//example.com:x/c",
        "//example.com:99999999999999999999/c", "/c d", "/c\u{7F}", "/c\td", "//[::1]/c",
    ])
    func `names nothing where it is another's, or none`(reference: String) { #expect(resolve(reference) == nil) }

    @Test func `is compared by host and port in full`() {
        let six = TargetURI(scheme: .http, authority: Array("[::1]:8080".utf8), pathAndQuery: [])
        #expect(resolve("http://[::1]:8080/c", at: six) == "/c")
        #expect(resolve("http://[::1]/c", at: six) == nil)
        #expect(resolve("c", at: six) == "/c")
        let eighty = TargetURI(scheme: .http, authority: Array("a:80".utf8), pathAndQuery: Array("/".utf8))
        #expect(resolve("http://a/c", at: eighty) == "/c")
    }
}
