import StentExchange
import StentModel
import Testing

/// A pool with a clock that is moved by hand.
private struct Pool {
    var machine: PoolMachine
    var now = Moment(nanoseconds: 1_000_000)
    /// When each connection was opened.
    var born: [PoolMachine.ConnectionID: Moment] = [:]

    init(idle: Duration = .seconds(15), age: Duration = .seconds(600), maximumIdle: Int = 8, maximum: Int = 8) {
        var settings = PoolSettings()
        settings.idleTimeout = idle
        settings.maximumAge = age
        settings.maximumIdle = maximumIdle
        settings.maximumConnections = maximum
        machine = PoolMachine(settings)
    }

    mutating func acquire(fresh: Bool = false) -> PoolMachine.Acquisition {
        let (acquisition, close) = machine.acquire(fresh: fresh, now: now)
        #expect(close.isEmpty)
        note(acquisition)
        return acquisition
    }

    mutating func note(_ acquisition: PoolMachine.Acquisition) {
        if case .open(let id) = acquisition { born[id] = now }
    }

    /// That many connections, opened one after the other and all lent.
    mutating func open(_ count: Int) throws -> [PoolMachine.ConnectionID] {
        try (0..<count).map { _ in
            guard case .open(let id) = acquire() else { throw NotOpened() }
            return id
        }
    }

    mutating func giveBack(_ id: PoolMachine.ConnectionID) -> PoolMachine.Return {
        machine.giveBack(id, born: born[id] ?? now, now: now)
    }

    mutating func advance(_ span: TimeSpan) { now = now.advanced(by: span) }

    /// A connection is gone, and another is opened for a waiter.
    mutating func replaced(_ id: PoolMachine.ConnectionID) throws -> (
        waiter: PoolMachine.WaiterID, open: PoolMachine.ConnectionID
    ) {
        guard let replacement = machine.closed(id) else { throw NotOpened() }
        return replacement
    }

    struct NotOpened: Error {}
}

@Suite struct `A pool of connections` {
    @Test func `opens one where none is idle, and lends it again`() throws {
        var pool = Pool()
        let id = try pool.open(1)[0]
        #expect(pool.giveBack(id) == .keep)
        #expect((pool.machine.idleCount, pool.machine.openCount) == (1, 1))
        #expect(pool.acquire() == .lend(id))
        #expect((pool.machine.idleCount, pool.machine.openCount) == (0, 1))
    }

