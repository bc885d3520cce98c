import StentExchange
import StentModel
import StentPolicy
import Testing

private typealias Grant = AdmissionMachine.Grant

/// A machine with a clock that is moved by hand.
private struct Gate {
    var machine: AdmissionMachine
    var now = Moment(nanoseconds: 1_000_000_000)

    init(
        limit: Int? = 2, queue: Int = 4, whileOpen: BreakerSettings.WhileOpen? = .wait,
        queueTimeout: Duration = .seconds(20)
    ) {
        machine = AdmissionMachine(
            concurrency: limit.map { Self.concurrency($0, queue: queue, queueTimeout: queueTimeout) },
            breaker: whileOpen.map { Self.breaker($0) }, retry: RetrySettings(), routeCount: 1)
    }

    static func concurrency(_ limit: Int, queue: Int, queueTimeout: Duration) -> ConcurrencySettings {
        var settings = ConcurrencySettings()
        (settings.initial, settings.minimum, settings.maximum) = (limit, limit, limit)
        settings.queue = queue
        settings.queueTimeout = queueTimeout
        return settings
    }

    static func breaker(_ whileOpen: BreakerSettings.WhileOpen) -> BreakerSettings {
        var settings = BreakerSettings()
        settings.whileOpen = whileOpen
        return settings
    }

    mutating func enter(
        _ priority: Priority = .read, by caller: UInt64 = 1, isSafe: Bool = true, within span: TimeSpan = .seconds(55)
    ) -> AdmissionMachine.Entry {
        machine.enter(
            AdmissionMachine.Request(
                priority: priority, caller: CallerKey(caller), isSafe: isSafe, route: 0,
                deadline: now.advanced(by: span)), now: now)
    }

    mutating func leave(_ ticket: AdmissionMachine.Ticket, _ verdict: AdmissionMachine.Verdict = .answered(.seconds(1)))
        -> [Grant]
    {
        machine.leave(ticket, verdict, now: now)
    }

