import StentModel

/// How long the answers of each route take: what a further attempt is judged by.
///
/// One worker's own: each sees enough of the answers to know.
package struct RouteTimes: Sendable {
    private struct Route {
        var name: String
        /// Share of its answers after whose time a second attempt is made, in percent.
        var share: Int?
        /// Of the answers lately seen; zero before the first.
        var quickest = TimeSpan.zero
        var hedge: HedgeDelay?

        init(_ name: String, share: Int?) {
            self.name = name
            self.share = share
            hedge = share.map { HedgeDelay(share: $0) }
        }
    }

    private var routes: [Route]

    /// - Parameter routes: by index, the name of each and its `hedge`, in percent.
    package init(_ routes: [(name: String, hedge: Int?)]) {
        self.routes = routes.map { Route($0.name, share: $0.hedge) }
    }

    /// The settings have changed. What is known of the routes is kept where they are the same; where one's `hedge` is
    /// another, its delay is learned anew.
    package mutating func reload(_ routes: [(name: String, hedge: Int?)]) {
        guard routes.map(\.name) == self.routes.map(\.name) else {
            self = RouteTimes(routes)
            return
        }
        for (index, route) in routes.enumerated() where route.hedge != self.routes[index].share {
            let quickest = self.routes[index].quickest
            self.routes[index] = Route(route.name, share: route.hedge)
            self.routes[index].quickest = quickest
        }
    }

    // A request that began before a reload has the index of a route that may be gone.

    /// An attempt on this route was answered well. The quickest one counts, and is slowly forgotten.
    package mutating func answered(route: Int, in time: TimeSpan) {
        guard routes.indices.contains(route) else { return }
        let known = routes[route].quickest.nanoseconds
        let (aged, overflow) = known.addingReportingOverflow(known / 64)
        routes[route].quickest = known == 0 || overflow ? time : TimeSpan(nanoseconds: min(time.nanoseconds, aged))
        routes[route].hedge?.learn(time)
    }

    /// An attempt on this route was given up after this time, for a second one that was quicker.
    package mutating func outran(route: Int, after time: TimeSpan) {
        guard routes.indices.contains(route) else { return }
        routes[route].hedge?.learn(time)
    }

    /// No attempt on this route takes less, as far as is known; zero where nothing is.
    package func quickest(route: Int) -> TimeSpan {
        routes.indices.contains(route) ? routes[route].quickest : .zero
    }

    /// When a request of this route is worth a second attempt; `nil` where that is not known yet, or never.
    package func hedgeDelay(route: Int) -> TimeSpan? {
        routes.indices.contains(route) ? routes[route].hedge?.delay : nil
    }
}
