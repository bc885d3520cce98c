import StentTestKit
import Testing

/// Plays every script against a stent of its own.
struct WireTests {
    private static let gate = WireGate(places: 8)

    @Test(.timeLimit(.minutes(5)), arguments: try Corpus.selected())
    func `stent does what the script says`(wireCase: WireCase) async throws {
        let report = try await Self.gate.pass { try await WireRunner(StentTarget.Factory()).run(wireCase) }
        if let report { Issue.record("\(wireCase)\n\(report)") }
    }
}
