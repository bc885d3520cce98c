import StentModel

/// Which requests wait for the same fetch, so that concurrent identical misses cost the upstream one request.
///
/// A fetch belongs to nobody: who began it may go like the others. It is joined only under the stamp it began with: a
/// request after a write never gets what was asked for before it, but begins a fetch of its own, which takes the other's
/// place for those who come later. Every one who waits is given back exactly once: by `landed`, `expire`, or to itself by
/// `cancel`.
///
/// Everything is bounded, and takes constant time but for the list of those to wake. Arrays grow to the most that were
/// under way at once, and stay.
package struct FlightTable<Waiter> {
    package typealias Join = FlightIndex.Join

    private var index: FlightIndex
    /// By number.
    private var waiters: [Waiter?] = []

    package init(_ bounds: FlightBounds = FlightBounds()) { index = FlightIndex(bounds) }

    /// Holds for what is under way, too; what is beyond the new bounds is kept until its end.
    package mutating func reconfigure(_ bounds: FlightBounds) { index.reconfigure(bounds) }

    package var size: (flights: Int, waiting: Int, uncacheable: Int) {
        (index.flightCount, index.waiterCount, index.uncacheableCount)
    }
    package var nextExpiry: Moment? { index.nextExpiry }

    /// A request found nothing that it may be answered with.
    ///
    /// - Parameters:
    ///   - stamp: of now.
    ///   - waiter: kept where the answer is to wait. One who leads waits only by `attend`.
    package mutating func join(
        _ key: Span<UInt8>, hash: UInt64, stamp: CacheStamp, now: Moment, waiter: @autoclosure () -> Waiter
    ) -> Join {
        let join = index.join(key, hash: hash, stamp: stamp, now: now)
        if case .wait(_, let id) = join { keep(waiter(), id) }
        return join
    }

    /// One more waits for this fetch: the request that began it, since the fetch goes on without it.
    ///
    /// - Returns: `nil` where it is over, or too many wait.
    package mutating func attend(_ flight: FlightID, waiter: @autoclosure () -> Waiter) -> FlightWaiterID? {
        guard let id = index.attend(flight) else { return nil }
        keep(waiter(), id)
        return id
    }

    /// Begins a fetch in the background, which requests may join.
    ///
    /// - Returns: `nil` where one is under way, the key is known as uncacheable, or there are too many.
    package mutating func refresh(_ key: Span<UInt8>, hash: UInt64, stamp: CacheStamp, now: Moment) -> FlightID? {
        index.refresh(key, hash: hash, stamp: stamp, now: now)
    }

    /// Waits no longer.
    ///
    /// - Returns: who it was; `nil` where it has been given back already.
    package mutating func cancel(_ id: FlightWaiterID) -> Waiter? {
        guard index.cancel(id) else { return nil }
        return take(Int(id.place))
    }

    /// A fetch is over.
    ///
    /// - Returns: all who wait for it, in the order they came; none where its time was over before.
    package mutating func landed(_ flight: FlightID, _ outcome: FlightOutcome, now: Moment) -> [Waiter] {
        var woken: [Waiter] = []
        land(flight, outcome, now, &woken)
        return woken
    }

    /// Gives up the fetches whose time is over.
    ///
    /// - Returns: all who waited for them.
    package mutating func expire(now: Moment) -> [Waiter] {
        var woken: [Waiter] = []
        while let flight = index.expired(now: now) { land(flight, .failed, now, &woken) }
        return woken
    }

    /// A request that went alone could store its answer: the key is uncacheable no longer.
    package mutating func forget(_ key: Span<UInt8>, hash: UInt64) { index.forget(key, hash: hash) }

    private mutating func land(_ flight: FlightID, _ outcome: FlightOutcome, _ now: Moment, _ woken: inout [Waiter]) {
        while let number = index.nextWaiter(of: flight) {
            if let waiter = take(number) { woken.append(waiter) }
        }
        index.end(flight, outcome, now: now)
    }

    private mutating func keep(_ waiter: Waiter, _ id: FlightWaiterID) {
        let number = Int(id.place)
        if number < waiters.count { waiters[number] = waiter } else { waiters.append(waiter) }
    }

    private mutating func take(_ number: Int) -> Waiter? {
        let waiter = waiters[number]
        waiters[number] = nil
        return waiter
    }
}

extension FlightTable: Sendable where Waiter: Sendable {}
