import StentExchange
import StentModel
import StentPolicy
import Testing

/// A shell that keeps its own account of every ticket and every waiter, before an upstream that is down now and then.
private struct AdmissionSimulation {
    var random: SeededRandom
    var now = Moment(nanoseconds: 1)
    var machine: AdmissionMachine
    var isDown = false
    let maximum: Int
    let queueTimeout = TimeSpan.seconds(20)
    var flights: [AdmissionMachine.Ticket] = []
    /// With the deadline of each one's exchange.
    var waiters: [Int: Moment] = [:]
    var numbers: Set<Int> = []
    var violations: [String] = []

    init(seed: UInt64) {
        random = SeededRandom(seed: seed)
        var concurrency = ConcurrencySettings()
        concurrency.initial = Int(random.next() % 8) + 1
        concurrency.minimum = Int(random.next() % 3) + 1
        concurrency.maximum = Int(random.next() % 16) + 1
        concurrency.queue = Int(random.next() % 20)
        maximum = max(concurrency.maximum, concurrency.minimum)
        var breaker = BreakerSettings()
        breaker.whileOpen = random.once(in: 4) ? .refuse : .wait
        machine = AdmissionMachine(
            concurrency: concurrency, breaker: random.once(in: 8) ? nil : breaker, retry: RetrySettings(),
            routeCount: 3)
    }

    mutating func check(_ holds: Bool, _ rule: String) { if !holds { violations.append(rule) } }

    mutating func run() {
        for _ in 0..<80 where violations.isEmpty {
            if random.once(in: 20) { isDown.toggle() }
            // The shell wakes it in time.
            let next = now.advanced(by: .milliseconds(Int64(random.next() % 1_500)))
            while machine.due <= next, violations.isEmpty {
                now = max(now, machine.due)
                let before = machine.due
                let grants = machine.wake(now: now)
                check(!grants.isEmpty, "woken for nothing")
                act(on: grants)
                check(machine.due > before || !grants.isEmpty, "due again at once")
            }
            now = next
            step()
            settle()
        }
        while let ticket = flights.popLast() { act(on: machine.leave(ticket, .answered(.seconds(1)), now: now)) }
        while machine.due < .distantFuture, violations.isEmpty {
            now = max(now, machine.due)
            act(on: machine.wake(now: now))
            while let ticket = flights.popLast() { act(on: machine.leave(ticket, .answered(.seconds(1)), now: now)) }
        }
        check(waiters.isEmpty, "somebody waits for ever")
        check(machine.gauges.inFlight == 0, "an attempt is in flight for ever")
    }

    mutating func step() {
        switch random.next() % 10 {
        case 0...4: enter()
        case 5...8:
            guard !flights.isEmpty else { return enter() }
            let ticket = flights.remove(at: Int(random.next() % UInt64(flights.count)))
            act(on: machine.leave(ticket, verdict(), now: now))
        case _:
            guard let waiter = waiters.keys.sorted().randomElement(using: &random) else { return }
            waiters[waiter] = nil
            act(on: machine.cancel(waiter, now: now))
        }
    }

    mutating func verdict() -> AdmissionMachine.Verdict {
        if random.once(in: 12) { return .abandoned }
        if isDown { return random.once(in: 4) ? .timedOut : .failed }
        return random.once(in: 30) ? .failed : .answered(.milliseconds(Int64(random.next() % 9_000)))
    }

    mutating func enter() {
        let deadline = now.advanced(by: .milliseconds(Int64(random.next() % 55_000)))
        let hadWaiters = !waiters.isEmpty
        let entry = machine.enter(
            AdmissionMachine.Request(
                priority: Priority.allCases[Int(random.next() % 3)], caller: CallerKey(random.next() % 5),
                isSafe: random.once(in: 2), route: Int(random.next() % 3), deadline: deadline), now: now)
        switch entry {
        case .admit(let ticket):
            check(!hadWaiters, "a newcomer overtakes waiters")
            admit(ticket)
        case .wait(let waiter):
            check(numbers.insert(waiter).inserted, "a number given out twice")
            waiters[waiter] = deadline
        case .refuse(_, let retryAfter): check(retryAfter >= .seconds(1), "come back at once")
        }
    }

    mutating func act(on grants: [AdmissionMachine.Grant]) {
        for grant in grants {
            switch grant {
            case .admit(let waiter, let ticket):
                guard let deadline = waiters.removeValue(forKey: waiter) else {
                    return violations.append("granted to somebody who does not wait")
                }
                check(deadline > now, "admitted after its deadline")
                admit(ticket)
            case .refuse(let waiter, _, let retryAfter):
                check(waiters.removeValue(forKey: waiter) != nil, "refused to somebody who does not wait")
                check(retryAfter >= .seconds(1), "come back at once")
            }
        }
        // The last one's admission is the one that counts: none of them leaves in between.
        if grants.contains(where: { $0.ticket != nil }) {
            let gauges = machine.gauges
            check(flights.count <= gauges.limit ?? .max, "more in flight than the limit")
            let others = grants.contains { $0.ticket?.isProbe == false }
            check(gauges.breaker != .open || !others, "admitted while open without being a probe")
        }
    }

    mutating func admit(_ ticket: AdmissionMachine.Ticket) {
        check(numbers.insert(ticket.id).inserted, "a number given out twice")
        flights.append(ticket)
        check(flights.count <= maximum, "more in flight than the maximum")
    }

    /// What holds between any two events.
    mutating func settle() {
        check(waiters.values.allSatisfy { $0 > now } || machine.due <= now, "a waiter is kept past its deadline")
        check(waiters.values.allSatisfy { $0 >= machine.due }, "woken too late for a deadline")
        guard random.once(in: 4) else { return }  // the rest is slow to ask for
        let gauges = machine.gauges
        check(gauges.inFlight == flights.count, "every attempt in flight is counted once")
        let told = machine.due <= now ? waiters.count : gauges.waiting.values.reduce(0, +)
        check(told == waiters.count, "every waiter is counted once")
        if gauges.breaker == .open {
            check(flights.count { $0.isProbe } <= 1, "two probes at once")
        }
    }
}

@Suite struct `Any use of admission` {
    @Test(arguments: 0..<4 as Range<UInt64>)
    func `forgets no waiter and lets in no more than it may`(block: UInt64) {
        for seed in block * 250..<(block + 1) * 250 {
            var simulation = AdmissionSimulation(seed: seed)
            simulation.run()
            #expect(simulation.violations.isEmpty, "seed \(seed)")
            guard simulation.violations.isEmpty else { return }
        }
    }
}
