import StentConfig
import Testing

/// Documents that nobody writes: each is refused, or read, in bounded time and space.
@Suite struct HostileContractTests {
    private func codes(_ rest: String) -> [ConfigProblem.Code] {
        let text = "openapi: 3.1.1\ninfo: { title: T, version: \"1\" }\n\(rest)"
        switch ContractReader.read(Array(text.utf8), path: "x") {
        case .success: return []
        case .failure(let problems): return problems.problems.map(\.code)
        }
    }

    private func repeated(_ text: String, _ count: Int) -> String { String(repeating: text, count: count) }

    @Test func `schemas inside one another are read to a depth`() {
        func schema(_ depth: Int) -> String {
            "paths: {}\ncomponents: { schemas: { S: \(repeated("{ not: ", depth))true\(repeated(" }", depth)) } }"
        }
        #expect(codes(schema(20)).isEmpty)
        #expect(codes(schema(200)).first == .contractUnsupported)
        #expect(codes(schema(20_000)).first == .syntax)
        let items = "paths: {}\ncomponents: { schemas: { S: \(repeated("{ items: ", 60))true\(repeated(" }", 60)) } }"
        #expect(codes(items).isEmpty)
    }

    @Test func `a value to compare with is read to a depth`() {
        let deep = repeated("[", 400) + repeated("]", 400)
        #expect(codes("paths: {}\ncomponents: { schemas: { S: { const: \(deep) } } }") == [.contractUnsupported])
        #expect(codes("paths: {}\ncomponents: { schemas: { S: { default: \(deep) } } }").isEmpty)
    }

    @Test func `a chain of references as long as the document is refused without recursion`() {
        var text = "paths: {}\ncomponents:\n  schemas:\n    S0: true\n"
        for index in 1...3_000 { text += "    S\(index): { $ref: '#/components/schemas/S\(index - 1)' }\n" }
        #expect(codes(text) == [.contractUnsupported])
    }

    @Test func `schemas that double with each level are refused`() {
        var text = "paths: {}\ncomponents:\n  schemas:\n    S0: true\n"
        for index in 1...30 {
            let reference = "{ $ref: '#/components/schemas/S\(index - 1)' }"
            text += "    S\(index): { allOf: [\(reference), \(reference)] }\n"
        }
        #expect(codes(text).first == .contractUnsupported)
    }

    @Test func `a thousand mistakes are told in bounded time`() {
        let text = "paths: {}\ncomponents:\n  schemas:\n    S:\n"
        #expect(codes(text + (0..<1_000).map { "      typo\($0): 1\n" }.joined()).count == 1_000)
    }

    @Test func `aliases are refused before they are expanded`() {
        #expect(codes("x-a: &a [1]\nx-b: *a\npaths: {}") == [.syntax])
    }

    @Test func `more patterns than anybody needs are refused`() {
        let properties = (0..<1_001).map { "p\($0): { pattern: 'a\($0)' }" }.joined(separator: ", ")
        #expect(
            codes("paths: {}\ncomponents: { schemas: { S: { properties: { \(properties) } } } }") == [
                .contractUnsupported
            ])
        let same = (0..<1_001).map { "p\($0): { pattern: a }" }.joined(separator: ", ")
        #expect(codes("paths: {}\ncomponents: { schemas: { S: { properties: { \(same) } } } }").isEmpty)
    }

    @Test func `a document beyond the size limit is not read`() {
        #expect(codes("# " + repeated("x", 1 << 20)) == [.syntax])
    }

    @Test(
        arguments: [[], [0xFF], [0xEF, 0xBB, 0xBF], [0x00], Array("[".utf8), Array("~".utf8), Array("- a".utf8)]
            as [[UInt8]])
    func `what is no document has a problem`(bytes: [UInt8]) {
        guard case .failure(let problems) = ContractReader.read(bytes, path: "x") else {
            Issue.record("it was read")
            return
        }
        #expect(!problems.isEmpty)
    }
}
