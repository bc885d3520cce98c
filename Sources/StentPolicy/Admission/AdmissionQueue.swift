import StentModel

/// Who is served next where requests wait for the upstream, and who gives way when too many do.
///
/// Strictly by priority (writes, reads, lists); within a class the callers take turns, and each caller's requests are
/// served in the order they came, so that one busy caller delays nobody but itself. Of every eight turns the last goes
/// to a class that is not the first one waiting, of two the one served longer ago: a flood of writes leaves lists
/// an eighth, rather than nothing.
///
/// When it is full, a newcomer takes the place of the newest waiter of the busiest caller of the lowest class below its
/// own: who asked for most, last, and least urgently.
///
/// Everything is done in constant time, but deadlines, which are a heap.
package struct AdmissionQueue: Sendable {
    package struct Waiter: Sendable, Equatable {
        package var id: Int
        package var priority: Priority
        package var caller: CallerKey
        /// Its method changes nothing (RFC 9110 §9.2.1), which makes it a good probe.
        package var isSafe: Bool
        package var route: Int
        /// When its exchange ends.
        package var deadline: Moment
        /// When it came; later waiters have the same or a later one.
        package var since: Moment

        package init(
            id: Int, priority: Priority, caller: CallerKey, isSafe: Bool, route: Int, deadline: Moment, since: Moment
        ) {
            self.id = id
            self.priority = priority
            self.caller = caller
            self.isSafe = isSafe
            self.route = route
            self.deadline = deadline
            self.since = since
        }
    }

    package enum Push: Sendable, Equatable {
        case queued
        /// Queued in the place of this one, which waits no longer.
        case displacing(Waiter)
        case full
    }

    private struct Place: Sendable {
        var waiter: Waiter
        var caller: Int
    }

    /// A caller with requests of one class.
    private struct Caller: Sendable {
        var key: CallerKey
        var requests = Chain()
        var count = 0
    }

    private struct Class: Sendable {
        /// The callers in the order of their turns.
        var turns = Chain()
        /// The callers by the number of their requests.
        var byCount: [Chain] = [Chain()]
        var busiest = 0
        var callers: [CallerKey: Int] = [:]
        var count = 0
        /// The turn in which it was served last, or began to wait.
        var lastTurn = 0
    }

    /// Each this many turns one is not the first class's.
    private static let turnsPerException = 8

    /// How many may wait; those who do already are kept when it is lowered.
    package var bound: Int
    private var classes = Priority.allCases.map { _ in Class() }
    private var turn = 0

    private var places: [Place] = []
    private var freePlaces: [Int] = []
    private var placeOf: [Int: Int] = [:]
    private var callers: [Caller] = []
    private var freeCallers: [Int] = []

    /// All in the order they came, those with safe methods apart.
    private var safe = Chain()
    private var unsafe = Chain()
    private var arrivalLinks = ChainLinks()
    private var requestLinks = ChainLinks()
    private var turnLinks = ChainLinks()
    private var countLinks = ChainLinks()
    private var deadlines = DeadlineHeap()

    package init(bound: Int) { self.bound = max(0, bound) }

    package var count: Int { placeOf.count }
    package func count(of priority: Priority) -> Int { classes[priority.rawValue].count }
    package func contains(_ id: Int) -> Bool { placeOf[id] != nil }

    /// The one whose exchange ends first.
    package var mostUrgent: Waiter? { deadlines.first.map { places[$0.element].waiter } }

    /// The one who came first.
    package var oldest: Waiter? {
        switch (safe.isEmpty, unsafe.isEmpty) {
        case (true, true): nil
        case (false, true): places[safe.first].waiter
        case (true, false): places[unsafe.first].waiter
        case (false, false):
            places[places[safe.first].waiter.id < places[unsafe.first].waiter.id ? safe.first : unsafe.first].waiter
        }
    }

    /// - Parameter waiter: with an id higher than all before.
    package mutating func push(_ waiter: Waiter) -> Push {
        guard count >= bound else {
            insert(waiter)
            return .queued
        }
        guard let loser = loser(below: waiter.priority) else { return .full }
        let displaced = remove(at: loser)
        insert(waiter)
        return .displacing(displaced)
    }

    /// The next one to be served, who waits no longer.
    package mutating func pop() -> Waiter? {
        guard let first = classes.firstIndex(where: { $0.count > 0 }) else { return nil }
        turn += 1
        var chosen = first
        if turn % Self.turnsPerException == 0 {
            let others = classes.indices.filter { $0 > first && classes[$0].count > 0 }
            chosen = others.min { classes[$0].lastTurn < classes[$1].lastTurn } ?? first
        }
        classes[chosen].lastTurn = turn
        let caller = classes[chosen].turns.first
        let waiter = remove(at: callers[caller].requests.first)
        if callers[caller].count > 0 {
            turnLinks.remove(caller, from: &classes[chosen].turns)
            turnLinks.append(caller, to: &classes[chosen].turns)
        }
        return waiter
    }

    /// The one to probe with: the first who came of those with a safe method, or else of the others.
    package mutating func popProbe() -> Waiter? {
        let place = safe.isEmpty ? unsafe.first : safe.first
        return place < 0 ? nil : remove(at: place)
    }

    package mutating func remove(_ id: Int) -> Waiter? { placeOf[id].map { remove(at: $0) } }

    /// The place of the newest request of the busiest caller of the lowest class.
    private func loser(below priority: Priority) -> Int? {
        for index in classes.indices.reversed() where index > priority.rawValue && classes[index].count > 0 {
            return callers[classes[index].byCount[classes[index].busiest].first].requests.last
        }
        return nil
    }

    private mutating func insert(_ waiter: Waiter) {
        let caller = callerIndex(waiter)
        let place: Int
        if let free = freePlaces.popLast() {
            place = free
            places[place] = Place(waiter: waiter, caller: caller)
        } else {
            place = places.count
            places.append(Place(waiter: waiter, caller: caller))
        }
        placeOf[waiter.id] = place
        requestLinks.append(place, to: &callers[caller].requests)
        if waiter.isSafe {
            arrivalLinks.append(place, to: &safe)
        } else {
            arrivalLinks.append(place, to: &unsafe)
        }
        deadlines.insert(place, deadline: waiter.deadline)
        let index = waiter.priority.rawValue
        if classes[index].count == 0 { classes[index].lastTurn = turn }
        classes[index].count += 1
        recount(caller, of: index, by: 1)
    }

    private mutating func callerIndex(_ waiter: Waiter) -> Int {
        let index = waiter.priority.rawValue
        if let known = classes[index].callers[waiter.caller] { return known }
        let caller: Int
        if let free = freeCallers.popLast() {
            caller = free
            callers[caller] = Caller(key: waiter.caller)
        } else {
            caller = callers.count
            callers.append(Caller(key: waiter.caller))
        }
        classes[index].callers[waiter.caller] = caller
        turnLinks.append(caller, to: &classes[index].turns)
        countLinks.append(caller, to: &classes[index].byCount[0])
        return caller
    }

    private mutating func remove(at place: Int) -> Waiter {
        let waiter = places[place].waiter
        let caller = places[place].caller
        let index = waiter.priority.rawValue
        placeOf[waiter.id] = nil
        freePlaces.append(place)
        requestLinks.remove(place, from: &callers[caller].requests)
        if waiter.isSafe {
            arrivalLinks.remove(place, from: &safe)
        } else {
            arrivalLinks.remove(place, from: &unsafe)
        }
        deadlines.remove(place)
        classes[index].count -= 1
        recount(caller, of: index, by: -1)
        if callers[caller].count == 0 {
            turnLinks.remove(caller, from: &classes[index].turns)
            countLinks.remove(caller, from: &classes[index].byCount[0])
            classes[index].callers[waiter.caller] = nil
            freeCallers.append(caller)
        }
        return waiter
    }

    /// Counts change by one, so the highest does too: no search.
    private mutating func recount(_ caller: Int, of index: Int, by change: Int) {
        let old = callers[caller].count
        callers[caller].count = old + change
        countLinks.remove(caller, from: &classes[index].byCount[old])
        if classes[index].byCount.count <= old + change { classes[index].byCount.append(Chain()) }
        countLinks.append(caller, to: &classes[index].byCount[old + change])
        let busiest = classes[index].busiest
        if old + change > busiest {
            classes[index].busiest = old + change
        } else if busiest > 0, classes[index].byCount[busiest].isEmpty {
            classes[index].busiest = busiest - 1
        }
    }
}
