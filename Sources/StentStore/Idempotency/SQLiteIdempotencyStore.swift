import StentExchange
import StentModel

/// Idempotency keys in an SQLite database: `idempotency.sqlite` in the state directory.
///
/// Callers share the flush to the disk that each of them needs. A database that fails makes new keys unavailable until it
/// works again, which is tried with every transaction.
///
/// All methods may be called from any thread.
package final class SQLiteIdempotencyStore: IdempotencyStore {
    private let thread: StoreThread<IdempotencyWork>

    /// Starts the store. The database is opened on the store's thread: where that fails, `onStatus` hears it and it is
    /// tried again.
    ///
    /// - Parameters:
    ///   - directory: the state directory, which must exist.
    ///   - wallNanoseconds: the clock that expired keys are removed by.
    ///   - onStatus: hears what the log should say, on the store's thread.
    /// - Throws: `IdempotencyStoreError` where the system has no thread to give.
    package init(
        directory: String, limits: IdempotencyLimits = IdempotencyLimits(),
        wallNanoseconds: @escaping @Sendable () -> Int64 = FileCalls.system.wallNanoseconds,
        onStatus: @escaping @Sendable (IdempotencyStoreStatus) -> Void
    ) throws(IdempotencyStoreError) {
        // Unbounded: an exchange in flight has one operation waiting at most, and exchanges are bounded.
        thread = try StoreThread(
            directory: directory, settings: limits, figures: IdempotencyWork.Figures(),
            wallNanoseconds: wallNanoseconds, onStatus: { onStatus(IdempotencyStoreStatus($0)) },
            work: { IdempotencyWork(limits, onRoomMade: onStatus) })
    }

    package func begin(
        _ scope: IdempotencyScope, fingerprint: [UInt8], now: WallTime,
        _ answer: @escaping @Sendable (IdempotencyBegin) -> Void
    ) { thread.hand(.begin(scope, fingerprint: fingerprint, now: now, answer)) }

    package func complete(
        _ scope: IdempotencyScope, _ answer: KeptAnswer, now: WallTime, _ done: @escaping @Sendable (Bool) -> Void
    ) { thread.hand(.complete(scope, answer, now: now, done)) }

    package func abandon(_ scope: IdempotencyScope, _ ending: IdempotencyEnding, now: WallTime) {
        thread.hand(.abandon(scope, ending, now: now))
    }

    /// Removes what has expired and makes room where there is too much; the store does so by itself every 30 s.
    package func sweep(now: WallTime, _ done: @escaping @Sendable () -> Void) { thread.tend(now: now, done) }

    /// Takes changed limits; a changed lifetime holds for keys begun or completed from now on.
    package func adopt(_ limits: IdempotencyLimits) { thread.adopt(limits) }

    /// The figures for `/metrics` and `/readyz`.
    package var metrics: IdempotencyMetrics {
        let (health, figures) = thread.metrics
        var metrics = IdempotencyMetrics()
        metrics.keys = figures.keys
        metrics.bytes = figures.bytes
        metrics.inFlight = figures.inFlight
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
}
