import StentAudit
import StentModel

/// One worker's way into the audit trail.
///
/// Called on the worker's own loop only; no call blocks, all return at once. What is recorded is on its way to the
/// writer at the latest after `flush`, which the worker calls on every tick of its timer.
package protocol AuditTrail: AnyObject {
    /// Whether the trail takes further records. While it does not, new requests are refused
    /// (`admission.audit-unavailable`); the refusals are still recorded as far as a reserve allows.
    var accepts: Bool { get }

    /// Whether requests that change nothing are let in: as `accepts`, or always (`audit.when_unwritable.reads`).
    var acceptsReads: Bool { get }

    /// Whether a request is answered only once its record is durable (`audit.durability: every`).
    var awaitsDurability: Bool { get }

    /// Appends one line.
    ///
    /// - Parameter head: the request's head, from which the line takes method, path and agent.
    func record(_ record: borrowing ExchangeRecord, head: borrowing RequestHead)

    /// Calls `body` once everything that was recorded here so far is durable, or is given up.
    ///
    /// It goes to the writer with the next `flush`, so that one flush serves all requests of a tick of the loop. `body`
    /// is called once, on a thread of the writer, and must not block there: it hops to its loop. Where answers don't
    /// wait (`awaitsDurability`), it is called at once and on the caller's thread.
    func whenDurable(_ body: @escaping @Sendable (AuditCommit) -> Void)

    /// Hands what was recorded to the writer.
    func flush()
}

/// What became of records that somebody waits for.
package enum AuditCommit: Sendable, Equatable {
    /// The disk has them.
    case durable
    /// They were dropped, or given up when the process ended.
    case lost
}

extension AuditTrail {
    package var acceptsReads: Bool { accepts }
    package var awaitsDurability: Bool { false }
    package func whenDurable(_ body: @escaping @Sendable (AuditCommit) -> Void) { body(.durable) }
}
