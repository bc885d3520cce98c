import NIOCore
import StentExchange
import StentModel
import StentPolicy
import Synchronization

/// `CreateRegister` and what is known of the upstream's clock, for all workers.
final class Creates: Sendable {
    private struct State {
        var register = CreateRegister()
        var clock: OriginClock
        var skew: Duration
        /// Of several servers each may have a clock of its own: then none is learned.
        var hasOneClock: Bool
        var waiters: [CreateRegister.WaiterID: Waiter] = [:]
        /// The record that each Idempotency-Key was answered with: claimed for others, not for the same key.
        var given: [IdempotencyScope: String] = [:]
        var givenInOrder: [IdempotencyScope] = []
    }

    /// Keys whose records are remembered; the oldest half is forgotten for more.
    private static let givenLimit = 16_384

    private struct Waiter: Sendable {
        var loop: any EventLoop
        var driver: NIOLoopBound<ExchangeDriver>
    }

    private let state: Mutex<State>

    init(_ settings: Settings) {
        let skew = Self.skew(settings)
        state = Mutex(
            State(
                clock: OriginClock(clockSkew: TimeSpan(skew)), skew: skew,
                hasOneClock: settings.upstream.servers.count == 1))
    }

    func reconfigure(_ settings: Settings) {
        let skew = Self.skew(settings)
        let hasOneClock = settings.upstream.servers.count == 1
        state.withLock { state in
            if state.skew != skew || state.hasOneClock != hasOneClock {
                state.clock = OriginClock(clockSkew: TimeSpan(skew))
            }
            state.skew = skew
            state.hasOneClock = hasOneClock
        }
    }

    /// The largest of all routes: it is one upstream, whatever the route.
    private static func skew(_ settings: Settings) -> Duration {
        settings.routes.compactMap(\.resend?.clockSkew).max() ?? .zero
    }

    /// A create is about to be sent. Where it has to wait, `driver` is told on its loop.
    func enter(
        _ key: CreateKey, driver: ExchangeDriver, on loop: any EventLoop, now: Moment
    ) -> CreateRegister.Entry {
        let bound = NIOLoopBound(driver, eventLoop: loop)
        return state.withLock { state in
            let entry = state.register.enter(key, now: now)
            if case .wait(let waiter) = entry { state.waiters[waiter] = Waiter(loop: loop, driver: bound) }
            return entry
        }
    }

    /// - Parameters:
    ///   - id: of the record that the client is given; `nil` where there is none.
    ///   - scope: of the request's Idempotency-Key, where it has one.
    func leave(_ key: CreateKey, claimed id: String?, scope: IdempotencyScope?, now: Moment) {
        tell { state in
            if let scope, let id { Self.give(id, to: scope, &state) }
            return state.register.leave(key, claimed: id, now: now)
        }
    }

    private static func give(_ id: String, to scope: IdempotencyScope, _ state: inout State) {
        if state.given.updateValue(id, forKey: scope) == nil { state.givenInOrder.append(scope) }
        guard state.givenInOrder.count > givenLimit else { return }
        for old in state.givenInOrder.prefix(givenLimit / 2) { state.given[old] = nil }
        state.givenInOrder.removeFirst(givenLimit / 2)
    }

    func cancel(_ waiter: CreateRegister.WaiterID, now: Moment) {
        tell { state in
            state.waiters[waiter] = nil
            return state.register.cancel(waiter, now: now)
        }
    }

    /// Takes note of a create that went well.
    func learn(created: WallTime, sent: WallTime, received: WallTime) {
        state.withLock { state in
            guard state.hasOneClock else { return }
            state.clock.learn(created: created, sent: sent, received: received)
        }
    }

    /// Looks into the answer to a verifying request.
    func examine(
        _ content: [UInt8], by rule: ResendRule, _ expectation: ResendRule.Expectation, sent: WallTime,
        scope: IdempotencyScope?
    ) -> ResendRule.Finding {
        let since = state.withLock { $0.clock.earliest(sent) }
        // Ids are claimed only by whoever has this key's turn, and that is who asks: what it holds can't change meanwhile.
        return rule.examine(answer: content, expectation: expectation, since: since) { id in
            state.withLock { state in
                if let scope, state.given[scope] == id { return false }
                return state.register.isClaimed(id: id, under: expectation.key)
            }
        }
    }

    private func tell(_ body: (inout State) -> CreateRegister.WaiterID?) {
        let next = state.withLock { state in
            body(&state).flatMap { waiter in state.waiters.removeValue(forKey: waiter).map { (waiter, $0) } }
        }
        guard let (id, waiter) = next else { return }
        waiter.loop.execute { waiter.driver.value.turnHasCome(id) }
    }
}
