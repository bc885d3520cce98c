import StentModel

/// Which targets a request makes invalid (RFC 9111 §4.4).
///
/// What is unknown may change anything, so that every method that is not safe counts. Whether an ambiguous outcome does too
/// is not decided here.
package enum InvalidationRule {
    package enum Verdict: Sendable, Equatable {
        case nothing
        /// Its own target, and what Location and Content-Location name.
        case targets
    }

    package static func decide(method: Method, status: Int) -> Verdict {
        !method.isSafe && (200...399).contains(status) ? .targets : .nothing
    }

    /// The path and query that Location or Content-Location of this answer names, for each that is of the same origin.
    package static func forEachTarget(
        of answer: borrowing FieldSection, at base: TargetURI, _ body: ([UInt8]) -> Void
    ) {
        for line in answer.lines where line.field == .location || line.field == .contentLocation {
            guard line.value.upperBound <= answer.bytes.count,
                let target = base.resolve(answer.bytes[line.value.range])
            else { continue }
            body(target)
        }
    }
}
