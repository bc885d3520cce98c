import Synchronization

/// Numbers that the writer's threads leave for whoever shows them.
final class AuditFigures: Sendable {
    let syncs = Atomic(0)
    let syncNanoseconds = Atomic(0)
    let longestSync = Atomic(0)
    let segments = Atomic(0)
    let segmentBytes = Atomic(0)
    let segmentsAgedOut = Atomic(0)
    let segmentsCompressed = Atomic(0)
    let sealSequence = Atomic(0)
    let sealTime = Atomic<Int64>(0)
    let sequence = Atomic(0)
    /// -1 where it is not known.
    let freeBytes = Atomic(-1)

    func noteSync(lasting nanoseconds: Int64) {
        let lasted = Int(clamping: nanoseconds)
        syncs.add(1, ordering: .relaxed)
        syncNanoseconds.wrappingAdd(lasted, ordering: .relaxed)
        longestSync.max(lasted, ordering: .relaxed)
    }
}
