import StentPolicy
import Testing

@Suite struct `A media type` {
    @Test(
        arguments: [
            ("application/json", "application", "json", []), ("Application/JSON", "application", "json", []),
            (" \ttext/plain\t ", "text", "plain", []), ("application/vnd.a+json", "application", "vnd.a+json", []),
            ("a/b;", "a", "b", []), ("a/b ; ; ;", "a", "b", []), ("a/b;c=d", "a", "b", ["c", "d"]),
            ("a/b \t;\t C=D ; e=\"f\"", "a", "b", ["c", "D", "e", "f"]),
            (#"a/b;c="d;\"e\\\f =,";;g=h"#, "a", "b", ["c", #"d;"e\f =,"#, "g", "h"]),
            (#"a/b;c="""#, "a", "b", ["c", ""]), ("a/b;c=\"\t\\\t \"", "a", "b", ["c", "\t\t "]),
            ("!#$%&'*+-.^_`|~09AZaz/x", "!#$%&'*+-.^_`|~09azaz", "x", []),
        ] as [(String, String, String, [String])])
    func `is read with its parameters`(value: String, type: String, subtype: String, parameters: [String]) throws {
        let media = try #require(MediaType(value))
        #expect(media.type == type)
        #expect(media.subtype == subtype)
        #expect(media.parameters.flatMap { [$0.name, $0.value] } == parameters)
    }

    @Test(arguments: [
        "", " ", "application", "application/", "/json", "/", "a/b/c", "a /b", "a/ b", "a/b c", "a/b,", "a/b, c/d",
        "application/json charset=utf-8", "a/b;c", "a/b;c=", "a/b;=d", "a/b;c =d", "a/b;c= d", "a/b;c=d e", "a/b;c=d,",
        #"a/b;c="d"#, #"a/b;c="d\"#, #"a/b;c="d"e"#, #"a/b;c=d"e""#, "a/b;c=1;c=1", "a/b;c=1;C=2", "a/b;c=(d)",
        "a/b;c='d,e'",
        "a/b\n", "a/b\u{0}", "a/b;c=\"\n\"", "a/b;c=\"\u{7F}\"", "a/b;c=\"\\\n\"", "a/b;c=é", "a/b;c=\"é\"", "é/b",
        "a/é", "a@b/c", "a[b/c",
        "a/b" + (0..<17).map { ";c\($0)=d" }.joined(),
    ])
    func `is none where it is malformed`(value: String) {
        #expect(MediaType(value) == nil)
    }

    @Test func `is read from a part of a head`() {
        let bytes = Array("x:a/b;c=d".utf8)
        #expect(MediaType(bytes[2...]) == MediaType("a/b;c=d"))
        #expect(MediaType(bytes[2..<3]) == nil)
        #expect(MediaType([0x61, 0x2F, 0xFF]) == nil)
    }

    @Test(arguments: [
        ("application/json", true), ("APPLICATION/Json;charset=utf-8", true), ("application/problem+json", true),
        ("model/gltf+JSON", true), ("text/json", false), ("application/json5", false), ("application/jsonl", false),
        ("application/+json", false), ("application/x-www-form-urlencoded", false), ("application/json+xml", false),
        ("text/plain;a=b+json", false),
    ])
    func `is JSON's by its name or its suffix`(value: String, isJSON: Bool) {
        #expect(MediaType(value)?.isJSON == isJSON)
    }

    @Test(arguments: [
        ("a/b", nil), ("a/b;c=utf-8", nil), ("a/b;charset=UTF-8", "utf-8"), (#"a/b;Charset="Utf-\8""#, "utf-8"),
        ("a/b;x=y;charset=latin1", "latin1"),
    ])
    func `tells its charset`(value: String, charset: String?) {
        #expect(MediaType(value)?.charset == charset)
    }
}
