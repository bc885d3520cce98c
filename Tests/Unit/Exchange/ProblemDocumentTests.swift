import Foundation
import StentExchange
import StentModel
import Testing

@Suite struct `A problem document` {
    private func text(_ problems: [(pointer: String, sentence: String)]) -> String {
        var bytes: [UInt8] = []
        ProblemDocument.append(
            .contractInvalidContent, status: 422, title: "Unprocessable Content", instance: Array("id-1".utf8),
            problems: problems, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func `has a list of what is wrong where`() {
        #expect(
            text([("/title", "must be a text"), ("/note", "is not allowed")]) == """
                {"type":"about:blank","title":"Unprocessable Content","status":422,\
                "detail":"The content is not what is accepted here.","instance":"id-1",\
                "reason":"contract.invalid-content","errors":[{"pointer":"/title","detail":"must be a text"},\
                {"pointer":"/note","detail":"is not allowed"}]}

                """)
    }

    @Test func `has no list where nothing is to be listed`() {
        #expect(text([]).hasSuffix("\"reason\":\"contract.invalid-content\"}\n"))
    }

    @Test func `is JSON whatever stands in a pointer`() throws {
        let pointer = "/a\"b\\\u{0}\u{1F}\u{7F}\n~1é"
        let object = try JSONSerialization.jsonObject(with: Data(text([(pointer, "\"")]).utf8)) as? [String: Any]
        let errors = object?["errors"] as? [[String: String]]
        #expect(errors == [["pointer": pointer, "detail": "\""]])
    }
}
