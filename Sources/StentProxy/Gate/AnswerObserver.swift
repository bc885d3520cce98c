import StentExchange
import StentModel
import StentPolicy
import Synchronization

/// What the upstream's answers teach: who owns the records in them, and whether they are as the contract says.
package final class AnswerObserver: Sendable {
    /// A way in which answers differ from the contract.
    package struct Finding: Sendable, Hashable {
        /// `GET /notes`.
        package var operation: String
        package var status: Int
        /// Where in the answer (JSON Pointer), and what is wrong there.
        package var pointer: String
        package var sentence: String
    }

    /// Different findings that are kept.
    private static let limit = 200

    private struct State {
        var findings: [Finding: Int] = [:]
        var invalid: [String: Int] = [:]
    }

    private let state = Mutex(State())

    /// A whole answer.
    struct Answer: Sendable {
        var operation: String
        var status: Int
        var mediaType: MediaType?
        var content: [UInt8]
    }

    /// - Returns: whether the answer differs from the contract.
    @discardableResult
    func observe(
        _ answer: Answer, _ match: ContractMatch, _ touch: OwnershipTouch, _ snapshot: Snapshot,
        _ ledger: (any OwnershipLedger)?
    ) -> ContractAnswerVerdict {
        let isJSON = answer.mediaType?.isJSON ?? false
        let document = isJSON ? try? JSONDocument(answer.content) : nil
        if let ledger {
            let facts = snapshot.ownership.facts(of: touch, status: answer.status, content: document)
            if !facts.isEmpty { ledger.learn(facts) }
        }
        guard snapshot.reportsAnswers, let rule = snapshot.contract else { return .asAgreed }
        let problems = rule.problems(
            status: answer.status, mediaType: answer.mediaType, document: document, of: match)
        guard let first = problems.first else { return .asAgreed }
        note(
            Finding(
                operation: answer.operation, status: answer.status, pointer: Self.general(first.pointer),
                sentence: first.sentence))
        return .differs
    }

    /// Elements of lists by a star, so that a list of a thousand is one finding.
    private static func general(_ pointer: String) -> String {
        pointer.split(separator: "/", omittingEmptySubsequences: false)
            .map { !$0.isEmpty && $0.utf8.allSatisfy { $0 &- UInt8(ascii: "0") < 10 } ? "*" : $0 }
            .joined(separator: "/")
    }

    private func note(_ finding: Finding) {
        state.withLock { state in
            state.invalid[finding.operation, default: 0] += 1
            guard state.findings[finding] != nil || state.findings.count < Self.limit else { return }
            state.findings[finding, default: 0] += 1
        }
    }

    /// Answers that differ, by operation.
    package var invalid: [String: Int] { state.withLock { $0.invalid } }
    /// How they differ, and how often.
    package var findings: [Finding: Int] { state.withLock { $0.findings } }
}

/// Whether an answer is as the contract says.
enum ContractAnswerVerdict {
    case asAgreed, differs
}
