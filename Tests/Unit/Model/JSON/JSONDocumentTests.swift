import StentModel
import Testing

private func read(_ text: String, limits: JSONDocument.Limits = .init()) throws(JSONFault) -> JSONValue {
    try read(Array(text.utf8), limits: limits)
}

private func read(_ bytes: [UInt8], limits: JSONDocument.Limits = .init()) throws(JSONFault) -> JSONValue {
    try JSONDocument(bytes, limits: limits).root
}

private func fault(_ bytes: [UInt8], limits: JSONDocument.Limits = .init()) -> JSONFault? {
    do throws(JSONFault) {
        _ = try read(bytes, limits: limits)
        return nil
    } catch {
        return error
    }
}

private func fault(_ text: String, limits: JSONDocument.Limits = .init()) -> JSONFault? {
    fault(Array(text.utf8), limits: limits)
}

@Suite struct `JSON is read` {
    @Test(arguments: [
        ("null", JSONValue.Kind.null), ("true", .true), ("false", .false), ("[]", .array), ("{}", .object),
    ])
    func `as every kind of value`(text: String, kind: JSONValue.Kind) throws {
        let count = text.utf8.count
        for (text, start) in [(text, 0), (" \t\r\n\(text) \n", 4)] {
            let value = try read(text)
            #expect(value.kind == kind)
            #expect(value.range == start..<start + count)
            #expect(value.index == 0)
            #expect(value.string == nil)
            #expect(value.number == nil)
            #expect(value.count == 0)
            #expect(Array(value.elements).isEmpty)
            #expect(Array(value.members).isEmpty)
        }
    }

    @Test(arguments: ["0", "-0", "1.50", "-1.5e+30", "2E-3", "123456789012345678901234567890", "1e999"])
    func `with numbers as they are written`(text: String) throws {
        let value = try read(" \(text)\n")
        #expect(value.kind == .number)
        #expect(value.number == text)
        #expect(value.string == nil)
        #expect(value.range == 1..<1 + text.utf8.count)
    }

