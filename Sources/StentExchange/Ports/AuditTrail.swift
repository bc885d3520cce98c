import StentAudit
import StentModel

/// One worker's way into the audit trail.
///
/// Called on the worker's own loop only; neither call blocks, both return at once. What is recorded is on its way to the
/// writer at the latest after `flush`, which the worker calls on every tick of its timer.
package protocol AuditTrail: AnyObject {
    /// Whether the trail takes further records. While it does not, new requests are refused
    /// (`admission.audit-unavailable`); the refusals are still recorded as far as a reserve allows.
    var accepts: Bool { get }

    /// Appends one line.
    ///
    /// - Parameter head: the request's head, from which the line takes method, path and agent.
    func record(_ record: borrowing ExchangeRecord, head: borrowing RequestHead)

    /// Hands what was recorded to the writer.
    func flush()
}
