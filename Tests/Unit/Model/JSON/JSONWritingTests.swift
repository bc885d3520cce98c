import StentModel
import Testing

private func written(
    _ text: String, dropping names: Set<String> = [], setting: [(name: String, json: String)] = []
) throws -> String {
    let document = try JSONDocument(Array(text.utf8))
    var output = Array("> ".utf8)
    document.write(to: &output, dropping: indices(of: names, in: document.root), setting: setting)
    return String(decoding: output.dropFirst(2), as: UTF8.self)
}

/// Of the members of these names, at any depth.
private func indices(of names: Set<String>, in value: JSONValue) -> Set<Int> {
    var found: Set<Int> = []
    for element in value.elements { found.formUnion(indices(of: names, in: element)) }
    for member in value.members {
        if names.contains(member.name) { found.insert(member.value.index) }
        found.formUnion(indices(of: names, in: member.value))
    }
    return found
}

@Suite struct `JSON is written` {
    @Test(arguments: [
        ("null", "null"), (" true ", "true"), ("[ ]", "[]"), ("{\n}", "{}"), ("\t-1.50E+2\r\n", "-1.50E+2"),
        ("[ 1 , 2,3 ]", "[1,2,3]"), (#"{ "b" : [ {} , { "a" :null } ] , "a":1}"#, #"{"b":[{},{"a":null}],"a":1}"#),
        (#"[[1], [2]]"#, "[[1],[2]]"), (#"{"a":{"b":[1,{"c":2}]}}"#, #"{"a":{"b":[1,{"c":2}]}}"#),
    ])
    func `without white space, in its order and with its numbers`(text: String, expected: String) throws {
        #expect(try written(text) == expected)
    }

    @Test(arguments: [
        (#""\"\\\b\f\n\r\t""#, #""\"\\\b\f\n\r\t""#), (#""a\/b""#, #""a/b""#), (#""\u0022\u005c\u002F""#, #""\"\\/""#),
        (#""\u0008\u0009\u000A\u000C\u000d""#, #""\b\t\n\f\r""#),
        (#""\u0000\u001F\u000b\u007f""#, "\"\\u0000\\u001f\\u000b\u{7F}\""),
        (#""\u00e9\u20AC\ud83d\uDE00é""#, "\"é€😀é\""), (#""\u2028""#, "\"\u{2028}\""), (#"["\u0061"]"#, #"["a"]"#),
        (#"{"\u0061\/":"\u0062","c":1}"#, #"{"a/":"b","c":1}"#), (#""""#, #""""#),
    ])
    func `with the shortest escapes`(text: String, expected: String) throws {
        #expect(try Array(written(text).utf8) == Array(expected.utf8))
    }

    @Test(
        arguments: [
            (["a"], #"{"b":{"a":1,"c":[{"a":2}]}}"#, #"{"b":{"c":[{}]}}"#),
            (["a"], #"{"a":1,"b":2,"c":3}"#, #"{"b":2,"c":3}"#),
            (["b"], #"{"a":1,"b":2,"c":3}"#, #"{"a":1,"c":3}"#), (["c"], #"{"a":1,"b":2,"c":3}"#, #"{"a":1,"b":2}"#),
            (["a", "b", "c"], #"{"a":1,"b":[[],{}],"c":3}"#, "{}"),
            (["a"], #"[{"a":[1,{"a":2}],"b":2},"a"]"#, #"[{"b":2},"a"]"#),
            (["x"], #"{"a" : "x"}"#, #"{"a":"x"}"#), (["a"], #"{"\u0061":1,"\u0062":2}"#, #"{"b":2}"#),
            (["a"], "1", "1"),
        ] as [(Set<String>, String, String)])
    func `without the members that are dropped`(names: Set<String>, text: String, expected: String) throws {
        #expect(try written(text, dropping: names) == expected)
    }

    @Test(arguments: [
        ("{}", #"{"staff_id":7}"#), (#"{ "a" : 1 }"#, #"{"a":1,"staff_id":7}"#),
        (#"{"staff_id":"x","a":1}"#, #"{"staff_id":7,"a":1}"#),
        (#"{"a":1,"staff\u005fid":{"b":[]},"c":2}"#, #"{"a":1,"staff_id":7,"c":2}"#),
        (#"{"a":{"staff_id":1}}"#, #"{"a":{"staff_id":1},"staff_id":7}"#), ("[1, 2]", "[1,2]"), (#""a""#, #""a""#),
    ])
    func `with the member of the root that is set`(text: String, expected: String) throws {
        #expect(try written(text, setting: [("staff_id", "7")]) == expected)
    }

    @Test func `with members that are set and others that are dropped`() throws {
        let setting = [(name: "b", json: #""x""#), (name: "a\"\n", json: "[]"), (name: "d", json: "null")]
        #expect(
            try written(#"{"a":1,"b":2,"c":3}"#, dropping: ["a", "b", "c"], setting: setting)
                == #"{"b":"x","a\"\n":[],"d":null}"#)
        #expect(try written(#"{"a":1}"#, dropping: ["a"], setting: [("d", "1")]) == #"{"d":1}"#)
    }

    @Test func `as a text of ours`() throws {
        let text = "a\"\\/\u{0}\u{8}\t\n\u{b}\u{c}\r\u{1f}\u{7f}é\u{2028}😀"
        let json = JSONString.json(text)
        #expect(json == "\"a\\\"\\\\/\\u0000\\b\\t\\n\\u000b\\f\\r\\u001f\u{7f}é\u{2028}😀\"")
        #expect(try JSONDocument(Array(json.utf8)).root.string?.isSameText(as: text) == true)
        #expect(try written(json) == json)
    }

    @Test func `as it would be by hand, whatever is in it`() throws {
        for seed in 0..<150 {
            var maker = JSONMaker(seed: UInt64(seed))
            maker.make(depth: 5)
            let document = try JSONDocument(Array(maker.text.utf8))
            var output: [UInt8] = []
            document.write(to: &output)
            #expect(output == Array(maker.canonical.utf8), "seed \(seed): \(maker.text)")
            let again = try JSONDocument(output)
            #expect(same(document.root, again.root), "seed \(seed)")
            // One that is not there: the slow way, which looks at every value.
            var slow: [UInt8] = []
            again.write(to: &slow, dropping: [.max])
            #expect(slow == output, "seed \(seed)")
        }
    }

    private func same(_ left: JSONValue, _ right: JSONValue) -> Bool {
        guard left.kind == right.kind, left.count == right.count, left.number == right.number else { return false }
        if let text = left.string { return right.string?.isSameText(as: text) == true && right.isString(text) }
        return zip(left.elements, right.elements).allSatisfy { same($0, $1) }
            && zip(left.members, right.members).allSatisfy {
                $0.name.isSameText(as: $1.name) && $1.isNamed($0.name) && same($0.value, $1.value)
            }
    }
}

/// Makes a document at random, and beside it the form in which it should be written.
private struct JSONMaker {
    private var random: SeededRandom
    private(set) var text = ""
    private(set) var canonical = ""

    init(seed: UInt64) { random = SeededRandom(seed: seed) }

    mutating func make(depth: Int) {
        space()
        switch random.next() % (depth > 0 ? 9 : 5) {
        case 0: both("null")
        case 1: both("true")
        case 2: both("false")
        case 3:
            both(["0", "-0.0", "12", "1e5", "-3.25E-7", "98765432109876543210"].randomElement(using: &random) ?? "")
        case 4: string(prefix: "")
        case 5, 6:
            container("[", "]") { maker, _ in maker.make(depth: depth - 1) }
        case _:
            container("{", "}") { maker, index in
                maker.space()
                maker.string(prefix: "\(index)")
                maker.space()
                maker.both(":")
                maker.make(depth: depth - 1)
            }
        }
        space()
    }

    private mutating func container(_ open: String, _ close: String, _ item: (inout Self, Int) -> Void) {
        both(open)
        let count = random.once(in: 12) ? 20 : Int(random.next() % 4)
        for index in 0..<count {
            if index > 0 { both(",") }
            item(&self, index)
        }
        if count == 0 { space() }
        both(close)
    }

    private mutating func both(_ part: String) {
        text += part
        canonical += part
    }

    private mutating func space() {
        guard random.once(in: 4) else { return }
        text += [" ", "\n", "\t", "\r\n", "    "].randomElement(using: &random) ?? ""
    }

    private mutating func string(prefix: String) {
        both("\"\(prefix)")
        for _ in 0..<random.next() % 12 {
            switch random.next() % 7 {
            case 0:
                text += #"\/"#
                canonical += "/"
            case 1:
                text += #"\u00E9"#
                canonical += "é"
            case 2:
                text += #"\ud83d\uDE00"#
                canonical += "😀"
            case 3:
                text += #"\u000A"#
                canonical += #"\n"#
            case 4: both([#"\n"#, #"\""#, #"\\"#, #"\u001f"#].randomElement(using: &random) ?? "")
            case 5: both(["é", "患者", "😀", "\u{7F}"].randomElement(using: &random) ?? "")
            case _: both("plain text")
            }
        }
        both("\"")
    }
}
