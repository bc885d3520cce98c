import StentModel

/// Which of several upstream servers an attempt goes to: one worker's view of them.
///
/// The less busy of two servers drawn at random (Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing",
/// IEEE TPDS 12(10), 2001; Envoy's least request). One choice more than none takes the longest queue from growing with
/// log n to growing with log log n, and unlike the least busy of all it does not send every worker to the same server.
///
/// A server is *in* or *out*. It is out while it is ejected for its failures, or while active checks find it unhealthy.
/// Where all are out, all count as in: a guess is better than a refusal (Envoy's panic mode).
package struct Balancer: Sendable {
    /// What an attempt says of its server.
    package enum Result: Sendable, Equatable, CaseIterable {
        case good, failed
        /// It ended for another reason, such as the client's going away.
        case noVerdict
    }

    /// What active checks say of a server.
    package enum Health: Sendable, Equatable, CaseIterable {
        case healthy, unhealthy
    }

    /// How a server stands; the raw value is a metric's label.
    package enum State: String, Sendable, CaseIterable {
        case eligible
        /// In, but for a while with less than its share of attempts: it has just come back.
        case warming
        case ejected, unhealthy
    }

    private struct Server: Sendable {
        var health = Health.healthy
        /// `nil` where it is not ejected.
        var ejectedUntil: Moment?
        /// Attempts under way.
        var active = 0
        /// Failed attempts since the last good one.
        var failures = 0
        /// How many times it was ejected, less those that are forgotten.
        var remembered = 0
        /// How many times it was ejected at all.
        var ejections: UInt64 = 0
        /// When it came back last; `nil` where it has never been out.
        var backSince: Moment?

        var isIn: Bool { health == .healthy && ejectedUntil == nil }
    }

    /// The longest ejection, in ejections of the first length.
    private static let longest = 10
    /// The least weight of a server that has just come back (Envoy's `min_weight_percent`).
    private static let leastWeight = 0.1

    private var servers: [Server]
    private var ejectsAfter: Int
    private var ejectionSpan: TimeSpan
    private var slowStart: TimeSpan
    /// How many are in.
    private var inCount: Int
    /// When the next ejection ends.
    private var nextReturn = Moment.distantFuture

    package init(servers count: Int, ejection: EjectionSettings, slowStart: TimeSpan) {
        servers = Array(repeating: Server(), count: max(0, count))
        ejectsAfter = ejection.failures
        ejectionSpan = max(TimeSpan(ejection.duration), TimeSpan(nanoseconds: 1))
        self.slowStart = slowStart
        inCount = servers.count
    }

    /// The same servers, or some of them and others, under new settings. Attempts under way are forgotten: those end at
    /// servers as they were numbered before.
    ///
    /// - Parameter places: for each server, its former number; `nil` is a new one.
    package func rearranged(_ places: [Int?], ejection: EjectionSettings, slowStart: TimeSpan) -> Balancer {
        var balancer = Balancer(servers: places.count, ejection: ejection, slowStart: slowStart)
        for (index, place) in places.enumerated() {
            guard let place, servers.indices.contains(place) else { continue }
            balancer.servers[index] = servers[place]
            balancer.servers[index].active = 0
        }
        balancer.recount()
        return balancer
    }

    /// New settings for the same servers; an ejection under way keeps its end.
    package mutating func adopt(ejection: EjectionSettings, slowStart: TimeSpan) {
        ejectsAfter = ejection.failures
        ejectionSpan = max(TimeSpan(ejection.duration), TimeSpan(nanoseconds: 1))
        self.slowStart = slowStart
    }

    /// The server of the next attempt; 0 where there is no choice.
    ///
    /// - Parameters:
    ///   - first, second: drawn by the caller from 0...1.
    ///   - avoiding: where the exchange's last attempt failed; taken again only where no other is in (Envoy's
    ///     `previous_hosts`).
    package mutating func pick(_ first: Double, _ second: Double, avoiding: Int?, now: Moment) -> Int {
        guard servers.count > 1 else { return 0 }
        settle(now: now)
        var avoided = avoiding.flatMap { isCandidate($0) ? $0 : nil }
        var count = inCount > 0 ? inCount : servers.count
        if avoided != nil, count == 1 { avoided = nil }
        if avoided != nil { count -= 1 }
        let (one, chance) = Self.place(first, of: count)
        let left = candidate(one, avoiding: avoided)
        guard count > 1 else { return left }
        let (step, _) = Self.place(second, of: count - 1)
        let right = candidate(step < one ? step : step + 1, avoiding: avoided)
        // Where little is under way, weights alone would keep a warming server waiting until it is warm: one attempt
        // there is as much as ten elsewhere. So the first of the two competes, with the chance of its weight, as if it
        // were warm: that is less than its due in a rush, and when it is quiet a ramp of its own.
        let weight = weight(of: left, now: now)
        return load(left, weight: chance < weight ? 1 : weight) <= load(right, weight: self.weight(of: right, now: now))
            ? left : right
    }

    /// An attempt at this server begins; `ended` is told of its end, once.
    package mutating func began(_ server: Int) {
        guard servers.count > 1 else { return }
        servers[server].active += 1
    }

    package mutating func ended(_ server: Int, _ result: Result, now: Moment) {
        guard servers.count > 1 else { return }
        assert(servers[server].active > 0, "an attempt that ends has begun")
        servers[server].active = max(0, servers[server].active - 1)
        settle(now: now)
        switch result {
        case .good: servers[server].failures = 0
        case .failed: failed(server, now: now)
        case .noVerdict: break
        }
    }

    /// Active checks have come to another verdict, or still hold the same.
    package mutating func health(_ server: Int, _ health: Health, now: Moment) {
        guard servers.count > 1, servers[server].health != health else { return }
        settle(now: now)
        let wasIn = servers[server].isIn
        if wasIn { forget(server, now: now) }
        servers[server].health = health
        if !wasIn, servers[server].isIn { cameBack(server, at: now) }
        recount()
    }

    package func state(of server: Int, now: Moment) -> State {
        let server = servers[server]
        if server.health == .unhealthy { return .unhealthy }
        if let until = server.ejectedUntil, now < until { return .ejected }
        guard let since = server.ejectedUntil ?? server.backSince, now.since(since) < slowStart else {
            return .eligible
        }
        return .warming
    }

    /// Attempts under way at this server; not counted where it is the only one.
    package func active(at server: Int) -> Int { servers[server].active }

    /// How many times this server was ejected.
    package func ejections(of server: Int) -> UInt64 { servers[server].ejections }
}

