import StentModel

/// Which connection to an upstream server a request gets: the rules of one worker's pool.
///
/// Idle connections are a stack: the one used last is lent first, so that the others age and are closed when load falls.
/// Requests beyond the limit of open connections wait in the order they came.
package struct PoolMachine: Sendable {
    /// A connection's number, given out by this machine, never used twice.
    package typealias ConnectionID = Int
    /// A waiting request's number, given out by this machine, never used twice.
    package typealias WaiterID = Int

    package enum Acquisition: Sendable, Equatable {
        /// Take this idle connection.
        case lend(ConnectionID)
        /// Open a connection under this number.
        case open(ConnectionID)
        /// None is free; the number is for `cancel`.
        case wait(WaiterID)
    }

    package enum Return: Sendable, Equatable {
        /// It was put among the idle ones.
        case keep
        /// Lend it on to the waiter.
        case lend(to: WaiterID)
        /// It is too old, or there are enough: close it.
        case close
    }

    private struct Idle: Sendable {
        var id: ConnectionID
        var since: Moment
        var born: Moment
    }

    private let idleTimeout: TimeSpan
    private let maximumAge: TimeSpan
    private let maximumIdle: Int
    private let maximumConnections: Int

    private var idle: [Idle] = []
    private var waiters: [WaiterID] = []
    private var nextNumber = 0
    /// Connections that are open or being opened, the idle ones included.
    package private(set) var openCount = 0

    package init(_ settings: PoolSettings) {
        idleTimeout = TimeSpan(settings.idleTimeout)
        maximumAge = TimeSpan(settings.maximumAge)
        maximumIdle = settings.maximumIdle
        maximumConnections = max(1, settings.maximumConnections)
    }

    package var idleCount: Int { idle.count }
    package var waitingCount: Int { waiters.count }

    /// A request wants a connection.
    ///
    /// - Parameter fresh: a new one, because an idle one has just turned out to be closed.
    /// - Returns: also the idle connections to close: expired, or in the way of a new one.
    package mutating func acquire(fresh: Bool, now: Moment) -> (Acquisition, close: [ConnectionID]) {
        var close: [ConnectionID] = []
        if !fresh {
            while let last = idle.popLast() {
                if isUsable(last, now: now) { return (.lend(last.id), close) }
                openCount -= 1
                close.append(last.id)
            }
        } else if openCount >= maximumConnections, !idle.isEmpty {
            close.append(idle.removeFirst().id)
            openCount -= 1
        }
        if openCount < maximumConnections {
            openCount += 1
            return (.open(number()), close)
        }
        let waiter = number()
        waiters.append(waiter)
        return (.wait(waiter), close)
    }

    /// A lent connection has served a whole exchange and could serve another.
    package mutating func giveBack(_ id: ConnectionID, born: Moment, now: Moment) -> Return {
        let entry = Idle(id: id, since: now, born: born)
        guard isUsable(entry, now: now), !waiters.isEmpty || idle.count < maximumIdle else { return .close }
        if let waiter = waiters.first {
            waiters.removeFirst()
            return .lend(to: waiter)
        }
        idle.append(entry)
        return .keep
    }

    /// A connection is gone: closed by either side, failed to open, or `giveBack` said to close it. Not for those that
    /// `acquire` and `expire` said to close.
    ///
    /// - Returns: a waiter for which a connection is now to be opened, with its number.
    package mutating func closed(_ id: ConnectionID) -> (waiter: WaiterID, open: ConnectionID)? {
        if let index = idle.firstIndex(where: { $0.id == id }) { idle.remove(at: index) }
        openCount -= 1
        guard let waiter = waiters.first, openCount < maximumConnections else { return nil }
        waiters.removeFirst()
        openCount += 1
        return (waiter, number())
    }

    /// A waiter no longer wants a connection.
    package mutating func cancel(_ waiter: WaiterID) {
        waiters.removeAll { $0 == waiter }
    }

    /// - Returns: the idle connections whose time is over; they are no longer the pool's.
    package mutating func expire(now: Moment) -> [ConnectionID] {
        guard !idle.isEmpty else { return [] }
        let usable = idle.filter { isUsable($0, now: now) }
        guard usable.count < idle.count else { return [] }
        let expired = idle.filter { !isUsable($0, now: now) }.map(\.id)
        idle = usable
        openCount -= expired.count
        return expired
    }

    /// All idle connections leave the pool, to be closed.
    package mutating func drain() -> [ConnectionID] {
        let all = idle.map(\.id)
        idle.removeAll()
        openCount -= all.count
        return all
    }

    private func isUsable(_ entry: Idle, now: Moment) -> Bool {
        now.since(entry.since) < idleTimeout && now.since(entry.born) < maximumAge
    }

    private mutating func number() -> Int {
        nextNumber += 1
        return nextNumber
    }
}