    @Test(arguments: [
        ("\"\"", ""), ("\"\u{e9}\u{1f600}\u{7f}\"", "\u{e9}\u{1f600}\u{7f}"),
        (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{c}\n\r\t"), (#""\u0041\u00e9\u20AC""#, "Aé€"), (#""\u0000""#, "\0"),
        (#""\ud83d\uDE00x""#, "😀x"), (#""a long text without \u0061 quote""#, "a long text without a quote"),
    ])
    func `with strings as they are meant`(text: String, expected: String) throws {
        let value = try read("\n\(text) ")
        #expect(value.kind == .string)
        #expect(value.string?.isSameText(as: expected) == true)
        #expect(value.number == nil)
        #expect(value.range == 1..<1 + text.utf8.count)
        #expect(value.isString(expected))
        #expect(!value.isString(expected + "x"))
        #expect(!value.isString(String(expected.unicodeScalars.dropLast()) + "y"))
    }

    @Test func `and every value knows its place`() throws {
        let text = #" [ {"a" : [1, "é"] ,"b":null}, 20 ] "#
        let value = try read(text)
        func cut(_ value: JSONValue?) -> String? {
            value.map { String(decoding: Array(text.utf8)[$0.range], as: UTF8.self) }
        }
        #expect(cut(value) == #"[ {"a" : [1, "é"] ,"b":null}, 20 ]"#)
        let elements = Array(value.elements)
        #expect(elements.count == value.count)
        let record = try #require(elements.first)
        #expect(record.count == 2)
        #expect(record.members.map(\.name) == ["a", "b"])
        #expect(cut(record) == #"{"a" : [1, "é"] ,"b":null}"#)
        #expect(cut(record[name: "a"].flatMap { Array($0.elements).last }) == #""é""#)
        #expect(cut(record[name: "b"]) == "null")
        #expect(cut(elements.last) == "20")
    }

    @Test func `and a member is found by the code points of its name`() throws {
        let value = try read(#"{"\u212A":1,"staff\u005fid":2}"#)
        #expect(value[name: "K"]?.kind == nil)
        #expect(value[name: "\u{212A}"]?.number == "1")
        #expect(value[name: "staff_id"]?.number == "2")
        #expect(value[name: "staff_i"]?.kind == nil)
        #expect(value[name: "x"]?.kind == nil)
        #expect(try read("[1]")[name: "x"]?.kind == nil)
    }
}

@Suite struct `JSON is refused` {
    @Test(arguments: [
        ("", JSONFault.Kind.unexpectedEnd, 0), ("  ", .unexpectedEnd, 2), ("nul", .unexpectedEnd, 3),
        ("nulL", .unexpectedByte, 3), ("NaN", .unexpectedByte, 0), ("+1", .unexpectedByte, 0),
        (".5", .unexpectedByte, 0),
        ("'a'", .unexpectedByte, 0), ("{a:1}", .unexpectedByte, 1), ("[1,]", .unexpectedByte, 3),
        ("[,1]", .unexpectedByte, 1),
        (#"{"a":1,}"#, .unexpectedByte, 7), (#"{"a"}"#, .unexpectedByte, 4), (#"{"a" 1}"#, .unexpectedByte, 5),
        ("[1 2]", .unexpectedByte, 3), ("[1}", .unexpectedByte, 2), ("[", .unexpectedEnd, 1), ("{", .unexpectedEnd, 1),
        (#"{"a""#, .unexpectedEnd, 4), (#"{"a":"#, .unexpectedEnd, 5), ("[1", .unexpectedEnd, 2),
        ("\"a", .unexpectedEnd, 2),
        (#""\"#, .unexpectedEnd, 2), (#""a\""#, .unexpectedEnd, 4), ("1 2", .trailingBytes, 2),
        ("{}}", .trailingBytes, 2),
        ("1/**/", .trailingBytes, 1), ("01", .malformedNumber, 1), ("-01", .malformedNumber, 2),
        ("00", .malformedNumber, 1),
        ("-", .unexpectedEnd, 1), ("-a", .malformedNumber, 1), ("1.", .unexpectedEnd, 2), ("1.e1", .malformedNumber, 2),
        ("1e", .unexpectedEnd, 2), ("1e+", .unexpectedEnd, 3), ("[1e]", .malformedNumber, 3),
        ("0x1", .trailingBytes, 1),
        ("\"a\nb\"", .controlCharacter, 2), ("\"\u{0}\"", .controlCharacter, 1), ("\"\\\n\"", .malformedEscape, 1),
        (#""\x""#, .malformedEscape, 1), (#""\u12""#, .malformedEscape, 5), (#""\u12g4""#, .malformedEscape, 5),
        (#""\U0041""#, .malformedEscape, 1), (#""\ud800""#, .loneSurrogate, 1), (#""a\udc00""#, .loneSurrogate, 2),
        (#""\ud800\ud800""#, .loneSurrogate, 1), (#""\ud800\u0041""#, .loneSurrogate, 1),
        (#""\ud800x""#, .loneSurrogate, 1),
        (#""\ud800\n""#, .loneSurrogate, 1), (#""\ud800\u12""#, .malformedEscape, 11),
        (#"{"a":1,"a":2}"#, .duplicateName, 7), (#"[{"x":{"a":1,"\u0061":2}}]"#, .duplicateName, 13),
        ("\u{FEFF}1", .byteOrderMark, 0),
    ])
    func `with the first fault and its place`(text: String, kind: JSONFault.Kind, offset: Int) {
        #expect(fault(text) == JSONFault(kind, at: offset))
    }

    /// RFC 3629 §3 and §4: overlong forms, surrogates, beyond U+10FFFF, lone and missing continuations.
    @Test(
        arguments: [
            [0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x80, 0x80], [0xF0, 0x80, 0x80, 0x80], [0xED, 0xA0, 0x80],
            [0xED, 0xBF, 0xBF],
            [0xF4, 0x90, 0x80, 0x80], [0xF8, 0x88, 0x80, 0x80, 0x80], [0x80], [0xC3], [0xE2, 0x82], [0xFF], [0xFE],
        ] as [[UInt8]])
    func `where it is not UTF-8`(bytes: [UInt8]) {
        #expect(fault([0x22, 0x61] + bytes + [0x22]) == JSONFault(.notUTF8, at: 2))
        #expect(fault([0x22, 0x5C, 0x6E] + bytes + [0x22]) == JSONFault(.notUTF8, at: 3))
        #expect(fault([0x7B, 0x22] + bytes + [0x22, 0x3A, 0x31, 0x7D]) == JSONFault(.notUTF8, at: 2))
        #expect(fault(bytes) == JSONFault(.unexpectedByte, at: 0))
    }

    @Test func `where a large object has a name twice, and not where it has not`() {
        let members = (0..<2000).map { #""n\#($0)":\#($0)"# }.joined(separator: ",")
        #expect(fault("{\(members)}") == nil)
        for name in ["n0", "n7", "n8", "n1999"] {
            #expect(fault("{\(members),\"\(name)\":0}")?.kind == .duplicateName)
        }
    }

    /// As bytes, that is: neither escapes nor canonical equivalence count.
    @Test(arguments: [0, 14, 15, 16, 17, 40])
    func `where a name is there twice once it is decoded, however many are before it`(count: Int) {
        func object(_ names: [String]) -> String {
            let before = (0..<count).map { #""n\#($0)":[\#($0)]"# }
            return "{\((before + names.map { "\"\($0)\":{\"n0\":1}" }).joined(separator: ","))}"
        }
        #expect(fault(object(["aé", #"\u0061\u00e9"#]))?.kind == .duplicateName)
        #expect(fault(object([#"\u0061\u00E9"#, "x", "aé"]))?.kind == .duplicateName)
        #expect(fault(object([#"\ud83d\ude00"#, #"\uD83D\uDE00"#]))?.kind == .duplicateName)
        #expect(fault(object(["", ""]))?.kind == .duplicateName)
        #expect(fault(object(["\u{e9}", "e\u{301}", "K", "\u{212A}", "", "a", "aa", #"\u0061\u0061a"#, "A"])) == nil)
    }

    @Test func `in no time that grows as the square of its names`() throws {
        // All in one object, and each escaped: comparing each with each would take ten seconds and more.
        let members = (0..<20_000).map { #""\u006e\#($0)":0"# }.joined(separator: ",")
        let value = try read("{\(members)}")
        #expect(value.count == 20_000)
        #expect(fault("{\(members),\"n19999\":0}")?.kind == .duplicateName)
    }

    @Test func `where a name is there twice behind a nested object that has it too`() {
        let many = (0..<20).map { #""n\#($0)":1"# }.joined(separator: ",")
        #expect(fault("{\(many),\"x\":{\(many)},\"y\":[{\(many)}]}") == nil)
        #expect(fault("{\(many),\"x\":{\(many)},\"n3\":1}")?.kind == .duplicateName)
        #expect(fault("{\"n3\":{\(many)},\"n3\":1}")?.kind == .duplicateName)
    }

    @Test func `where it is nested too deep`() {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        #expect(fault(nested(64)) == nil)
        #expect(fault(nested(65)) == JSONFault(.tooDeep, at: 64))
        #expect(fault(String(repeating: #"{"a":"#, count: 100_000))?.kind == .tooDeep)
        #expect(fault(nested(3), limits: .init(depth: 2)) == JSONFault(.tooDeep, at: 2))
        #expect(fault(nested(600), limits: .init(depth: .max)) == JSONFault(.tooDeep, at: 512))
        #expect(fault("1", limits: .init(depth: 0)) == nil)
    }

    @Test func `where it has too many values`() {
        #expect(fault("[1,2,3]", limits: .init(values: 4)) == nil)
        #expect(fault("[1,2,3]", limits: .init(values: 3)) == JSONFault(.tooManyValues, at: 5))
    }

    @Test func `where it is too long`() {
        #expect(fault("[12]", limits: .init(bytes: 4)) == nil)
        #expect(fault("[12] ", limits: .init(bytes: 4)) == JSONFault(.tooLong, at: 0))
        #expect(JSONDocument.Limits(bytes: .max).bytes < UInt32.max)
    }

    @Test func `in a thousand mutations without a trap`() {
        let seed = Array(#"{"a":[1,-2.5e3,"x\u00e9\ud83d\ude00é",{"b":null,"c":true}],"d":"\\\"","e":false}"#.utf8)
        for round in 0..<1000 {
            var random = SeededRandom(seed: UInt64(round))
            var bytes = seed
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch random.next() % 4 {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: place)
                case 2: bytes.insert(seed[Int.random(in: 0..<seed.count, using: &random)], at: place)
                default: bytes.removeLast(min(bytes.count - 1, place / 2))
                }
                if bytes.isEmpty { bytes = seed }
            }
            if let fault = fault(bytes) { #expect((0...bytes.count).contains(fault.offset), "seed \(round)") }
        }
    }
}