    @Test func `lends the one used last, so that the others age`() throws {
        var pool = Pool()
        let ids = try pool.open(3)
        for id in ids { #expect(pool.giveBack(id) == .keep) }
        #expect(pool.acquire() == .lend(ids[2]))
        #expect(pool.acquire() == .lend(ids[1]))
        #expect(pool.giveBack(ids[2]) == .keep)
        #expect(pool.acquire() == .lend(ids[2]))
        #expect(pool.acquire() == .lend(ids[0]))
    }

    @Test func `opens a new one for a request that met a closed one, and keeps the idle ones`() throws {
        var pool = Pool()
        let ids = try pool.open(2)
        _ = pool.giveBack(ids[0])
        guard case .open(let id) = pool.acquire(fresh: true) else {
            Issue.record("not opened")
            return
        }
        #expect(!ids.contains(id))
        #expect((pool.machine.idleCount, pool.machine.openCount) == (1, 3))
    }

    @Test func `closes the longest idle one where it is in the way of a new one`() throws {
        var pool = Pool(maximum: 2)
        let ids = try pool.open(2)
        for id in ids { _ = pool.giveBack(id) }
        let (acquisition, close) = pool.machine.acquire(fresh: true, now: pool.now)
        #expect(close == [ids[0]])
        #expect(acquisition != .lend(ids[1]))
        #expect((pool.machine.idleCount, pool.machine.openCount) == (1, 2))
    }

    @Test func `lets requests beyond the limit wait, and serves them in their order`() throws {
        var pool = Pool(maximum: 2)
        let ids = try pool.open(2)
        let waiters = (0..<3).map { _ in pool.acquire() }
        #expect(pool.machine.waitingCount == 3)
        for (index, id) in [ids[1], ids[0], ids[1]].enumerated() {
            guard case .wait(let waiter) = waiters[index] else {
                Issue.record("did not wait")
                return
            }
            #expect(pool.giveBack(id) == .lend(to: waiter))
        }
        #expect(pool.giveBack(ids[0]) == .keep)
        #expect(pool.machine.openCount == 2)
    }

    @Test func `opens a new one for the first waiter when one is gone`() throws {
        var pool = Pool(maximum: 1)
        let id = try pool.open(1)[0]
        guard case .wait(let first) = pool.acquire(), case .wait(let second) = pool.acquire() else {
            Issue.record("did not wait")
            return
        }
        let next = try pool.replaced(id)
        #expect(next.waiter == first)
        let last = try pool.replaced(next.open)
        #expect(last.waiter == second)
        #expect(pool.machine.closed(last.open) == nil)
        #expect(pool.machine.openCount == 0)
    }

    @Test func `forgets a waiter that no longer wants`() throws {
        var pool = Pool(maximum: 1)
        let id = try pool.open(1)[0]
        guard case .wait(let first) = pool.acquire(), case .wait(let second) = pool.acquire() else {
            Issue.record("did not wait")
            return
        }
        pool.machine.cancel(first)
        pool.machine.cancel(first)
        #expect(pool.giveBack(id) == .lend(to: second))
        pool.machine.cancel(second)
        #expect(pool.giveBack(id) == .keep)
    }

    @Test func `keeps no more idle ones than its limit`() throws {
        var pool = Pool(maximumIdle: 1)
        let ids = try pool.open(2)
        #expect(pool.giveBack(ids[0]) == .keep)
        #expect(pool.giveBack(ids[1]) == .close)
        #expect(pool.machine.openCount == 2)
        #expect(pool.machine.closed(ids[1]) == nil)
        #expect(pool.machine.openCount == 1)
        var none = Pool(maximumIdle: 0)
        #expect(none.giveBack(try none.open(1)[0]) == .close)
    }

    @Test(arguments: [(14_999, true), (15_000, false)])
    func `lends no connection that was idle too long`(milliseconds: Int64, isLent: Bool) throws {
        var pool = Pool()
        let ids = try pool.open(2)
        for id in ids { _ = pool.giveBack(id) }
        pool.advance(.milliseconds(milliseconds))
        let (acquisition, close) = pool.machine.acquire(fresh: false, now: pool.now)
        #expect((acquisition == .lend(ids[1])) == isLent)
        #expect(close == (isLent ? [] : [ids[1], ids[0]]))
        #expect(pool.machine.openCount == (isLent ? 2 : 1))
    }

    @Test func `lends a younger one below one that is too old`() throws {
        var pool = Pool(idle: .seconds(60), age: .seconds(100))
        let old = try pool.open(1)[0]
        pool.advance(.seconds(50))
        let young = try pool.open(1)[0]
        _ = pool.giveBack(young)
        _ = pool.giveBack(old)
        pool.advance(.seconds(50))
        let (acquisition, close) = pool.machine.acquire(fresh: false, now: pool.now)
        #expect(acquisition == .lend(young))
        #expect(close == [old])
    }

    @Test func `takes none back that is too old, even for one that waits`() throws {
        var pool = Pool(age: .seconds(100), maximum: 1)
        let id = try pool.open(1)[0]
        guard case .wait(let waiter) = pool.acquire() else {
            Issue.record("did not wait")
            return
        }
        pool.advance(.seconds(100))
        #expect(pool.giveBack(id) == .close)
        #expect(try pool.replaced(id).waiter == waiter)
    }

    @Test func `lets go of those whose time is over, and of all when it drains`() throws {
        var pool = Pool()
        let ids = try pool.open(3)
        _ = pool.giveBack(ids[0])
        pool.advance(.seconds(10))
        _ = pool.giveBack(ids[1])
        #expect(pool.machine.expire(now: pool.now) == [])
        pool.advance(.seconds(5))
        #expect(pool.machine.expire(now: pool.now) == [ids[0]])
        #expect(pool.machine.expire(now: pool.now) == [])
        #expect((pool.machine.idleCount, pool.machine.openCount) == (1, 2))
        #expect(pool.machine.drain() == [ids[1]])
        #expect(pool.machine.drain() == [])
        #expect((pool.machine.idleCount, pool.machine.openCount) == (0, 1))
    }

    @Test func `forgets an idle one that the upstream closed`() throws {
        var pool = Pool()
        let ids = try pool.open(2)
        for id in ids { _ = pool.giveBack(id) }
        #expect(pool.machine.closed(ids[1]) == nil)
        #expect(pool.acquire() == .lend(ids[0]))
        #expect(pool.machine.openCount == 1)
    }

    @Test(arguments: [0, -1])
    func `has at least one connection`(maximum: Int) throws {
        var pool = Pool(maximum: maximum)
        #expect(try pool.open(1).count == 1)
    }
}