// MARK: - Out and back

extension Balancer {
    private mutating func failed(_ server: Int, now: Moment) {
        // Attempts that were under way when it was ejected, or are made in panic, don't make it longer.
        guard ejectsAfter > 0, servers[server].ejectedUntil == nil else { return }
        servers[server].failures = min(servers[server].failures + 1, ejectsAfter)
        guard servers[server].failures == ejectsAfter else { return }
        // Never the last one. It stays on the brink: another one's return leaves it a single failure.
        guard inCount > (servers[server].isIn ? 1 : 0) else { return }
        if servers[server].isIn { forget(server, now: now) }
        servers[server].remembered += 1
        servers[server].ejections &+= 1
        servers[server].failures = 0
        let times = Int64(min(servers[server].remembered, Self.longest))
        let (span, overflow) = ejectionSpan.nanoseconds.multipliedReportingOverflow(by: times)
        servers[server].ejectedUntil = now.advanced(by: TimeSpan(nanoseconds: overflow ? .max : span))
        recount()
    }

    /// Ends the ejections whose time is over.
    private mutating func settle(now: Moment) {
        guard now >= nextReturn else { return }
        for index in servers.indices {
            guard let until = servers[index].ejectedUntil, until <= now else { continue }
            servers[index].ejectedUntil = nil
            servers[index].failures = 0
            if servers[index].isIn { cameBack(index, at: until) }
        }
        recount()
    }

    private mutating func cameBack(_ server: Int, at moment: Moment) {
        servers[server].backSince = moment
        servers[server].failures = 0
    }

    /// A server that was in goes out: one earlier ejection is forgotten for each ejection's length that it stayed in.
    private mutating func forget(_ server: Int, now: Moment) {
        guard let since = servers[server].backSince else { return }
        let spans = now.since(since).nanoseconds / ejectionSpan.nanoseconds
        servers[server].remembered -= Int(min(spans, Int64(servers[server].remembered)))
    }

    private mutating func recount() {
        inCount = 0
        nextReturn = .distantFuture
        for server in servers {
            if server.isIn { inCount += 1 }
            if let until = server.ejectedUntil { nextReturn = min(nextReturn, until) }
        }
    }
}

// MARK: - Choice

extension Balancer {
    private func isCandidate(_ server: Int) -> Bool {
        servers.indices.contains(server) && (inCount == 0 || servers[server].isIn)
    }

    /// The server with this number among the candidates.
    private func candidate(_ number: Int, avoiding: Int?) -> Int {
        if inCount == servers.count, avoiding == nil { return number }
        var left = number
        for index in servers.indices where isCandidate(index) && index != avoiding {
            if left == 0 { return index }
            left -= 1
        }
        preconditionFailure("there are as many candidates as were counted")
    }

    private func load(_ server: Int, weight: Double) -> Double { Double(servers[server].active + 1) / weight }

    /// Grows with time to 1, from the least weight once it is past that (Envoy's slow start with an aggression of 1).
    private func weight(of server: Int, now: Moment) -> Double {
        guard let since = servers[server].backSince, servers[server].isIn else { return 1 }
        let elapsed = now.since(since)
        guard elapsed < slowStart else { return 1 }
        return max(Self.leastWeight, Double(elapsed.nanoseconds) / Double(slowStart.nanoseconds))
    }

    /// A draw as one of `count` numbers, and what is left of it as another draw.
    private static func place(_ draw: Double, of count: Int) -> (Int, chance: Double) {
        // The comparisons also keep a draw that is no number, and one of exactly 1, in bounds.
        guard draw > 0 else { return (0, 0) }
        guard draw < 1 else { return (count - 1, 1) }
        let scaled = draw * Double(count)
        let number = min(Int(scaled), count - 1)
        return (number, scaled - Double(number))
    }
}