    mutating func admitted(_ count: Int) throws -> [AdmissionMachine.Ticket] {
        try (0..<count).map { _ in try #require(enter().ticket) }
    }

    mutating func waiting(
        _ priority: Priority = .read, by caller: UInt64 = 1, isSafe: Bool = true, within span: TimeSpan = .seconds(55)
    ) throws -> Int {
        try #require(enter(priority, by: caller, isSafe: isSafe, within: span).waiter)
    }

    /// Four failures one after the other.
    mutating func open() throws {
        for _ in 0..<4 { _ = leave(try #require(enter().ticket), .failed) }
        #expect(machine.gauges.breaker == .open)
    }

    mutating func pass(_ span: TimeSpan) -> [Grant] {
        now = now.advanced(by: span)
        return machine.wake(now: now)
    }
}

extension AdmissionMachine.Entry {
    var ticket: AdmissionMachine.Ticket? {
        switch self {
        case .admit(let ticket): ticket
        case .wait, .refuse: nil
        }
    }
    var waiter: Int? {
        switch self {
        case .wait(let waiter): waiter
        case .admit, .refuse: nil
        }
    }
    var refusal: Reason? {
        switch self {
        case .refuse(let reason, _): reason
        case .admit, .wait: nil
        }
    }
}

extension AdmissionMachine.Grant {
    var waiter: Int {
        switch self {
        case .admit(let waiter, _), .refuse(let waiter, _, _): waiter
        }
    }
    var ticket: AdmissionMachine.Ticket? {
        switch self {
        case .admit(_, let ticket): ticket
        case .refuse: nil
        }
    }
    var refusal: Reason? {
        switch self {
        case .refuse(_, let reason, _): reason
        case .admit: nil
        }
    }
}

@Suite struct `Admission to the upstream` {
    @Test func `lets in as many as the limit, and the next when one has left`() throws {
        var gate = Gate()
        let tickets = try gate.admitted(2)
        let waiter = try gate.waiting()
        let grants = gate.leave(tickets[0])
        #expect(grants.map(\.waiter) == [waiter])
        #expect(grants.first?.ticket?.isProbe == false)
        #expect(gate.machine.gauges.inFlight == 2)
    }

    @Test func `lets in a waiter when an attempt ends without a verdict, too`() throws {
        var gate = Gate()
        let tickets = try gate.admitted(2)
        let waiter = try gate.waiting()
        #expect(gate.leave(tickets[1], .abandoned).map(\.waiter) == [waiter])
    }

    @Test func `has no limit without settings for one`() throws {
        var gate = Gate(limit: nil, whileOpen: nil)
        _ = try gate.admitted(1_000)
        #expect(gate.machine.gauges.limit == nil)
        #expect(gate.machine.gauges.breaker == nil)
        #expect(gate.machine.due == .distantFuture)
    }

    @Test func `refuses when the queue is full, and says when to come back`() throws {
        var gate = Gate(limit: 2, queue: 3)
        _ = try gate.admitted(2)
        for _ in 0..<3 { _ = try gate.waiting() }
        // Three wait before it; a second each, two at once.
        #expect(gate.enter() == .refuse(.admissionQueueFull, retryAfter: .seconds(2)))
        #expect(gate.machine.gauges.refusals == [.admissionQueueFull: 1])
    }

    @Test func `tells a waiter at once that a better one took its place`() throws {
        var gate = Gate(limit: 2, queue: 1)
        _ = try gate.admitted(2)
        let list = try gate.waiting(.list)
        _ = try gate.waiting(.write)
        #expect(gate.machine.due <= gate.now)
        let grants = gate.pass(.zero)
        #expect(grants.map(\.waiter) == [list])
        #expect(grants.map(\.refusal) == [.admissionQueueFull])
        #expect(gate.pass(.zero).isEmpty)
    }

    @Test func `forgets a waiter that cancels, and bears one it does not know`() throws {
        var gate = Gate()
        let tickets = try gate.admitted(2)
        let waiter = try gate.waiting()
        #expect(gate.machine.cancel(waiter, now: gate.now).isEmpty)
        #expect(gate.machine.cancel(waiter, now: gate.now).isEmpty)
        #expect(gate.leave(tickets[0]).isEmpty)
    }

    @Test func `refuses a waiter when its time in the queue is over`() throws {
        var gate = Gate(queueTimeout: .seconds(20))
        _ = try gate.admitted(2)
        let waiter = try gate.waiting()
        #expect(gate.machine.due == gate.now.advanced(by: .seconds(20)))
        #expect(gate.pass(.milliseconds(19_999)).isEmpty)
        let grants = gate.pass(.milliseconds(1))
        #expect(grants.map(\.waiter) == [waiter])
        #expect(grants.map(\.refusal) == [.admissionQueueTimeout])
    }

    @Test func `refuses a waiter when its exchange's time is over`() throws {
        var gate = Gate()
        _ = try gate.admitted(2)
        _ = try gate.waiting(within: .seconds(3))
        #expect(gate.machine.due == gate.now.advanced(by: .seconds(3)))
        #expect(gate.pass(.seconds(3)).map(\.refusal) == [.admissionQueueTimeout])
        #expect(gate.enter(within: .zero).refusal == .admissionQueueTimeout)
    }

    @Test func `never gives a turn to one whose time is over`() throws {
        var gate = Gate()
        let tickets = try gate.admitted(2)
        _ = try gate.waiting(within: .seconds(3))
        let second = try gate.waiting(within: .seconds(30))
        gate.now = gate.now.advanced(by: .seconds(4))
        let grants = gate.leave(tickets[0])
        #expect(grants.map(\.refusal) == [.admissionQueueTimeout, nil])
        #expect(grants.last?.waiter == second)
    }
}

@Suite struct `Admission while the upstream is down` {
    @Test func `sends one probe after the pause, a safe one first`() throws {
        var gate = Gate(limit: 2, queue: 10)
        try gate.open()
        let write = try gate.waiting(.write, isSafe: false)
        let first = try gate.waiting(.list)
        let second = try gate.waiting(.read)
        #expect(gate.machine.due == gate.now.advanced(by: .seconds(1)))
        #expect(gate.pass(.milliseconds(999)).isEmpty)
        let grants = gate.pass(.milliseconds(1))
        #expect(grants.map(\.waiter) == [first])
        let probe = try #require(grants.first?.ticket)
        #expect(probe.isProbe)
        #expect(gate.pass(.seconds(5)).isEmpty)
        #expect(gate.leave(probe, .failed).isEmpty)
        let next = gate.pass(.seconds(2))
        #expect(next.map(\.waiter) == [second])
        _ = gate.leave(try #require(next.first?.ticket), .failed)
        #expect(gate.pass(.seconds(4)).map(\.waiter) == [write])
    }

    @Test func `probes with the next waiter at once when a probe ends without a verdict`() throws {
        var gate = Gate()
        try gate.open()
        _ = try gate.waiting()
        let second = try gate.waiting()
        let probe = try #require(gate.pass(.seconds(1)).first?.ticket)
        #expect(gate.leave(probe, .abandoned).map(\.waiter) == [second])
    }

    @Test func `probes with the next newcomer where nobody waits`() throws {
        var gate = Gate()
        try gate.open()
        #expect(gate.machine.due == .distantFuture)
        _ = gate.pass(.seconds(30))
        let probe = try #require(gate.enter().ticket)
        #expect(probe.isProbe)
        #expect(gate.enter().waiter != nil)
    }

    @Test func `lets its waiters in gradually once a probe is answered`() throws {
        var gate = Gate(limit: 8, queue: 20)
        try gate.open()
        for _ in 0..<12 { _ = try gate.waiting() }
        var flights = try gate.pass(.seconds(1)).map { try #require($0.ticket) }
        var counts: [Int] = []
        for _ in 0..<4 {
            let grants = gate.leave(flights.removeFirst())
            flights += grants.compactMap(\.ticket)
            counts.append(flights.count)
            #expect(!grants.contains { $0.ticket?.isProbe != false })
        }
        #expect(counts == [1, 2, 4, 8])
        #expect(gate.machine.gauges.breaker == .closed)
    }

    @Test func `lets one in at a time from the second failure in a row, whatever is still in flight`() throws {
        var gate = Gate(limit: 8, queue: 20)
        let tickets = try gate.admitted(4)
        _ = gate.leave(tickets[0], .failed)
        _ = gate.leave(tickets[1], .failed)
        #expect(gate.machine.gauges.breaker == .suspicious)
        _ = try gate.admitted(1)
        _ = try gate.waiting()
        #expect(gate.leave(tickets[2], .answered(.seconds(2))).count == 1)
        #expect(gate.machine.gauges.breaker == .closed)
    }

    @Test func `stops the time in the queue, but not the exchange's`() throws {
        var gate = Gate(queueTimeout: .seconds(5))
        try gate.open()
        let patient = try gate.waiting(within: .seconds(40))
        let hasty = try gate.waiting(.write, within: .seconds(10))
        let probe = try #require(gate.pass(.seconds(1)).first)
        #expect(probe.waiter == patient)
        let last = try gate.waiting(within: .seconds(40))
        let refused = gate.pass(.seconds(9))
        #expect(refused.map(\.waiter) == [hasty])
        #expect(refused.map(\.refusal) == [.breakerOpen])
        #expect(gate.leave(try #require(probe.ticket), .timedOut).isEmpty)
        let second = try gate.waiting(within: .seconds(40))
        let next = try #require(gate.pass(.seconds(2)).first)
        #expect(next.waiter == last)
        let third = try gate.waiting(within: .seconds(40))
        // The ramp begins, and with it their time in the queue; what was waited before does not count.
        let grants = gate.leave(try #require(next.ticket))
        #expect(grants.map(\.waiter) == [second])
        #expect(gate.machine.due == gate.now.advanced(by: .seconds(5)))
        #expect(gate.pass(.milliseconds(4_999)).isEmpty)
        #expect(gate.pass(.milliseconds(1)).map(\.waiter) == [third])
    }

    @Test func `refuses everything at once where the settings say so, but sends its probes`() throws {
        var gate = Gate(whileOpen: .refuse)
        try gate.open()
        #expect(gate.enter() == .refuse(.breakerOpen, retryAfter: .milliseconds(1_500)))
        _ = gate.pass(.seconds(1))
        let probe = try #require(gate.enter().ticket)
        #expect(probe.isProbe)
        #expect(gate.enter().refusal == .breakerOpen)
        _ = gate.leave(probe)
        #expect(gate.machine.gauges.breaker == .ramping)
        #expect(gate.enter().ticket?.isProbe == false)
    }

    @Test func `refuses those who wait already where the settings say so`() throws {
        var gate = Gate(limit: 1, whileOpen: .refuse)
        var ticket = try #require(gate.enter().ticket)
        for _ in 0..<4 { _ = try gate.waiting() }
        for _ in 0..<3 { ticket = try #require(gate.leave(ticket, .failed).first?.ticket) }
        #expect(gate.leave(ticket, .failed).map(\.refusal) == [.breakerOpen])
    }

    @Test func `asks to come back when the next probe is known to have been sent`() throws {
        var gate = Gate()
        try gate.open()
        #expect(gate.machine.retryAfter(now: gate.now) == .milliseconds(1_500))
        for _ in 0..<4 { _ = try gate.waiting() }
        #expect(gate.machine.retryAfter(now: gate.now) == .milliseconds(3_500))
    }

    @Test func `keeps its waiters and what it knows when the settings change`() throws {
        var gate = Gate(limit: 1)
        _ = try gate.admitted(1)
        let waiters = [try gate.waiting(), try gate.waiting(), try gate.waiting()]
        let grants = gate.machine.reconfigure(
            concurrency: Gate.concurrency(3, queue: 1, queueTimeout: .seconds(9)), breaker: nil, retry: RetrySettings(),
            routeCount: 7, now: gate.now)
        #expect(grants.map(\.waiter) == Array(waiters[0..<2]))
        #expect(gate.enter().refusal == .admissionQueueFull)
        #expect(gate.machine.due == gate.now.advanced(by: .seconds(9)))
    }

    @Test func `lets everybody in when the open breaker is taken away`() throws {
        var gate = Gate()
        try gate.open()
        let waiter = try gate.waiting()
        let grants = gate.machine.reconfigure(
            concurrency: nil, breaker: nil, retry: RetrySettings(), routeCount: 1, now: gate.now)
        #expect(grants.map(\.waiter) == [waiter])
        _ = gate.machine.reconfigure(
            concurrency: nil, breaker: Gate.breaker(.wait), retry: RetrySettings(), routeCount: 1, now: gate.now)
        _ = gate.leave(try #require(grants.first?.ticket))
        #expect(gate.machine.gauges.breaker == .closed)
    }
}
