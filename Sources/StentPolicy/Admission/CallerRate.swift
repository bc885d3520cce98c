import StentModel

/// How often one caller may ask: `limits.perCaller` a second in the long run, `limits.burst` at once.
///
/// A token bucket in the form of the generic cell rate algorithm (ITU-T I.371): of each caller only the moment is
/// kept at which its bucket will be full again. Buckets that are full are forgotten, and where there are still too many,
/// those not asked for longest: whoever makes up callers to be forgotten earns himself a burst, which is no more than each
/// made-up caller has anyway.
package struct CallerRate: Sendable {
    package enum Decision: Sendable, Equatable {
        case allow
        /// It would be allowed after this time, and nothing is taken.
        case refuse(retryAfter: TimeSpan)
    }

    private struct Bucket: Sendable {
        var caller: CallerKey
        var fullAt: Moment
    }

    package static let maximumCallers = 65_536

    private let maximumCallers: Int
    /// Time for one token.
    private var interval: TimeSpan
    /// Time for all but one token of a bucket: how far `fullAt` may lie ahead where one is left.
    private var reach: TimeSpan
    private var places: [CallerKey: Int] = [:]
    private var buckets: [Bucket] = []
    private var free: [Int] = []
    /// The one asked for longest ago first.
    private var order = Chain()
    private var links = ChainLinks()

    /// - Returns: `nil` where callers have no limit.
    package init?(_ settings: LimitSettings, maximumCallers: Int = CallerRate.maximumCallers) {
        guard let rate = settings.perCaller else { return nil }
        self.maximumCallers = max(1, maximumCallers)
        (interval, reach) = Self.constants(rate: rate, burst: settings.burst)
    }

    /// Other settings from now on; the buckets' state is kept.
    ///
    /// - Parameter rate: requests a second.
    package mutating func reconfigure(rate: Int, burst: Int) {
        (interval, reach) = Self.constants(rate: rate, burst: burst)
    }

    /// Callers that are remembered.
    package var callerCount: Int { places.count }

    /// A caller wants to make a request.
    package mutating func take(_ caller: CallerKey, now: Moment) -> Decision {
        forgetFull(now: now)
        let place = place(of: caller, now: now)
        let fullAt = max(buckets[place].fullAt, now)
        let ahead = fullAt.since(now)
        guard ahead <= reach else {
            return .refuse(retryAfter: TimeSpan(nanoseconds: ahead.nanoseconds - reach.nanoseconds))
        }
        buckets[place].fullAt = fullAt.advanced(by: interval)
        return .allow
    }

    /// Two at most, which is one more than a request adds: no request pays for many.
    private mutating func forgetFull(now: Moment) {
        for _ in 0..<2 where !order.isEmpty && buckets[order.first].fullAt <= now { forgetOldest() }
    }

    private mutating func place(of caller: CallerKey, now: Moment) -> Int {
        if let known = places[caller] {
            links.remove(known, from: &order)
            links.append(known, to: &order)
            return known
        }
        if places.count >= maximumCallers { forgetOldest() }
        let bucket = Bucket(caller: caller, fullAt: now)
        let place: Int
        if let reused = free.popLast() {
            place = reused
            buckets[place] = bucket
        } else {
            place = buckets.count
            buckets.append(bucket)
        }
        places[caller] = place
        links.append(place, to: &order)
        return place
    }

    private mutating func forgetOldest() {
        let oldest = order.first
        links.remove(oldest, from: &order)
        places[buckets[oldest].caller] = nil
        free.append(oldest)
    }

    private static func constants(rate: Int, burst: Int) -> (interval: TimeSpan, reach: TimeSpan) {
        let interval = max(1, 1_000_000_000 / Int64(max(1, rate)))
        let (product, overflow) = interval.multipliedReportingOverflow(by: Int64(max(1, burst) - 1))
        // Half of all time, so that a moment that far ahead still is one.
        return (TimeSpan(nanoseconds: interval), TimeSpan(nanoseconds: overflow ? .max / 2 : min(product, .max / 2)))
    }
}
