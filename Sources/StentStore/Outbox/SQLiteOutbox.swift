import StentExchange
import StentModel

/// Jobs in an SQLite database: `outbox.sqlite` in the state directory, readable by its owner alone.
///
/// Callers share the flush to the disk that each of them needs. The content of a job, which tells about patients, is removed
/// with its end, and within half a minute from the file's write-ahead log too. There is no place for a credential.
///
/// All methods may be called from any thread. Where too much waits for the disk already, `put` is refused before it
/// returns, as after `shutdown`.
package final class SQLiteOutbox: Outbox {
    private let thread: StoreThread<OutboxWork>

    /// Starts the outbox. The database is opened on the outbox's thread: where that fails, `onStatus` hears it and it is
    /// tried again.
    ///
    /// - Parameters:
    ///   - directory: the state directory, which must exist.
    ///   - wallNanoseconds: the clock that ended jobs are removed by.
    ///   - onStatus: hears what the log should say, on the outbox's thread: `message(_:)`.
    /// - Throws: `StoreError` where the system has no thread to give.
    package init(
        directory: String, limits: OutboxLimits,
        wallNanoseconds: @escaping @Sendable () -> Int64 = FileCalls.system.wallNanoseconds,
        onStatus: @escaping @Sendable (StoreStatus) -> Void
    ) throws(StoreError) {
        thread = try StoreThread(
            directory: directory, settings: limits, figures: OutboxFigures(), room: limits.queue,
            wallNanoseconds: wallNanoseconds, onStatus: onStatus, work: { OutboxWork(limits) })
    }

    package func put(_ job: OutboxJob, now: WallTime, _ answer: @escaping @Sendable (OutboxPut) -> Void) {
        thread.hand(.put(job, now: now, answer))
    }

    package func delivered(_ id: OutboxJob.ID, now: WallTime) { thread.hand(.delivered(id, now: now)) }

    /// Answered with `false` also where no such job waits: it must not be sent.
    package func begin(_ id: OutboxJob.ID, now: WallTime, _ done: @escaping @Sendable (Bool) -> Void) {
        thread.hand(.begin(id, now: now, done))
    }

    /// The first ending of a job is the one that counts.
    package func end(
        _ id: OutboxJob.ID, _ ending: OutboxEnding, now: WallTime, _ done: @escaping @Sendable (Bool) -> Void
    ) { thread.hand(.end(id, ending, now: now, done)) }

    package func pending(_ answer: @escaping @Sendable ([OutboxJob]?) -> Void) { thread.hand(.pending(answer)) }

    /// The oldest jobs that wait, without their content; `nil` where they can't be read at present.
    package func list(atMost count: Int, _ answer: @escaping @Sendable ([WaitingJob]?) -> Void) {
        thread.hand(.list(atMost: count, answer))
    }

    /// Removes what is to be remembered no longer; the outbox does so by itself every 30 s.
    package func sweep(now: WallTime, _ done: @escaping @Sendable () -> Void) { thread.tend(now: now, done) }

    /// Takes changed limits, but for that of the queue.
    package func adopt(_ limits: OutboxLimits) { thread.adopt(limits) }

    package var metrics: OutboxMetrics {
        let (health, figures) = thread.metrics
        var metrics = OutboxMetrics()
        metrics.jobs = figures
        metrics.commits = health.commits
        metrics.failures = health.failures
        metrics.isFailing = health.isFailing
        return metrics
    }

    /// Does all that waits, and closes the database.
    ///
    /// Blocks the calling thread.
    ///
    /// - Parameter limit: after this much time, a thread that hangs in the kernel is left to itself.
    package func shutdown(within limit: Duration) { thread.shutdown(within: limit) }

    /// What a status means for the records that were to be written: a constant sentence for the log.
    package static func message(_ status: StoreStatus) -> String {
        switch status {
        case .failing: "the outbox can't be used: screenings are not recorded as notes at present"
        case .recovered: "the outbox can be used again"
        case .replaced:
            "the outbox was damaged and begun anew: records that waited in it may be lost, and are in the moved file at best"
        }
    }
}
