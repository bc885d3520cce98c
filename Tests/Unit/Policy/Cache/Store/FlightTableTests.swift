import StentModel
import StentPolicy
import Testing

extension FlightTable {
    mutating func join(_ key: String, _ stamp: CacheStamp, at now: Moment, _ waiter: Waiter) -> Join {
        let bytes = Array(key.utf8)
        return join(bytes.span, hash: CacheHash.of(bytes.span), stamp: stamp, now: now, waiter: waiter)
    }

    mutating func refresh(_ key: String, _ stamp: CacheStamp, at now: Moment) -> FlightID? {
        let bytes = Array(key.utf8)
        return refresh(bytes.span, hash: CacheHash.of(bytes.span), stamp: stamp, now: now)
    }

    mutating func forget(_ key: String) {
        let bytes = Array(key.utf8)
        forget(bytes.span, hash: CacheHash.of(bytes.span))
    }
}

private let start = Moment(nanoseconds: 1_000)

/// Before and after a write to `/notes`.
private let (old, new) = {
    var stamps = CacheStamps()
    let before = stamps.note(.read("/notes"))
    stamps.bump(.written("/notes"))
    return (before, stamps.note(.read("/notes")))
}()

private typealias Table = FlightTable<String>

extension FlightTable.Join {
    fileprivate var lead: FlightID? { if case .lead(let flight) = self { flight } else { nil } }
    fileprivate var wait: (flight: FlightID, waiter: FlightWaiterID)? {
        if case .wait(let flight, let waiter) = self { (flight, waiter) } else { nil }
    }
}

@Suite struct `Requests that miss the same` {
    @Test func `wait for the first, and are woken at once in the order they came`() throws {
        var table = Table()
        let flight = try #require(table.join("a", old, at: start, "first").lead)
        for waiter in ["second", "third", "fourth"] {
            #expect(table.join("a", old, at: start, waiter).wait?.flight == flight)
        }
        #expect(table.landed(flight, .stored, now: start) == ["second", "third", "fourth"])
        #expect(table.landed(flight, .stored, now: start) == [])
        #expect(table.size == (0, 0, 0))
    }

    @Test func `wait for nothing that another key asked for`() {
        var table = Table()
        #expect(table.join("a", old, at: start, "first").lead != nil)
        #expect(table.join("b", old, at: start, "second").lead != nil)
    }

    @Test func `may all wait, the first too, since the fetch is nobody's`() throws {
        var table = Table()
        let flight = try #require(table.join("a", old, at: start, "first").lead)
        let attended = table.attend(flight, waiter: "first")
        let waiter = try #require(attended)
        #expect(table.join("a", old, at: start, "second").wait != nil)
        #expect(table.cancel(waiter) == "first")
        #expect(table.cancel(waiter) == nil)
        #expect(table.landed(flight, .failed, now: start) == ["second"])
        #expect(table.attend(flight, waiter: "third") == nil)
    }

    @Test func `never get what was asked for before a write`() throws {
        var table = Table()
        let before = try #require(table.join("a", old, at: start, "first").lead)
        #expect(table.join("a", old, at: start, "second").wait?.flight == before)
        let after = try #require(table.join("a", new, at: start, "third").lead)
        #expect(table.join("a", new, at: start, "fourth").wait?.flight == after)
        #expect(table.landed(before, .stored, now: start) == ["second"])
        #expect(table.join("a", new, at: start, "fifth").wait?.flight == after)
        #expect(table.landed(after, .stored, now: start) == ["fourth", "fifth"])
    }

    @Test func `go alone for a while when the answer can't be shared`() throws {
        var table = Table()
        let flight = try #require(table.join("a", old, at: start, "first").lead)
        #expect(table.join("a", old, at: start, "second").wait != nil)
        #expect(table.landed(flight, .uncacheable, now: start) == ["second"])
        let end = start.advanced(by: FlightBounds().uncacheableFor)
        #expect(table.join("a", new, at: Moment(nanoseconds: end.nanoseconds - 1), "third") == .alone(.uncacheable))
        #expect(table.refresh("a", new, at: start) == nil)
        #expect(table.join("a", new, at: end, "fourth").lead != nil)
        #expect(table.size == (1, 0, 0))
    }

    @Test func `wait again when one that went alone could be stored`() throws {
        var table = Table()
        table.forget("a")
        let flight = try #require(table.join("a", old, at: start, "first").lead)
        table.forget("a")
        _ = table.landed(flight, .uncacheable, now: start)
        table.forget("a")
        #expect(table.join("a", old, at: start, "second").lead != nil)
        #expect(table.join("a", old, at: start, "third").wait != nil)
    }

    @Test func `learn nothing from a fetch that another has taken the place of`() throws {
        var table = Table()
        let before = try #require(table.join("a", old, at: start, "first").lead)
        let after = try #require(table.join("a", new, at: start, "second").lead)
        _ = table.landed(before, .uncacheable, now: start)
        #expect(table.join("a", new, at: start, "third").wait?.flight == after)
    }

