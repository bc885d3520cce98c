import NIOCore
import StentExchange
import StentModel
import Synchronization

/// The way from every loop to the one that writes the outbox's records.
package final class OutboxDesk: Sendable {
    /// How much there is to do.
    package struct Gauges: Sendable, Equatable {
        package var waiting = 0
        package var waitingForAuthor = 0
        package var sending = 0
        /// Answers that could not be put in.
        package var lost = 0
        /// Good answers that were no screening that could be read.
        package var unreadable = 0
    }

    private struct State {
        var runner: NIOLoopBound<OutboxRunner>?
        var awaited: Set<String> = []
        var gauges = Gauges()
    }

    package let outbox: any Outbox
    private let digest: any IdempotencyDigest
    /// Somebody is waited for: only then is it worth looking who comes by.
    private let isAwaiting = Atomic<Bool>(false)
    private let state = Mutex(State())

    /// - Parameter digest: the same after a restart.
    package init(_ outbox: any Outbox, digest: any IdempotencyDigest) {
        self.outbox = outbox
        self.digest = digest
    }

    /// Equal for two jobs exactly where one caller asked for the same and got the same.
    func twin(target: [UInt8], request: [UInt8], answer: [UInt8]) -> [UInt8] {
        digest.fingerprint(method: request, target: target, content: answer)
    }

    func countFailure() { state.withLock { $0.gauges.lost += 1 } }
    func countUnreadable() { state.withLock { $0.gauges.unreadable += 1 } }

    /// Begins to write, on the worker's loop.
    ///
    /// - Parameter onRefused: hears of a job that the upstream refuses for good, and its status.
    package func attach(
        _ worker: Worker, account: [UInt8]?, onRefused: @escaping @Sendable (OutboxJob.ID, Int) -> Void
    ) {
        let runner = OutboxRunner(worker: worker, desk: self, account: account, onRefused: onRefused)
        state.withLock { $0.runner = NIOLoopBound(runner, eventLoop: worker.loop) }
        runner.start()
    }

    package func reconfigure(account: [UInt8]?) {
        onRunner { $0.reconfigure(account: account) }
    }

    package var gauges: Gauges { state.withLock { $0.gauges } }

    /// A job was put in the store.
    func add(_ job: OutboxJob, credential: [UInt8]) {
        onRunner { $0.add(job, credential: credential) }
    }

    /// Whether jobs wait for somebody of this name.
    func awaits(_ name: @autoclosure () -> String) -> Bool {
        guard isAwaiting.load(ordering: .relaxed) else { return false }
        let name = name()
        return state.withLock { $0.awaited.contains(name) }
    }

    func visited(name: String, credential: [UInt8]) {
        onRunner { $0.visited(name: name, credential: credential) }
    }

    func publish(waiting: Int, waitingForAuthor: Int, sending: Int, awaited: Set<String>) {
        state.withLock { state in
            state.gauges.waiting = waiting
            state.gauges.waitingForAuthor = waitingForAuthor
            state.gauges.sending = sending
            state.awaited = awaited
        }
        isAwaiting.store(!awaited.isEmpty, ordering: .relaxed)
    }

    private func onRunner(_ body: @escaping @Sendable (OutboxRunner) -> Void) {
        guard let runner = state.withLock({ $0.runner }) else { return }
        runner.eventLoop.execute { body(runner.value) }
    }
}
