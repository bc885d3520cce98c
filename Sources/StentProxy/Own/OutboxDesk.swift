import NIOCore
import StentExchange
import StentModel
import Synchronization

/// The way from every loop to the outbox, and to the one loop that writes its records.
package final class OutboxDesk: Sendable {
    /// How much there is to do.
    package struct Gauges: Sendable, Equatable {
        package var waiting = 0
        package var waitingForAuthor = 0
        package var sending = 0
        /// Kept in memory, as the store can't take them at present.
        package var waitingForStore = 0
        /// Answers that are lost: the store could not take them, nor was there room in memory.
        package var lost = 0
        /// Good answers that were no screening that could be read, or too large to be held.
        package var unreadable = 0
    }

    private struct State {
        var runner: NIOLoopBound<OutboxRunner>?
        var expected: Set<String> = []
        var gauges = Gauges()
        var backlog = OutboxBacklog()
    }

    package let outbox: any Outbox
    private let digest: any IdempotencyDigest
    /// Somebody is waited for: only then is it worth looking who comes by.
    private let isExpecting = Atomic<Bool>(false)
    private let state = Mutex(State())

    /// - Parameter digest: the same after a restart.
    package init(_ outbox: any Outbox, digest: any IdempotencyDigest) {
        self.outbox = outbox
        self.digest = digest
    }

    /// Begins to write, on the worker's loop.
    package func attach(_ worker: Worker, account: [UInt8]?, listener: OutboxListener) {
        let runner = OutboxRunner(worker: worker, desk: self, account: account, listener: listener)
        state.withLock { $0.runner = NIOLoopBound(runner, eventLoop: worker.loop) }
        runner.start()
    }

    package func reconfigure(account: [UInt8]?) {
        onRunner { $0.reconfigure(account: account) }
    }

    package var gauges: Gauges {
        state.withLock { state in
            var gauges = state.gauges
            gauges.waitingForStore = state.backlog.count
            return gauges
        }
    }

    /// Takes a last chance to put in what could not be put in so far; what can't be is counted as lost.
    package func shutdown() {
        for held in state.withLock({ $0.backlog.empty() }) {
            outbox.put(held.job, now: held.job.created) { [self] put in
                switch put {
                case .stored, .known: if held.isDelivered { outbox.delivered(held.job.id, now: held.job.created) }
                case .unavailable: countLost(held.job.id)
                }
            }
        }
    }

    // MARK: Jobs

    /// Equal for two jobs exactly where one caller asked for the same and got the same.
    func twin(target: [UInt8], request: [UInt8], answer: [UInt8]) -> [UInt8] {
        digest.fingerprint(method: request, target: target, content: answer)
    }

    func countUnreadable() { state.withLock { $0.gauges.unreadable += 1 } }

    private func countLost(_ id: OutboxJob.ID) {
        state.withLock { $0.gauges.lost += 1 }
        onRunner { $0.lost(id) }
    }

    /// Puts a job in, to be written.
    ///
    /// - Parameters:
    ///   - credential: the author's; the value of Authorization.
    ///   - done: called once, on any thread: the job that it is now, which may be one of before; `nil` where it is lost.
    func put(_ job: OutboxJob, credential: [UInt8], _ done: @escaping @Sendable (OutboxJob.ID?) -> Void) {
        if let known = state.withLock({ $0.backlog.twin(of: job) }) { return done(known) }
        outbox.put(job, now: job.created) { [self] put in
            switch put {
            case .stored:
                onRunner { $0.add(job, credential: credential) }
                done(job.id)
            case .known(let earlier): done(earlier)
            case .unavailable:
                switch state.withLock({ $0.backlog.keep(job, credential: credential) }) {
                case .kept(let id):
                    onRunner { $0.putAgainLater() }
                    done(id)
                case .full:
                    countLost(job.id)
                    done(nil)
                }
            }
        }
    }

    /// The client has had the answer that the job came from.
    func delivered(_ id: OutboxJob.ID, now: WallTime) {
        guard !state.withLock({ $0.backlog.deliver(id) }) else { return }
        outbox.delivered(id, now: now)
    }

    /// Puts in what could not be put in so far, until the store refuses again.
    func putAgain() {
        guard let job = state.withLock({ $0.backlog.next() }) else { return }
        outbox.put(job, now: job.created) { [self] put in
            switch state.withLock({ $0.backlog.put(job.id, put) }) {
            case .again: return onRunner { $0.putAgainLater() }
            case .stored(let held):
                if held.isDelivered { outbox.delivered(held.job.id, now: held.job.created) }
                onRunner { $0.add(held.job, credential: held.credential) }
            case .known(let earlier, let held):
                if held.isDelivered { outbox.delivered(earlier, now: held.job.created) }
            }
            putAgain()
        }
    }

    // MARK: Visits

    /// Whether jobs wait for somebody of this name.
    func expects(_ name: @autoclosure () -> String) -> Bool {
        guard isExpecting.load(ordering: .relaxed) else { return false }
        let name = name()
        return state.withLock { $0.expected.contains(name) }
    }

    func visited(name: String, credential: [UInt8]) {
        onRunner { $0.visited(name: name, credential: credential) }
    }

    func expect(_ name: String) {
        state.withLock { _ = $0.expected.insert(name) }
        isExpecting.store(true, ordering: .relaxed)
    }

    func expectNoMore(_ name: String) {
        let isEmpty = state.withLock { state in
            state.expected.remove(name)
            return state.expected.isEmpty
        }
        if isEmpty { isExpecting.store(false, ordering: .relaxed) }
    }

    func publish(waiting: Int, waitingForAuthor: Int, sending: Int) {
        state.withLock { state in
            state.gauges.waiting = waiting
            state.gauges.waitingForAuthor = waitingForAuthor
            state.gauges.sending = sending
        }
    }

    private func onRunner(_ body: @escaping @Sendable (OutboxRunner) -> Void) {
        guard let runner = state.withLock({ $0.runner }) else { return }
        runner.eventLoop.execute { body(runner.value) }
    }
}

/// Hears what somebody should know; called on the loop that writes.
package struct OutboxListener: Sendable {
    /// The upstream refuses a job for good, with this status.
    package var onRefused: @Sendable (OutboxJob.ID, Int) -> Void
    /// An answer could not be kept and will not be written down.
    package var onLost: @Sendable (OutboxJob.ID) -> Void

    package init(
        onRefused: @escaping @Sendable (OutboxJob.ID, Int) -> Void,
        onLost: @escaping @Sendable (OutboxJob.ID) -> Void
    ) {
        self.onRefused = onRefused
        self.onLost = onLost
    }
}
