/// What becomes of a policy's refusals.
package enum PolicyMode: String, Sendable, CaseIterable {
    /// The policy is not asked.
    case off
    /// It is asked, its decision is recorded, and the request goes on as if it had agreed.
    case report
    /// It is obeyed.
    case enforce
}
