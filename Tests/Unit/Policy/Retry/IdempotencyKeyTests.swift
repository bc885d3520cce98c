import StentPolicy
import Testing

private func read(_ lines: String...) -> IdempotencyKey.Reading {
    IdempotencyKey.read(lines.map { Array($0.utf8)[...] })
}

private func text(_ line: String) -> String? {
    switch read(line) {
    case .key(let key): key.text
    case .absent, .malformed: nil
    }
}

@Suite struct `An Idempotency-Key` {
    @Test(arguments: [
        (#""8e03978e-40d5-43dd-bc93-6894a57f9324""#, "8e03978e-40d5-43dd-bc93-6894a57f9324"),
        ("8e03978e-40d5-43dd-bc93-6894a57f9324", "8e03978e-40d5-43dd-bc93-6894a57f9324"), (#"  "a b" "#, "a b"),
        (#""a\"\\b""#, #"a"\b"#),
        (#"";,""#, ";,"), ("YWJj/+8=", "YWJj/+8="), ("note:7", "note:7"), ("1", "1"), (#"" ""#, " "),
        (String(repeating: "x", count: 255), String(repeating: "x", count: 255)),
        ("\"" + String(repeating: #"\\"#, count: 255) + "\"", String(repeating: #"\"#, count: 255)),
    ])
    func `is a string, with quotes or without`(line: String, key: String) {
        #expect(text(line) == key)
    }

    @Test(arguments: [
        "", " ", #""""#, #"""#, #""a"#, #"a""#, #""a"b"#, #""a";p=1"#, #""a", "b""#, #""a" "b""#, "a b", "a,b", "a;b",
        #""\a""#, #""a\"#, #""a\""#,
        "\"é\"", "é", "\"a\tb\"", "a\u{0}", "\"a\u{7f}\"", #"'a'"b"#, "(a)", "@a", String(repeating: "x", count: 256),
        "\"" + String(repeating: "x", count: 256) + "\"", String(repeating: "x", count: 100_000),
    ])
    func `is malformed as anything else`(line: String) {
        #expect(read(line) == .malformed)
    }

    @Test func `stands in one field`() {
        #expect(read() == .absent)
        #expect(read("a", "a") == .malformed)
        #expect(read("", "a") == .malformed)
        #expect(read("a") == read(#""a""#))
    }

    @Test func `is read without a trap whatever it holds`() {
        for seed in 0..<1000 {
            var random = SeededRandom(seed: UInt64(seed))
            let bytes = (0..<Int(random.next() % 12)).map { _ in
                Array("\"\\a ;é\t\0".utf8).randomElement(using: &random) ?? 0
            }
            _ = IdempotencyKey.read(bytes[...])
        }
    }
}

@Suite struct `The fingerprint of a request` {
    private func bytes(_ method: String, _ target: String, _ type: String?, _ content: String) -> [UInt8] {
        var bytes: [UInt8] = []
        RequestFingerprint.append(
            method: method.utf8, target: target.utf8, contentType: type?.utf8, content: content.utf8, to: &bytes)
        return bytes
    }

    @Test func `has a form that does not change`() {
        #expect(
            bytes("PUT", "/", "a", "bc")
                == [1, 0, 0, 0, 0, 0, 0, 0, 3, 0x50, 0x55, 0x54, 0, 0, 0, 0, 0, 0, 0, 1, 0x2F]
                + [1, 0, 0, 0, 0, 0, 0, 0, 1, 0x61, 0, 0, 0, 0, 0, 0, 0, 2, 0x62, 0x63])
    }

    @Test func `differs for every two requests that differ`() {
        let methods = ["POST", "PUT", "POS", ""]
        let targets = ["/notes", "T/notes", "/notes?a=b", ""]
        let types: [String?] = [nil, "", "a", "application/json"]
        let contents = ["", "a", "{}", "\0\0\0\0\0\0\0\0"]
        var all: Set<[UInt8]> = []
        for method in methods {
            for target in targets {
                for type in types { for content in contents { all.insert(bytes(method, target, type, content)) } }
            }
        }
        #expect(all.count == 256)
    }
}
