import StentExchange
import StentModel
import Synchronization

/// What the event loops ask of the store's thread.
enum IdempotencyOperation: Sendable {
    case begin(IdempotencyScope, fingerprint: [UInt8], now: WallTime, @Sendable (IdempotencyBegin) -> Void)
    case complete(IdempotencyScope, KeptAnswer, now: WallTime, @Sendable (Bool) -> Void)
    case abandon(IdempotencyScope, IdempotencyEnding, now: WallTime)
    case sweep(now: WallTime, @Sendable () -> Void)

    /// Bytes that go into the transaction, roughly.
    var weight: Int {
        switch self {
        case .begin, .abandon, .sweep: 256
        case .complete(_, let answer, _, _): 256 + answer.fields.count + answer.content.count
        }
    }

    /// Answers that nothing can be done.
    func refuse() {
        switch self {
        case .begin(_, _, _, let answer): answer(.unavailable)
        case .complete(_, _, _, let done): done(false)
        case .abandon: break
        case .sweep(_, let done): done()
        }
    }
}

/// What waits for the store's thread. Unbounded by itself: an exchange in flight has one operation waiting at most, and
/// exchanges are bounded.
final class IdempotencyQueue: Sendable {
    struct State: Sendable {
        var waiting: [IdempotencyOperation] = []
        var limits: IdempotencyLimits
        /// The thread has nothing to do and must be woken.
        var threadWaits = false
        var stopAsked = false
        /// Nothing is taken any more.
        var isClosed = false
        /// The database is closed, and the thread ends.
        var hasEnded = false
        var metrics = IdempotencyMetrics()
    }

    /// What the thread is to do next.
    struct Work {
        var operations: [IdempotencyOperation]
        var limits: IdempotencyLimits
        var stops: Bool
    }

    let monitor: Monitor<State>

    init(limits: IdempotencyLimits) { monitor = Monitor(State(limits: limits)) }

    func hand(_ operation: IdempotencyOperation) {
        let (taken, wakes) = monitor.withLock { state -> (Bool, Bool) in
            guard !state.isClosed else { return (false, false) }
            state.waiting.append(operation)
            defer { state.threadWaits = false }
            return (true, state.threadWaits)
        }
        if wakes { monitor.broadcast() }
        if !taken { operation.refuse() }
    }

    func askToStop() {
        monitor.withLock { $0.stopAsked = true }
        monitor.broadcast()
    }

    /// Waits for operations, at the longest until `deadline`. Once it was asked to stop and nothing waits, it is closed.
    func take(until deadline: Moment) -> Work {
        monitor.withLock { $0.threadWaits = true }
        // The system takes no time before its clock's start.
        return monitor.wait(until: max(deadline, Moment(nanoseconds: 0))) {
            !$0.waiting.isEmpty || $0.stopAsked
        } then: { state in
            state.threadWaits = false
            var operations: [IdempotencyOperation] = []
            swap(&operations, &state.waiting)
            if state.stopAsked, operations.isEmpty { state.isClosed = true }
            return Work(operations: operations, limits: state.limits, stops: state.isClosed)
        }
    }

    func publish(_ metrics: IdempotencyMetrics) { monitor.withLock { $0.metrics = metrics } }

    func end() {
        monitor.withLock { $0.hasEnded = true }
        monitor.broadcast()
    }
}
