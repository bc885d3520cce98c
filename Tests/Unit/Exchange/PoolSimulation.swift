import StentExchange
import StentModel
import Testing

/// A pool's user that keeps its own account of every connection and every waiter.
private struct PoolSimulation {
    enum Place: Equatable { case opening, lent, idle(since: Moment), closing }

    var random: SeededRandom
    var now = Moment(nanoseconds: 1)
    var machine: PoolMachine
    let maximum: Int
    let maximumIdle: Int
    let idleTimeout = TimeSpan.seconds(15)
    let maximumAge = TimeSpan.seconds(60)
    var places: [Int: Place] = [:]
    var born: [Int: Moment] = [:]
    /// In the order in which they came.
    var waiters: [Int] = []
    var numbers: Set<Int> = []
    var violations: [String] = []

    init(seed: UInt64) {
        random = SeededRandom(seed: seed)
        maximum = Int(random.next() % 6) + 1
        maximumIdle = Int(random.next() % 5)
        var settings = PoolSettings()
        settings.idleTimeout = .seconds(15)
        settings.maximumAge = .seconds(60)
        settings.maximumIdle = maximumIdle
        settings.maximumConnections = maximum
        machine = PoolMachine(settings)
    }

    mutating func check(_ holds: Bool, _ rule: String) { if !holds { violations.append(rule) } }

    mutating func run() {
        for _ in 0..<120 where violations.isEmpty {
            now = now.advanced(by: .milliseconds(Int64(random.next() % 3_000)))
            step()
            let idle = places.values.filter { if case .idle = $0 { true } else { false } }.count
            check(machine.openCount == places.count, "every connection is counted once")
            check(machine.idleCount == idle, "every idle connection is counted once")
            check(machine.waitingCount == waiters.count, "every waiter is counted once")
            check(places.count <= maximum, "more connections than allowed")
            check(idle <= maximumIdle, "more idle connections than allowed")
            check(waiters.isEmpty || idle == 0 && places.count == maximum, "somebody waits for nothing")
        }
    }

    mutating func step() {
        switch random.next() % 10 {
        case 0...3: acquire(fresh: random.once(in: 5))
        case 4...6: if let id = pick(.lent) { giveBack(id) }
        case 7:
            if let id = pick(.lent) ?? pick(.closing) { close(id) }
        case 8:
            if let waiter = waiters.randomElement(using: &random) {
                waiters.removeAll { $0 == waiter }
                machine.cancel(waiter)
            } else if let (id, _) = idle().min(by: { $0.key < $1.key }) {
                close(id)  // by the upstream
            }
        case _:
            let expected = idle().filter { !isUsable($0.key, since: $0.value) }.map(\.key)
            let drains = random.once(in: 6)
            let gone = drains ? machine.drain() : machine.expire(now: now)
            check(
                gone.sorted() == (drains ? idle().map(\.key) : expected).sorted(),
                "others go than those whose time it is")
            for id in gone { places[id] = nil }
        }
        // Opening takes no time here, and closing some.
        for (id, place) in places where place == .opening { places[id] = .lent }
        if let id = pick(.closing), random.once(in: 2) { close(id) }
    }

    mutating func acquire(fresh: Bool) {
        let (acquisition, close) = machine.acquire(fresh: fresh, now: now)
        for id in close {
            guard case .idle(let since) = places[id] else { return violations.append("closes what is not idle") }
            check(fresh || !isUsable(id, since: since), "closes what could be lent")
            places[id] = nil
        }
        switch acquisition {
        case .lend(let id):
            guard case .idle(let since) = places[id] else { return violations.append("lent to two") }
            check(!fresh, "a used connection for one who met a closed one")
            check(isUsable(id, since: since), "lent after its time")
            check(idle().allSatisfy { $0.value <= since || !isUsable($0.key, since: $0.value) }, "lent is not the last")
            places[id] = .lent
        case .open(let id): opened(id)
        case .wait(let waiter):
            check(numbers.insert(waiter).inserted, "a number given out twice")
            waiters.append(waiter)
        }
    }

    mutating func giveBack(_ id: Int) {
        let isYoung = now.since(born[id] ?? now) < maximumAge
        switch machine.giveBack(id, born: born[id] ?? now, now: now) {
        case .keep:
            check(isYoung && waiters.isEmpty, "kept, though it is old or awaited")
            places[id] = .idle(since: now)
        case .lend(let waiter):
            check(isYoung, "lent after its time")
            check(waiters.first == waiter, "served out of order")
            waiters.removeFirst()
        case .close:
            check(!isYoung || waiters.isEmpty && idle().count >= maximumIdle, "closed for nothing")
            places[id] = .closing
        }
    }

    mutating func close(_ id: Int) {
        places[id] = nil
        guard let (waiter, open) = machine.closed(id) else { return }
        check(waiters.first == waiter, "served out of order")
        waiters.removeFirst()
        opened(open)
    }

    mutating func opened(_ id: Int) {
        check(numbers.insert(id).inserted, "a number given out twice")
        places[id] = .opening
        born[id] = now
    }

    func isUsable(_ id: Int, since: Moment) -> Bool {
        now.since(since) < idleTimeout && now.since(born[id] ?? now) < maximumAge
    }

    func idle() -> [Int: Moment] {
        places.compactMapValues { if case .idle(let since) = $0 { since } else { nil } }
    }

    /// The sorted order makes a run depend on its seed alone.
    mutating func pick(_ place: Place) -> Int? {
        places.filter { $0.value == place }.keys.sorted().randomElement(using: &random)
    }
}

@Suite struct `Any use of a pool` {
    @Test(arguments: 0..<4 as Range<UInt64>)
    func `keeps account of every connection and serves waiters in their order`(block: UInt64) {
        for seed in block * 250..<(block + 1) * 250 {
            var simulation = PoolSimulation(seed: seed)
            simulation.run()
            #expect(simulation.violations.isEmpty, "seed \(seed)")
            guard simulation.violations.isEmpty else { return }
        }
    }
}
