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

    init(queue: AuditQueue) {
        self.queue = queue
        buffer.reserveCapacity(AuditQueue.bufferSize)
    }

    package var accepts: Bool { queue.accepts(holding: buffer.count) }

    package func record(_ record: borrowing ExchangeRecord, head: borrowing RequestHead) {
        let isRefusal = record.reason == .admissionAuditUnavailable
        guard queue.hasRoom(holding: buffer.count, isRefusal: isRefusal) else {
            queue.linesDropped.add(1, ordering: .relaxed)
            return
        }
        AuditLine.append(record, head: head, to: &buffer)
        lines += 1
        if buffer.count > AuditQueue.bufferSize - AuditQueue.headroom { flush() }
    }

    package func flush() {
        queue.handOver(&buffer, lines: &lines)
    }
}
