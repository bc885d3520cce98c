import StentModel

/// Who owns which record, as far as it is known: learned from the upstream's answers, kept across restarts.
///
/// Callable from any thread; no call blocks for longer than a lock is held.
package protocol OwnershipLedger: AnyObject, Sendable {
    /// The owner, where memory knows one; `nil` does not mean that nobody knows.
    func remembered(_ record: OwnedRecord) -> String?

    /// Looks where memory does not know. The answer comes on a thread of the ledger's (after it was shut down: on the
    /// caller's, before the call returns), exactly once; `nil` where the ledger does not know, or can't read.
    func find(_ record: OwnedRecord, _ answer: @escaping @Sendable (String?) -> Void)

    /// What the upstream's answers said. Memory knows it when the call returns; the store soon after: what is lost by a
    /// crash is asked for again.
    func learn(_ facts: [OwnershipFact])
}