    @Test func `remember so many keys as uncacheable, the newest`() throws {
        var bounds = FlightBounds()
        bounds.uncacheable = 2
        var table = Table(bounds)
        for key in ["a", "b", "c"] {
            let flight = try #require(table.join(key, old, at: start, "first").lead)
            _ = table.landed(flight, .uncacheable, now: start)
        }
        #expect(table.size == (0, 0, 2))
        #expect(table.join("a", old, at: start, "second").lead != nil)
        #expect(table.join("b", old, at: start, "second") == .alone(.uncacheable))
        #expect(table.join("c", old, at: start, "second") == .alone(.uncacheable))
    }

    @Test func `join no fetch that takes too long`() {
        var bounds = FlightBounds()
        bounds.joinable = .seconds(5)
        var table = Table(bounds)
        _ = table.join("a", old, at: start, "first")
        let end = start.advanced(by: .seconds(5))
        #expect(table.join("a", old, at: Moment(nanoseconds: end.nanoseconds - 1), "second").wait != nil)
        #expect(table.join("a", old, at: end, "third") == .alone(.flightTooOld))
        #expect(table.join("a", new, at: end, "fourth").lead != nil)
    }

    @Test func `are let go when a fetch never ends, which counts for nothing later`() throws {
        var bounds = FlightBounds()
        bounds.lifetime = .seconds(60)
        var table = Table(bounds)
        #expect(table.nextExpiry == nil)
        let flight = try #require(table.join("a", old, at: start, "first").lead)
        _ = table.join("a", old, at: start, "second")
        let later = start.advanced(by: .seconds(1))
        _ = table.join("b", old, at: later, "first")
        let waiter = try #require(table.join("b", old, at: later, "third").wait).waiter
        let end = start.advanced(by: .seconds(60))
        #expect(table.nextExpiry == end)
        #expect(table.expire(now: Moment(nanoseconds: end.nanoseconds - 1)) == [])
        #expect(table.expire(now: end) == ["second"])
        let again = try #require(table.join("a", old, at: end, "fourth").lead)
        #expect(table.landed(flight, .uncacheable, now: end) == [])
        #expect(table.join("a", old, at: end, "fifth").wait?.flight == again)
        #expect(table.expire(now: end.advanced(by: .seconds(1))) == ["third"])
        #expect(table.cancel(waiter) == nil)
    }

    @Test func `go alone where too many wait, or too much is under way`() {
        var bounds = FlightBounds()
        bounds.flights = 2
        bounds.waiters = 3
        bounds.waitersPerFlight = 2
        var table = Table(bounds)
        for key in ["a", "b"] { #expect(table.join(key, old, at: start, "first").lead != nil) }
        #expect(table.join("c", old, at: start, "first") == .alone(.tooManyFlights))
        #expect(table.join("a", new, at: start, "first") == .alone(.tooManyFlights))
        #expect(table.refresh("c", old, at: start) == nil)
        for waiter in ["second", "third"] { #expect(table.join("a", old, at: start, waiter).wait != nil) }
        #expect(table.join("a", old, at: start, "fourth") == .alone(.flightTooFull))
        #expect(table.join("b", old, at: start, "second").wait != nil)
        #expect(table.join("b", old, at: start, "third") == .alone(.tooManyWaiters))
    }

    @Test func `are under new bounds as soon as these are set`() throws {
        var table = Table()
        for key in ["a", "b", "c", "d"] {
            let flight = try #require(table.join(key, old, at: start, "first").lead)
            _ = table.landed(flight, .uncacheable, now: start)
        }
        _ = table.join("e", old, at: start, "first")
        var bounds = FlightBounds()
        bounds.flights = 1
        bounds.uncacheable = 2
        bounds.lifetime = .seconds(1)
        table.reconfigure(bounds)
        #expect(table.join("f", old, at: start, "first") == .alone(.tooManyFlights))
        #expect(table.nextExpiry == start.advanced(by: .seconds(1)))
        _ = table.expire(now: start.advanced(by: .seconds(1)))
        for key in ["g", "h"] {
            let flight = try #require(table.join(key, old, at: start, "first").lead)
            _ = table.landed(flight, .uncacheable, now: start)
        }
        #expect(table.size == (0, 0, 2))
        #expect(table.join("h", old, at: start, "second") == .alone(.uncacheable))
    }

    @Test func `join a refresh, of which there is one for a key`() throws {
        var table = Table()
        let began = table.refresh("a", old, at: start)
        let refresh = try #require(began)
        #expect(table.refresh("a", old, at: start) == nil)
        #expect(table.join("a", old, at: start, "first").wait?.flight == refresh)
        let beganAgain = table.refresh("a", new, at: start)
        let newer = try #require(beganAgain)
        #expect(table.join("a", new, at: start, "second").wait?.flight == newer)
        #expect(table.landed(refresh, .stored, now: start) == ["first"])
        #expect(table.landed(newer, .stored, now: start) == ["second"])
    }
}
