import StentModel
import StentPolicy
import Testing

@Suite struct `The form in which a request goes upstream` {
    private static let parts = [
        "/", "notes", "patients", "staffs", "me", "screen", "5", "07", "%35", ".json", "%2ejson", "%2f", "..", ".", ";",
        "x",
        "%00", "%ff", "%C3%A9", "//", "%", "+", "[", "]", "\u{E9}",
    ]
    private static let queryParts = [
        "?", "&", ";", "=", "patient_id", "hospital_id", "5", "%35", "x", "[", "]", "_method", "%5f", "+", "%26", "%",
        "%ff",
    ]

    /// What is judged once more must be what was judged: another reading of the same target would be a way around a rule.
    @Test(arguments: 0..<4) func `is its own form`(seed: UInt64) throws {
        let rule = try ContractRule(hospSettings())
        var random = SeededRandom(seed: seed)
        var passed = 0
        for _ in 0..<600 {
            var target = "/"
            for _ in 0..<Int.random(in: 0...5, using: &random) {
                target += Self.parts.randomElement(using: &random) ?? ""
            }
            if random.once(in: 2) {
                target += "?"
                for _ in 0..<Int.random(in: 0...6, using: &random) {
                    target += Self.queryParts.randomElement(using: &random) ?? ""
                }
            }
            for method in [Method.get, .delete] {
                guard case .passes(let first) = rule.judge(head(method, Array(target.utf8))) else { continue }
                passed += 1
                guard case .passes(let second) = rule.judge(head(method, first.target)) else {
                    Issue.record("\(target) is not read again, seed \(seed)")
                    continue
                }
                #expect(second.target == first.target, "\(target), seed \(seed)")
                #expect(second.parameters == first.parameters && second.template == first.template, "\(target)")
            }
        }
        #expect(passed > 20)
    }

    /// A head of any bytes, those that no decoder lets through too.
    private func head(_ method: Method, _ target: [UInt8]) -> RequestHead {
        var head = RequestHead()
        head.method = method
        head.fields.bytes = target
        head.target = Slot(0..<target.count)
        head.pathAndQuery = head.target
        return head
    }
}
