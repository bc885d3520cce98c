import NIOCore
import StentExchange
import StentModel
import StentPolicy
import Synchronization

/// `AdmissionMachine` for all workers: keeps it behind a lock, and tells each waiter on its own loop.
package final class Admission: Sendable {
    private struct State {
        var machine: AdmissionMachine
        var waiters: [AdmissionMachine.WaiterID: Waiter] = [:]
    }

    private struct Waiter: Sendable {
        var loop: any EventLoop
        var driver: NIOLoopBound<ExchangeDriver>
    }

    private let state: Mutex<State>

    init(_ settings: Settings) {
        state = Mutex(
            State(
                machine: AdmissionMachine(
                    concurrency: settings.upstream.concurrency, breaker: settings.breaker, retry: settings.retry,
                    routeCount: settings.routes.count + 1)))
    }

    func reconfigure(_ settings: Settings, now: Moment) {
        act { state in
            state.machine.reconfigure(
                concurrency: settings.upstream.concurrency, breaker: settings.breaker, retry: settings.retry,
                routeCount: settings.routes.count + 1, now: now)
        }
    }

    /// An attempt wants to begin. Where it has to wait, `driver` is told on its loop.
    func enter(
        _ request: AdmissionMachine.Request, driver: ExchangeDriver, on loop: any EventLoop, now: Moment
    ) -> AdmissionMachine.Entry {
        let bound = NIOLoopBound(driver, eventLoop: loop)
        var entry: AdmissionMachine.Entry?
        act { state in
            let result = state.machine.enter(request, now: now)
            if case .wait(let waiter) = result { state.waiters[waiter] = Waiter(loop: loop, driver: bound) }
            entry = result
            return state.machine.due <= now ? state.machine.wake(now: now) : []  // who gave its place to this one
        }
        return entry ?? .refuse(.admissionQueueFull, retryAfter: .seconds(1))
    }

    func leave(_ ticket: AdmissionMachine.Ticket, _ verdict: AdmissionMachine.Verdict, now: Moment) {
        act { $0.machine.leave(ticket, verdict, now: now) }
    }

    /// A waiter that was granted something meanwhile gets it all the same, and has to give it back.
    func cancel(_ waiter: AdmissionMachine.WaiterID, now: Moment) {
        act { state in
            guard state.waiters.removeValue(forKey: waiter) != nil else { return [] }
            return state.machine.cancel(waiter, now: now)
        }
    }

    /// Called by every worker on every tick of its timer.
    func tick(now: Moment) {
        act { $0.machine.due <= now ? $0.machine.wake(now: now) : [] }
    }

    // MARK: the budget of retries

    var allowsRetry: Bool { state.withLock { $0.machine.budget.allowsRetry } }
    func began() { state.withLock { $0.machine.budget.began() } }
    func succeeded() { state.withLock { $0.machine.budget.succeeded() } }
    func spend() { state.withLock { $0.machine.budget.spend() } }

    // MARK: what others ask

    func retryAfter(now: Moment) -> TimeSpan { state.withLock { $0.machine.retryAfter(now: now) } }
    package var gauges: AdmissionMachine.Gauges { state.withLock { $0.machine.gauges } }

    private func act(_ body: (inout State) -> [AdmissionMachine.Grant]) {
        let calls = state.withLock { state in
            let grants = body(&state)
            guard !grants.isEmpty else { return [(Waiter, AdmissionMachine.Grant)]() }
            return grants.compactMap { grant in
                state.waiters.removeValue(forKey: grant.waiter).map { ($0, grant) }
            }
        }
        for (waiter, grant) in calls {
            waiter.loop.execute { waiter.driver.value.granted(grant) }
        }
    }
}

extension AdmissionMachine.Grant {
    /// Whom it is for.
    var waiter: AdmissionMachine.WaiterID {
        switch self {
        case .admit(let waiter, _), .refuse(let waiter, _, _): waiter
        }
    }
}
