import StentModel

/// A fetch that others may wait for; never used twice.
package struct FlightID: Sendable, Hashable {
    let place: Int32
    let serial: UInt64
}

/// A request that waits for a fetch; never used twice.
package struct FlightWaiterID: Sendable, Hashable {
    let place: Int32
    let serial: UInt64
}

/// What came of a fetch.
package enum FlightOutcome: Sendable, Equatable, CaseIterable {
    /// Those who wait find it in the cache.
    case stored
    /// It can't be shared: for a short while requests for it don't wait for one another.
    case uncacheable
    case failed
}

/// Why a request neither leads nor waits.
package enum FlightSolitude: Sendable, Equatable, CaseIterable {
    /// Its answer could not be shared lately ("hit-for-miss", as Varnish calls it): nobody should line up for it.
    case uncacheable
    case flightTooOld
    case flightTooFull
    case tooManyFlights
    case tooManyWaiters
}

/// The state of a `FlightTable`, in which those who wait are numbers.
package struct FlightIndex: Sendable {
    package enum Join: Sendable, Equatable {
        case lead(FlightID)
        case wait(FlightID, FlightWaiterID)
        case alone(FlightSolitude)
    }

    private struct Flight: Sendable {
        var serial: UInt64
        /// Its key's row; -1 where another has taken its place, or the key is forgotten.
        var row: Int32
        var stamp: CacheStamp
        var began: Moment
        var waiters = Chain()
        var count = 0
    }

    private struct Waiter: Sendable {
        /// 0 where nobody waits.
        var serial: UInt64
        var flight: Int
    }

    private struct Uncacheable: Sendable {
        var row: Int
        var until: Moment
    }

    private var bounds: FlightBounds
    /// A row's mark is its flight, or -2 less the place of its mark as uncacheable.
    private var keys = KeyTable()
    private var flights: [Flight] = []
    private var freeFlights: [Int] = []
    /// In the order in which they began.
    private var underWay = Chain()
    private var flightLinks = ChainLinks()
    private var waiters: [Waiter] = []
    private var freeWaiters: [Int] = []
    private var waiterLinks = ChainLinks()
    private var marks: [Uncacheable] = []
    private var freeMarks: [Int] = []
    /// In the order in which they were made.
    private var marked = Chain()
    private var markLinks = ChainLinks()
    private var newest: UInt64 = 0

    package init(_ bounds: FlightBounds) { self.bounds = bounds }

    package mutating func reconfigure(_ bounds: FlightBounds) { self.bounds = bounds }

    package var flightCount: Int { flights.count - freeFlights.count }
    package var waiterCount: Int { waiters.count - freeWaiters.count }
    package var uncacheableCount: Int { marks.count - freeMarks.count }

    /// When the oldest fetch's time is over.
    package var nextExpiry: Moment? {
        underWay.isEmpty ? nil : flights[underWay.first].began.advanced(by: bounds.lifetime)
    }

    // MARK: Requests

    package mutating func join(_ key: Span<UInt8>, hash: UInt64, stamp: CacheStamp, now: Moment) -> Join {
        switch look(key, hash: hash, now: now) {
        case .uncacheable: return .alone(.uncacheable)
        case .flight(let place) where flights[place].stamp == stamp:
            guard now.since(flights[place].began) < bounds.joinable else { return .alone(.flightTooOld) }
            guard flights[place].count < bounds.waitersPerFlight else { return .alone(.flightTooFull) }
            let flight = FlightID(place: Int32(truncatingIfNeeded: place), serial: flights[place].serial)
            guard let waiter = attend(flight) else { return .alone(.tooManyWaiters) }
            return .wait(flight, waiter)
        case .flight, .nothing:
            return begin(key, hash: hash, stamp: stamp, now: now).map(Join.lead) ?? .alone(.tooManyFlights)
        }
    }

    /// A fetch that nobody waits for yet; `nil` where one is under way, or not worth while, or there are too many.
    package mutating func refresh(_ key: Span<UInt8>, hash: UInt64, stamp: CacheStamp, now: Moment) -> FlightID? {
        switch look(key, hash: hash, now: now) {
        case .uncacheable: nil
        case .flight(let place) where flights[place].stamp == stamp: nil
        case .flight, .nothing: begin(key, hash: hash, stamp: stamp, now: now)
        }
    }

    /// One more waits for this fetch; `nil` where it is over, or too many do.
    package mutating func attend(_ id: FlightID) -> FlightWaiterID? {
        guard let place = place(of: id), waiterCount < bounds.waiters, flights[place].count < bounds.waitersPerFlight
        else { return nil }
        newest += 1
        let waiter = Waiter(serial: newest, flight: place)
        let number: Int
        if let free = freeWaiters.popLast() {
            number = free
            waiters[number] = waiter
        } else {
            number = waiters.count
            waiters.append(waiter)
        }
        waiterLinks.append(number, to: &flights[place].waiters)
        flights[place].count += 1
        return FlightWaiterID(place: Int32(truncatingIfNeeded: number), serial: newest)
    }

    /// - Returns: whether it was waiting.
    package mutating func cancel(_ id: FlightWaiterID) -> Bool {
        let number = Int(id.place)
        guard number < waiters.count, waiters[number].serial == id.serial else { return false }
        let flight = waiters[number].flight
        waiterLinks.remove(number, from: &flights[flight].waiters)
        flights[flight].count -= 1
        release(number)
        return true
    }

    // MARK: Ends

    /// The oldest fetch, where its time is over.
    package func expired(now: Moment) -> FlightID? {
        guard let nextExpiry, now >= nextExpiry else { return nil }
        let place = underWay.first
        return FlightID(place: Int32(truncatingIfNeeded: place), serial: flights[place].serial)
    }

    /// Takes the number of the one who has waited longest.
    package mutating func nextWaiter(of id: FlightID) -> Int? {
        guard let place = place(of: id), !flights[place].waiters.isEmpty else { return nil }
        let number = flights[place].waiters.first
        waiterLinks.remove(number, from: &flights[place].waiters)
        flights[place].count -= 1
        release(number)
        return number
    }

    /// - Precondition: nobody waits for it.
    package mutating func end(_ id: FlightID, _ outcome: FlightOutcome, now: Moment) {
        guard let place = place(of: id) else { return }
        let row = Int(flights[place].row)
        flights[place].serial = 0
        flightLinks.remove(place, from: &underWay)
        freeFlights.append(place)
        // One that another has taken the place of says nothing of what the other will bring.
        guard row >= 0 else { return }
        switch outcome {
        case .stored, .failed: keys.remove(row)
        case .uncacheable: mark(row, until: now.advanced(by: bounds.uncacheableFor))
        }
    }

    /// The key's answer could be shared after all.
    package mutating func forget(_ key: Span<UInt8>, hash: UInt64) {
        guard let row = keys.find(key, hash: hash) else { return }
        let mark = Int(keys.mark(of: row))
        if mark < 0 { unmark(-2 - mark) }
    }

    // MARK: Keys

    private enum Known {
        case nothing
        case uncacheable
        case flight(Int)
    }

    private mutating func look(_ key: Span<UInt8>, hash: UInt64, now: Moment) -> Known {
        guard let row = keys.find(key, hash: hash) else { return .nothing }
        let mark = Int(keys.mark(of: row))
        guard mark < 0 else { return .flight(mark) }
        guard now >= marks[-2 - mark].until else { return .uncacheable }
        unmark(-2 - mark)
        return .nothing
    }

    /// A fetch under way for the same key goes on, for those who wait for it already.
    private mutating func begin(_ key: Span<UInt8>, hash: UInt64, stamp: CacheStamp, now: Moment) -> FlightID? {
        guard flightCount < bounds.flights, keys.hasRoom else { return nil }
        let row: Int
        if let known = keys.find(key, hash: hash) {
            row = known
            flights[Int(keys.mark(of: row))].row = -1
        } else {
            row = keys.add(key, hash: hash)
        }
        newest += 1
        let flight = Flight(serial: newest, row: Int32(truncatingIfNeeded: row), stamp: stamp, began: now)
        let place: Int
        if let free = freeFlights.popLast() {
            place = free
            flights[place] = flight
        } else {
            place = flights.count
            flights.append(flight)
        }
        flightLinks.append(place, to: &underWay)
        keys.setMark(of: row, to: Int32(truncatingIfNeeded: place))
        return FlightID(place: Int32(truncatingIfNeeded: place), serial: newest)
    }

    private mutating func mark(_ row: Int, until moment: Moment) {
        guard bounds.uncacheable > 0 else { return keys.remove(row) }
        // Twice, since there may be more than are allowed now.
        for _ in 0..<2 where uncacheableCount >= bounds.uncacheable { unmark(marked.first) }
        let mark = Uncacheable(row: row, until: moment)
        let place: Int
        if let free = freeMarks.popLast() {
            place = free
            marks[place] = mark
        } else {
            place = marks.count
            marks.append(mark)
        }
        markLinks.append(place, to: &marked)
        keys.setMark(of: row, to: Int32(truncatingIfNeeded: -2 - place))
    }

    private mutating func unmark(_ place: Int) {
        keys.remove(marks[place].row)
        markLinks.remove(place, from: &marked)
        freeMarks.append(place)
    }

    private func place(of id: FlightID) -> Int? {
        let place = Int(id.place)
        return place < flights.count && flights[place].serial == id.serial ? place : nil
    }

    private mutating func release(_ number: Int) {
        waiters[number].serial = 0
        freeWaiters.append(number)
    }
}
