import StentModel
import Testing

/// RFC 6901 §5.
private let example = #"""
    {"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,"i\\j":5,"k\"l":6," ":7,"m~n":8}
    """#

private func value(_ pointer: String, in text: String = example) throws -> String? {
    let document = try JSONDocument(Array(text.utf8))
    let value = try #require(JSONPointer(pointer)).value(in: document.root)
    return value.map { String(decoding: document.bytes[$0.range], as: UTF8.self) }
}

@Suite struct `A JSON Pointer` {
    @Test(arguments: [
        ("", example), ("/foo", #"["bar","baz"]"#), ("/foo/0", #""bar""#), ("/foo/1", #""baz""#), ("/", "0"),
        ("/a~1b", "1"), ("/c%d", "2"), ("/e^f", "3"), ("/g|h", "4"), (#"/i\j"#, "5"), (#"/k"l"#, "6"), ("/ ", "7"),
        ("/m~0n", "8"),
    ])
    func `leads to a value`(pointer: String, expected: String) throws { #expect(try value(pointer) == expected) }

    @Test(arguments: [
        "/nothing", "/foo/2", "/foo/-", "/foo/01", "/foo/+1", "/foo/", "/foo/x", "/foo/99999999999999999999",
        "/foo/0/0",
        "//0", "/a~1b/c",
    ])
    func `may lead nowhere`(pointer: String) throws { #expect(try value(pointer) == nil) }

    @Test(arguments: ["foo", "~0/foo", "/~", "/a~", "/~2", "/~~0", "/~/a", "#/foo"])
    func `is none in any other form`(text: String) { #expect(JSONPointer(text) == nil) }

    @Test func `is unescaped once`() throws {
        #expect(JSONPointer("/~01/~10")?.tokens == ["~1", "/0"])
        #expect(try value("/é", in: #"{"é":1}"#) == "1")
        #expect(try value("/e\u{301}", in: #"{"é":1}"#) == nil)
    }

    @Test(arguments: [["a"], [""], ["a", "0", "b/c~d", "~1", "é"]])
    func `reads what is written`(tokens: [String]) {
        var text = ""
        for token in tokens { JSONPointer.append(token, to: &text) }
        #expect(JSONPointer(text)?.tokens == tokens)
    }
}
