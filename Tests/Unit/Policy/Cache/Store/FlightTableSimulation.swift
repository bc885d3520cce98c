import StentModel
import StentPolicy
import Testing

/// A table's user that keeps its own account of every fetch and everybody who waits.
private struct FlightSimulation {
    struct Flight {
        var key: String
        var stamp: CacheStamp
        var began: Moment
        var waiters: [Int] = []
    }

    var random: SeededRandom
    var now = Moment(nanoseconds: 1)
    var bounds = FlightBounds()
    var table: FlightTable<Int>
    var stamps = CacheStamps(slots: 64)
    var flights: [FlightID: Flight] = [:]
    /// By key, the one that may be joined.
    var current: [String: FlightID] = [:]
    var uncacheable: [(key: String, until: Moment)] = []
    var waiting: [Int: FlightWaiterID] = [:]
    var newest = 0
    var violations: [String] = []

    init(seed: UInt64) {
        random = SeededRandom(seed: seed)
        bounds.flights = Int(random.next() % 6) + 1
        bounds.waiters = Int(random.next() % 12) + 1
        bounds.waitersPerFlight = Int(random.next() % 5) + 1
        bounds.uncacheable = Int(random.next() % 3)
        bounds.joinable = .seconds(3)
        bounds.lifetime = .seconds(8)
        bounds.uncacheableFor = .seconds(2)
        table = FlightTable(bounds)
    }

    mutating func check(_ holds: Bool, _ rule: String) { if !holds { violations.append(rule) } }

    mutating func run() {
        for _ in 0..<400 where violations.isEmpty {
            now = now.advanced(by: .milliseconds(Int64(random.next() % 400)))
            step()
            check(table.size.flights == flights.count, "every fetch is counted once")
            check(table.size.waiting == waiting.count, "everybody who waits is counted once")
            check(table.size.uncacheable == uncacheable.count, "every uncacheable key is counted once")
        }
        now = now.advanced(by: .seconds(8))
        expire()
        check(table.size.flights == 0 && waiting.isEmpty, "somebody waits for ever")
    }

    func began(_ id: FlightID) -> Moment { flights[id]?.began ?? now }

    mutating func step() {
        let path = "/notes/\(random.next() % 4)"
        switch random.next() % 16 {
        case 0..<6: join(path)
        case 6: refresh(path)
        case 7..<11: if let flight = flights.keys.min(by: { began($0) < began($1) }) { land(flight) }
        case 11: if let flight = flights.keys.max(by: { began($0) < began($1) }) { land(flight) }
        case 12: cancel()
        case 13: stamps.bump(.written(path))
        case 14:
            table.forget(path)
            uncacheable.removeAll { $0.key == path }
        case _: expire()
        }
    }

    mutating func join(_ key: String) {
        newest += 1
        let stamp = stamps.note(.read(key))
        switch table.join(key, stamp, at: now, newest) {
        case .alone(let reason): check(reason == solitude(key, stamp), "alone for another reason")
        case .lead(let id):
            check(solitude(key, stamp) == nil, "leads, though it should go alone")
            check(current[key].map { flights[$0]?.stamp != stamp } ?? true, "leads beside another")
            began(id, key, stamp)
            if random.once(in: 2) { attend(id) }
        case .wait(let id, let waiter):
            check(solitude(key, stamp) == nil, "waits, though it should go alone")
            check(current[key] == id && flights[id]?.stamp == stamp, "waits for what was asked before a write")
            waits(newest, waiter, id)
        }
    }

    mutating func solitude(_ key: String, _ stamp: CacheStamp) -> FlightSolitude? {
        uncacheable.removeAll { $0.key == key && $0.until <= now }
        if uncacheable.contains(where: { $0.key == key }) { return .uncacheable }
        guard let id = current[key], let flight = flights[id], flight.stamp == stamp else {
            return flights.count >= bounds.flights ? .tooManyFlights : nil
        }
        if now.since(flight.began) >= bounds.joinable { return .flightTooOld }
        if flight.waiters.count >= bounds.waitersPerFlight { return .flightTooFull }
        return waiting.count >= bounds.waiters ? .tooManyWaiters : nil
    }

    mutating func refresh(_ key: String) {
        let stamp = stamps.note(.read(key))
        let alone = solitude(key, stamp)
        let isUnderWay = current[key].map { flights[$0]?.stamp == stamp } ?? false
        let id = table.refresh(key, stamp, at: now)
        check((id == nil) == (isUnderWay || alone != nil), "refreshed beside another, or not at all")
        if let id { began(id, key, stamp) }
    }

    mutating func began(_ id: FlightID, _ key: String, _ stamp: CacheStamp) {
        check(flights[id] == nil, "an id given out twice")
        flights[id] = Flight(key: key, stamp: stamp, began: now)
        current[key] = id
    }

    mutating func attend(_ id: FlightID) {
        newest += 1
        let hasRoom = waiting.count < bounds.waiters && (flights[id]?.waiters.count ?? 0) < bounds.waitersPerFlight
        let waiter = table.attend(id, waiter: newest)
        check((waiter != nil) == hasRoom, "waits beyond the bound, or not at all")
        if let waiter { waits(newest, waiter, id) }
    }

    mutating func waits(_ number: Int, _ waiter: FlightWaiterID, _ id: FlightID) {
        check(!waiting.values.contains(waiter), "a waiter's id given out twice")
        waiting[number] = waiter
        flights[id]?.waiters.append(number)
    }

    mutating func land(_ id: FlightID) {
        guard let flight = flights.removeValue(forKey: id) else { return }
        let outcome = FlightOutcome.allCases.randomElement(using: &random) ?? .failed
        check(table.landed(id, outcome, now: now) == flight.waiters, "woken are others than those who waited")
        check(table.landed(id, outcome, now: now) == [], "woken twice")
        for number in flight.waiters { waiting[number] = nil }
        guard current[flight.key] == id else { return }
        current[flight.key] = nil
        guard outcome == .uncacheable, bounds.uncacheable > 0 else { return }
        if uncacheable.count >= bounds.uncacheable { uncacheable.removeFirst() }
        uncacheable.append((flight.key, now.advanced(by: bounds.uncacheableFor)))
    }

    mutating func cancel() {
        guard let (number, waiter) = waiting.min(by: { $0.key < $1.key }) else { return }
        check(table.cancel(waiter) == number, "cancelled another")
        check(table.cancel(waiter) == nil, "cancelled twice")
        waiting[number] = nil
        for id in flights.keys { flights[id]?.waiters.removeAll { $0 == number } }
    }

    mutating func expire() {
        let over = flights.filter { now.since($0.value.began) >= bounds.lifetime }
        let expected = over.values.flatMap(\.waiters)
        check(table.expire(now: now).sorted() == expected.sorted(), "let go are others than those whose time it is")
        for (id, flight) in over {
            flights[id] = nil
            if current[flight.key] == id { current[flight.key] = nil }
        }
        for number in expected { waiting[number] = nil }
    }
}

@Suite struct `Requests that miss the same, in any order of events` {
    @Test(arguments: 0..<40 as Range<UInt64>)
    func `wait within bounds, are woken exactly once, and never across a write`(seed: UInt64) {
        var simulation = FlightSimulation(seed: seed)
        simulation.run()
        #expect(simulation.violations == [])
    }
}
