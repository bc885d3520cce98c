import StentExchange
import StentModel
import Synchronization

/// Idempotency keys in an SQLite database: `idempotency.sqlite` in the state directory.
///
/// One thread owns the database. It takes all that waits into one transaction, so that callers share the flush to the disk
/// that each of them needs (group commit), and answers when that is committed. A database that fails makes new keys
/// unavailable until it works again, which is tried with every transaction.
///
/// All methods may be called from any thread.
package final class SQLiteIdempotencyStore: IdempotencyStore {
    private let queue: IdempotencyQueue
    private let thread: Mutex<WriterThread?>

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
        let queue = IdempotencyQueue(limits: limits)
        let path = directory + "/idempotency.sqlite"
        do throws(AuditStoreError) {
            let started = try WriterThread(name: "stent-idempot", path: path) {
                IdempotencyLoop(queue: queue, path: path, wallNanoseconds: wallNanoseconds, onStatus: onStatus).run()
            }
            thread = Mutex(started)
        } catch {
            throw IdempotencyStoreError(.startThread, path: path, code: error.code, cause: error.cause)
        }
        self.queue = queue
    }

    deinit {
        // Without `shutdown`: what waits is still done.
        guard let thread = thread.withLock({ $0.take() }) else { return }
        queue.askToStop()
        thread.abandon()
    }

    package func begin(
        _ scope: IdempotencyScope, fingerprint: [UInt8], now: WallTime,
        _ answer: @escaping @Sendable (IdempotencyBegin) -> Void
    ) { queue.hand(.begin(scope, fingerprint: fingerprint, now: now, answer)) }

    package func complete(
        _ scope: IdempotencyScope, _ answer: KeptAnswer, now: WallTime, _ done: @escaping @Sendable (Bool) -> Void
    ) { queue.hand(.complete(scope, answer, now: now, done)) }

    package func abandon(_ scope: IdempotencyScope, _ ending: IdempotencyEnding, now: WallTime) {
        queue.hand(.abandon(scope, ending, now: now))
    }

    /// Removes what has expired and makes room where there is too much; the store does so by itself every 30 s.
    package func sweep(now: WallTime, _ done: @escaping @Sendable () -> Void) { queue.hand(.sweep(now: now, done)) }

    /// Takes changed limits; a changed lifetime holds for keys begun or completed from now on.
    package func adopt(_ limits: IdempotencyLimits) { queue.monitor.withLock { $0.limits = limits } }

    /// The figures for `/metrics` and `/readyz`.
    package var metrics: IdempotencyMetrics { queue.monitor.withLock { $0.metrics } }

    /// Does all that waits, and closes the database.
    ///
    /// Blocks the calling thread.
    ///
    /// - Parameter limit: after this much time, a thread that hangs in the kernel is left to itself.
    package func shutdown(within limit: Duration) {
        guard let thread = thread.withLock({ $0.take() }) else { return }
        queue.askToStop()
        let deadline = Moment.monotonic().advanced(by: TimeSpan(limit))
        let hasEnded = queue.monitor.wait(until: deadline) {
            $0.hasEnded
        } then: {
            $0.hasEnded
        }
        if hasEnded { thread.join() } else { thread.abandon() }
    }
}
