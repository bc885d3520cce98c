import HospKit
import Testing

@Suite struct HospJSONTests {
    private func read(_ text: String) throws -> JSONValue {
        try JSONReader.read([UInt8](text.utf8))
    }

    @Test(arguments: [
        ("null", JSONValue.null), (" true ", .bool(true)), ("-12", .integer(-12)), ("1.5e3", .double(1500)),
        ("99999999999999999999", .double(1e20)), (#""a\u00e9\ud83d\ude00\n\/""#, .string("aé😀\n/")),
        (#""\ud800x""#, .string("\u{FFFD}x")), (#""\ud800\u0041""#, .string("\u{FFFD}A")), ("[]", .array([])),
        ("[1,[2]]", .array([.integer(1), .array([.integer(2)])])), (#"{"a":1,"a":2}"#, .object(["a": .integer(2)])),
        ("// x\n1 /* y */", .integer(1)),
    ])
    func `JSON is read`(text: String, expected: JSONValue) throws {
        #expect(try read(text) == expected)
    }

    @Test(arguments: [
        "", "nul", "01", "-", "1.", "1e", ".5", "+1", "NaN", "[1,]", "{\"a\"}", "{a:1}", "{\"a\":1,}", "'a'", "\"a",
        "\"\n\"",
        "\"\\u12\"", "1 2", "/* x", "[", "{", "\"\\",
    ])
    func `what is no JSON is refused`(text: String) {
        #expect(throws: JSONReader.Failure.self) { try read(text) }
    }

    @Test func `a string that is not UTF-8 is refused`() {
        #expect(throws: JSONReader.Failure.self) { try JSONReader.read([0x22, 0xFF, 0x22]) }
        #expect(throws: JSONReader.Failure.self) { try JSONReader.read([0x22, 0xED, 0xA0, 0x80, 0x22]) }
    }

    @Test func `strings are written as Rails writes them, and read back the same`() throws {
        let text = "<a & 'b'>\"\\\u{2028}\u{2029}\u{20AC}\t\n\u{1}é😀"
        var writer = JSONWriter()
        writer.value(text)
        #expect(
            String(decoding: writer.bytes, as: UTF8.self)
                == #""\u003ca \u0026 'b'\u003e\"\\\u2028\u2029€\t\n\u0001é😀""#)
        #expect(try JSONReader.read(writer.bytes) == .string(text))
    }
}
