/// What the audit trail must hold: exactly one line, unless it says otherwise.
package struct WireAudit: Sendable {
    package enum Action: Sendable {
        case expectLines(Int)
        /// The expectations that follow are about this line, from 1.
        case line(Int)
        case expectReason(String)
        case expectStatus(Int)
        case expectTries(Int)
        /// One of the attempts failed for this reason.
        case expectCause(String)
        case expectOutcome(String)
        /// The member at a dotted path; elements of arrays by number, from 0.
        case expectField(String, WireMatch)
        /// The text stands nowhere in the whole trail.
        case expectNoText(String)
    }

    package var place: WirePlace
    package var steps: [WireStep<Action>]

    /// Lines in all.
    var lineCount: Int {
        for step in steps { if case .expectLines(let count) = step.action { return count } }
        return steps.reduce(1) { most, step in
            if case .line(let number) = step.action { max(most, number) } else { most }
        }
    }
}
