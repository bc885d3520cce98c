import StentConfig
import Testing

/// Files that no operator writes: each is refused in bounded time and space.
@Suite struct HostileFileTests {
    private func codes(_ text: String) -> [ConfigProblem.Code] {
        guard case .failure(let problems) = Loading.load(text) else { return [] }
        return problems.problems.map(\.code)
    }

    @Test(arguments: ["[", "{", "{a: ", "[ ", "- ", "? ", "[\n", "{\"a\":[", "[\"]\", "])
    func `nesting is bounded however it is written`(opening: String) {
        #expect(codes("a: " + String(repeating: opening, count: 20_000)).first == .syntax)
        #expect(codes(String(repeating: opening, count: 20_000)).first == .syntax)
    }

    @Test func `the deepest nesting that is read is no problem for the parser`() {
        let deep = String(repeating: "[", count: 990) + String(repeating: "]", count: 990)
        #expect(codes("version: \(deep)").contains(.wrongType))
        let lines = (0..<200).map { String(repeating: " ", count: $0) + "a:\n" }.joined()
        #expect(codes(lines).contains(.unknownKey))
        #expect(codes(String(repeating: "- ", count: 99) + "a: 1").contains(.wrongType))
    }

    @Test func `a key that is an alias of aliases costs no exponential time`() {
        var text = "a0: &a0 x\n"
        for level in 1...60 { text += "a\(level): &a\(level) [*a\(level - 1), *a\(level - 1)]\n" }
        #expect(codes(text + "? *a60\n: 1\n? *a60\n: 2\n") == [.syntax])
    }

    @Test func `a file beyond the size limit is not read`() {
        #expect(codes("# " + String(repeating: "x", count: 256 << 10)) == [.syntax])
    }

    @Test func `thousands of duplicate keys are refused in bounded time`() {
        let text = Loading.required + "limits:\n" + String(repeating: "  body: 1MiB\n", count: 10_000)
        #expect(codes(text).contains(.duplicateKey))
    }

    @Test func `duplicates in several mappings are all found, and beside them the other problems`() {
        let text =
            Loading.required + "limits: { body: 1B, body: 2B, bdoy: 3B }\nlog: { level: x, 'level': y, \"level\": z }\n"
        #expect(codes(text) == [.duplicateKey, .unknownKey, .unknownValue, .duplicateKey, .duplicateKey])
    }

    @Test func `a problem's column counts what a reader sees as characters of the line`() {
        guard case .failure(let problems) = Loading.load("\u{FEFF}\"ä🐴\": 1, x\n") else { return }
        #expect(problems.problems.first?.place.line == 1)
        guard case .failure(let other) = Loading.load(Loading.required + "log: { \"ä🐴\": 1 , level: x }\n") else {
            return
        }
        #expect(other.problems.map(\.place.column) == [8, 25])
    }
}
