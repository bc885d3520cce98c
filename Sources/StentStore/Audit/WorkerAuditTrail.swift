import StentAudit
import StentExchange
import StentModel

/// The audit trail of one event loop: lines are collected in a buffer of its own and handed to the writer as a whole.
///
/// Confined to its loop, like all of a worker's state.
package final class WorkerAuditTrail: AuditTrail {
    private let queue: AuditQueue
    private var buffer: [UInt8] = []
    private var lines = 0
    private var waiters: [AuditWaiter] = []
    /// There was no room for the last record.
    private var hasDropped = false

    init(queue: AuditQueue) {
        self.queue = queue
        buffer.reserveCapacity(AuditQueue.bufferSize)
    }

    package var accepts: Bool { queue.accepts(holding: buffer.count) }

    package var acceptsReads: Bool { queue.servesReads.load(ordering: .relaxed) || accepts }

    package var awaitsDurability: Bool { queue.isAwaited.load(ordering: .relaxed) }

    package func record(_ record: borrowing ExchangeRecord, head: borrowing RequestHead) {
        let isRefusal = record.reason == .admissionAuditUnavailable
        // Reads that are served all the same may not take the room of the writes that were let in before.
        let isExtra = queue.servesReads.load(ordering: .relaxed) && head.method.isSafe && !accepts
        hasDropped = !queue.hasRoom(holding: buffer.count, isRefusal: isRefusal || isExtra)
        guard !hasDropped else {
            queue.linesDropped.add(1, ordering: .relaxed)
            return
        }
        AuditLine.append(record, head: head, to: &buffer)
        lines += 1
        if buffer.count > AuditQueue.bufferSize - AuditQueue.headroom { flush() }
    }

    package func whenDurable(_ body: @escaping @Sendable (AuditCommit) -> Void) {
        guard awaitsDurability else { return body(.durable) }
        guard !hasDropped else { return body(.lost) }
        waiters.append(AuditWaiter(tell: body))
    }

    package func flush() {
        if waiters.isEmpty {
            queue.handOver(&buffer, lines: &lines)
        } else {
            var leaving: [AuditWaiter] = []
            swap(&leaving, &waiters)
            queue.handOver(&buffer, lines: &lines, waiters: leaving)
        }
    }
}
