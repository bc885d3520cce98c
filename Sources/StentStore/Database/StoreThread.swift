import StentModel
import Synchronization

/// A store's thread, its queue and its end.
///
/// One thread owns the database. It takes all that waits into one transaction, so that callers share the flush to the disk
/// that each of them needs (group commit), and answers when that is committed.
final class StoreThread<Work: StoreWork>: Sendable {
    let queue: StoreQueue<Work>
    private let thread: Mutex<WriterThread?>

    /// The database is opened on the thread: where that fails, `onStatus` hears it and it is tried again.
    ///
    /// - Parameters:
    ///   - directory: the state directory, which must exist.
    ///   - room: bytes of operations that wait at most, roughly; what is beyond is refused.
    ///   - wallNanoseconds: the clock that expired entries are removed by.
    ///   - onStatus: hears what the log should say, on the thread.
    ///   - work: called once, on the thread.
    /// - Throws: `StoreError` where the system has no thread to give.
    init(
        directory: String, settings: Work.Settings, figures: Work.Figures, room: Int = .max,
        wallNanoseconds: @escaping @Sendable () -> Int64, onStatus: @escaping @Sendable (StoreStatus) -> Void,
        work: @escaping @Sendable () -> Work
    ) throws(StoreError) {
        let queue = StoreQueue<Work>(settings: settings, figures: figures, room: room)
        let path = Work.form.path(in: directory)
        do throws(AuditStoreError) {
            let started = try WriterThread(name: "stent-" + Work.form.label, path: path) {
                let loop = StoreLoop(
                    work(), queue: queue, path: path, wallNanoseconds: wallNanoseconds, onStatus: onStatus)
                loop.run()
            }
            thread = Mutex(started)
        } catch {
            throw StoreError(.startThread, path: path, code: error.code, cause: error.cause)
        }
        self.queue = queue
    }

    deinit {
        // Without `shutdown`: what waits is still done.
        guard let thread = thread.withLock({ $0.take() }) else { return }
        queue.askToStop()
        thread.abandon()
    }

    func hand(_ operation: Work.Operation) { queue.hand(.operation(operation)) }

    /// Tends now, instead of when its time has come, and until there is no more to tend.
    func tend(now: WallTime, _ done: @escaping @Sendable () -> Void) { queue.hand(.tend(now: now, done)) }

    func adopt(_ settings: Work.Settings) { queue.monitor.withLock { $0.settings = settings } }

    var metrics: (health: StoreHealth, figures: Work.Figures) {
        queue.monitor.withLock { ($0.health, $0.figures) }
    }

    /// Does all that waits, and closes the database.
    ///
    /// Blocks the calling thread.
    ///
    /// - Parameter limit: after this much time, a thread that hangs in the kernel is left to itself.
    func shutdown(within limit: Duration) {
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
