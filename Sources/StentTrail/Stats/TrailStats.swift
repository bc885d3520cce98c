/// Figures of the exchanges in a trail, by route, by user and by hour.
package struct TrailStats: Sendable, Equatable {
    package struct Route: Sendable, Equatable {
        package var count = 0
        /// Answered 5xx or not at all.
        package var failures = 0
        /// Refused by a policy, or answered 401 or 403.
        package var refused = 0
        package var tries = 0
        /// Copies that the cache had.
        package var hits = 0
        package var durations = DurationHistogram()

        mutating func merge(_ other: Route) {
            count += other.count
            failures += other.failures
            refused += other.refused
            tries += other.tries
            hits += other.hits
            durations.merge(other.durations)
        }
    }

    package struct Share: Sendable, Equatable {
        package var count = 0
        package var failures = 0
    }

    /// By the route's name; empty: none matched.
    package private(set) var routes: [String: Route] = [:]
    package private(set) var users: [String: Share] = [:]
    /// By the time's first 13 characters.
    package private(set) var hours: [String: Share] = [:]
    /// Exchanges of users, routes or hours that there was no room for.
    package private(set) var uncounted = 0
    private let limit: Int

    /// - Parameter limit: users beyond which new ones are only counted; and so of routes and hours.
    package init(limit: Int = 10_000) { self.limit = limit }

    /// Counts an exchange of a client's; stent's own and lines about stent itself are passed over.
    package mutating func add(_ record: TrailRecord) {
        guard record.phase == .outcome, record.listener != "own" else { return }
        let status = record.status
        let failed = status.map { $0 >= 500 } ?? true
        var route = Route()
        route.count = 1
        route.failures = failed ? 1 : 0
        let isRefused = status == 401 || status == 403 || record.decisions.contains { $0.isRefusal && $0.isEnforced }
        route.refused = isRefused ? 1 : 0
        route.tries = record.tryCount
        route.hits = ["hit", "stale", "validated"].contains(record.cache ?? "") ? 1 : 0
        if let duration = record.duration { route.durations.add(duration) }
        merge(route, as: record.route ?? "")
        let share = Share(count: 1, failures: failed ? 1 : 0)
        if let user = record.user ?? record.staff { count(share, as: user, in: \.users) }
        if let time = record.time, time.utf8.count >= 13 { count(share, as: String(time.prefix(13)), in: \.hours) }
    }

    package mutating func merge(_ other: TrailStats) {
        for (name, route) in other.routes { merge(route, as: name) }
        for (name, share) in other.users { count(share, as: name, in: \.users) }
        for (name, share) in other.hours { count(share, as: name, in: \.hours) }
        uncounted += other.uncounted
    }

    private mutating func merge(_ route: Route, as name: String) {
        guard routes[name] != nil || routes.count < limit else {
            uncounted += route.count
            return
        }
        routes[name, default: Route()].merge(route)
    }

    private mutating func count(
        _ share: Share, as name: String, in shares: WritableKeyPath<TrailStats, [String: Share]>
    ) {
        guard self[keyPath: shares][name] != nil || self[keyPath: shares].count < limit else {
            uncounted += share.count
            return
        }
        self[keyPath: shares][name, default: Share()].count += share.count
        self[keyPath: shares][name, default: Share()].failures += share.failures
    }
}
