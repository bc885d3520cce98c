import StentExchange
import StentModel

/// Owners of records in memory, and in an SQLite database behind it: `ownership.sqlite` in the state directory.
///
/// The database may be written by another process at any time (`stent owner import`): within about a second memory is
/// forgotten then. One that fails or is damaged makes the ledger know less, never something wrong: a fact that could not be
/// written outweighs the store until it is.
///
/// All methods may be called from any thread.
package final class SQLiteOwnershipLedger: OwnershipLedger {
    private let memory: OwnershipMemory
    private let thread: StoreThread<OwnershipWork>

    /// Starts the ledger. The database is opened on the ledger's thread: where that fails, `onStatus` hears it and it is
    /// tried again.
    ///
    /// - Parameters:
    ///   - directory: the state directory, which must exist.
    ///   - onStatus: hears what the log should say, on the ledger's thread. After `.replaced` HOSP is asked more often.
    /// - Throws: `StoreError` where the system has no thread to give.
    package init(
        directory: String, limits: OwnershipLimits = OwnershipLimits(),
        wallNanoseconds: @escaping @Sendable () -> Int64 = FileCalls.system.wallNanoseconds,
        onStatus: @escaping @Sendable (StoreStatus) -> Void
    ) throws(StoreError) {
        let memory = OwnershipMemory(capacity: limits.records, unwrittenLimit: limits.unwritten)
        thread = try StoreThread(
            directory: directory, settings: (), figures: OwnershipWork.Figures(),
            room: limits.finds.multipliedReportingOverflow(by: OwnershipOperation.overhead).partialValue,
            wallNanoseconds: wallNanoseconds, onStatus: onStatus,
            work: { OwnershipWork(memory, wallNanoseconds: wallNanoseconds) })
        self.memory = memory
    }

    package func remembered(_ record: OwnedRecord) -> String? { memory.owner(of: record) }

    /// Where too many wait already, `nil` is answered before this returns.
    package func find(_ record: OwnedRecord, _ answer: @escaping @Sendable (String?) -> Void) {
        thread.hand(.find(record, answer))
    }

    package func learn(_ facts: [OwnershipFact]) {
        if memory.learn(facts) { thread.queue.nudge() }
    }

    /// Writes what was learned and looks whether somebody else has written; the ledger does so by itself every second.
    package func settle(_ done: @escaping @Sendable () -> Void) { thread.tend(now: WallTime(nanoseconds: 0), done) }

    package var metrics: OwnershipMetrics {
        let (health, figures) = thread.metrics
        let counts = memory.counts
        var metrics = OwnershipMetrics()
        metrics.remembered = counts.remembered
        metrics.unwritten = counts.unwritten
        metrics.overflows = counts.overflows
        metrics.rows = figures.rows
        metrics.finds = figures.finds
        metrics.misses = figures.misses
        metrics.failures = health.failures
        metrics.isFailing = health.isFailing
        return metrics
    }

    /// Writes what was learned, answers all that waits, and closes the database. Memory still answers afterwards.
    ///
    /// Blocks the calling thread.
    ///
    /// - Parameter limit: after this much time, a thread that hangs in the kernel is left to itself.
    package func shutdown(within limit: Duration) { thread.shutdown(within: limit) }
}

/// How much the ledger holds in memory.
package struct OwnershipLimits: Sendable, Equatable {
    /// Records remembered: about 120 bytes each.
    package var records = 200_000
    /// Facts that wait to be written. Beyond, they are given up, and the store with them: it is emptied and learns anew.
    package var unwritten = 100_000
    /// Look-ups that wait; beyond, `nil` is answered.
    package var finds = 100_000

    package init() {}
}

/// The figures of the ledger at one moment.
package struct OwnershipMetrics: Sendable, Equatable {
    /// Records in memory, those among them that are known to be gone.
    package var remembered = 0
    /// Facts that wait to be written.
    package var unwritten = 0
    /// How often facts were given up, and the store with them, because too many waited; since the start.
    package var overflows = 0
    /// Records in the database.
    package var rows = 0
    /// Look-ups beyond memory since the start.
    package var finds = 0
    /// Those among them that found no owner.
    package var misses = 0
    /// Transactions and openings that failed since the start.
    package var failures = 0
    /// The database can't be used at present.
    package var isFailing = false

    package init() {}
}
