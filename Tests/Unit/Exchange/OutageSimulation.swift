import StentExchange
import StentModel
import StentPolicy
import Testing

/// Clients that come at a steady rate, whose failed attempts are repeated after a pause, before an upstream that answers
/// within half a second, and for ten seconds with nothing but 500, at once.
private struct OutageSimulation {
    enum Event {
        case arrival
        case attempt(Int)
        case answer(AdmissionMachine.Ticket, Int, isGood: Bool, sent: Moment)
    }

    struct Exchange {
        var caller: CallerKey
        var isSafe: Bool
        var deadline: Moment
        var attempts = 0
    }

    static let attempts = 8
    let outage = Moment(nanoseconds: 10_000_000_000)
    let recovery = Moment(nanoseconds: 20_000_000_000)
    let end = Moment(nanoseconds: 40_000_000_000)

    var random: SeededRandom
    /// What was sent before the outage is answered well in it.
    var finishesOldWork: Bool
    var now = Moment(nanoseconds: 0)
    var machine: AdmissionMachine
    var events: [(at: Moment, event: Event)] = []
    var exchanges: [Exchange] = []
    var waiters: [Int: Int] = [:]
    var sentInOutage = 0
    var closedAgain: Moment?
    var (good, failed) = (0, 0)

    init(seed: UInt64, finishesOldWork: Bool) {
        random = SeededRandom(seed: seed)
        self.finishesOldWork = finishesOldWork
        machine = AdmissionMachine(
            concurrency: ConcurrencySettings(), breaker: BreakerSettings(), retry: RetrySettings(), routeCount: 1)
    }

    mutating func run() {
        events.append((now, .arrival))
        while let index = events.indices.min(by: { events[$0].at < events[$1].at }) {
            if machine.due <= events[index].at {
                now = max(now, machine.due)
                act(on: machine.wake(now: now))
                continue
            }
            let (at, event) = events.remove(at: index)
            now = at
            handle(event)
            if now >= recovery, closedAgain == nil, machine.gauges.breaker == .closed { closedAgain = now }
        }
    }

    mutating func handle(_ event: Event) {
        switch event {
        case .arrival:
            exchanges.append(
                Exchange(
                    caller: CallerKey(random.next() % 40), isSafe: !random.once(in: 5),
                    deadline: now.advanced(by: .seconds(30))))
            machine.budget.began()
            attempt(exchanges.count - 1)
            let next = now.advanced(by: .milliseconds(Int64(random.next() % 133)))
            if next < end { events.append((next, .arrival)) }
        case .attempt(let exchange): attempt(exchange)
        case .answer(let ticket, let exchange, let isGood, let sent):
            act(on: machine.leave(ticket, isGood ? .answered(now.since(sent)) : .failed, now: now))
            if isGood {
                machine.budget.succeeded()
                good += 1
            } else {
                repeatAttempt(exchange)
            }
        }
    }

    mutating func repeatAttempt(_ exchange: Int) {
        let number = exchanges[exchange].attempts
        let pause = TimeSpan.milliseconds(Int64(random.next() % UInt64(min(2_000, 100 << (number - 1)))))
        guard number < Self.attempts, machine.budget.allowsRetry,
            now.advanced(by: pause) < exchanges[exchange].deadline
        else { return failed += 1 }
        machine.budget.spend()
        events.append((now.advanced(by: pause), .attempt(exchange)))
    }

    mutating func attempt(_ index: Int) {
        let exchange = exchanges[index]
        let entry = machine.enter(
            AdmissionMachine.Request(
                priority: exchange.isSafe ? .read : .write, caller: exchange.caller, isSafe: exchange.isSafe, route: 0,
                deadline: exchange.deadline), now: now)
        switch entry {
        case .admit(let ticket): send(ticket, index)
        case .wait(let waiter): waiters[waiter] = index
        case .refuse: failed += 1
        }
    }

    mutating func act(on grants: [AdmissionMachine.Grant]) {
        for grant in grants {
            guard let exchange = waiters.removeValue(forKey: grant.waiter) else { continue }
            switch grant {
            case .admit(_, let ticket): send(ticket, exchange)
            case .refuse: failed += 1
            }
        }
    }

    mutating func send(_ ticket: AdmissionMachine.Ticket, _ exchange: Int) {
        exchanges[exchange].attempts += 1
        let isInOutage = now >= outage && now < recovery
        if isInOutage { sentInOutage += 1 }
        var at = now.advanced(by: .milliseconds(isInOutage ? 13 : Int64(random.next() % 500)))
        var isGood = !isInOutage
        if now < outage, at >= outage, !finishesOldWork { (isGood, at) = (false, outage) }
        events.append((at, .answer(ticket, exchange, isGood: isGood, sent: now)))
    }
}

@Suite struct `An outage of ten seconds` {
    @Test(arguments: [true, false])
    func `costs the upstream a handful of attempts and no client its answer`(finishesOldWork: Bool) {
        // Also where the upstream still answers what it had begun, and seems alive at each of these answers.
        for seed in 0..<40 as Range<UInt64> {
            var simulation = OutageSimulation(seed: seed, finishesOldWork: finishesOldWork)
            simulation.run()
            #expect(simulation.sentInOutage < 10, "seed \(seed)")
            #expect(simulation.failed == 0, "seed \(seed)")
            #expect(simulation.good == simulation.exchanges.count, "seed \(seed)")
            // The longest pause between probes, and a ramp of four answers.
            let closed = simulation.closedAgain ?? .distantFuture
            #expect(closed < simulation.recovery.advanced(by: .seconds(4 + 2)), "seed \(seed)")
        }
    }
}
