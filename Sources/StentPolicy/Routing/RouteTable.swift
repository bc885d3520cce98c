import StentModel

/// What holds for one request: the constants of its route, ready to be used.
package struct RoutePlan: Sendable, Equatable {
    /// Place in the table; the last one is that of requests which no route matches.
    package var index: Int
    /// The pattern's text; empty where no route matched.
    package var name: String
    package var retry: RetryPolicy
    /// Largest content of a request, in bytes.
    package var bodyLimit: Int
    /// Content of a request kept for another attempt, in bytes.
    package var replayLimit: Int
    /// Answer held back until it is complete, in bytes.
    package var holdLimit: Int
    /// The whole exchange; `nil` is no deadline.
    package var deadline: TimeSpan?
    /// Who is served first; `nil` is by method.
    package var priority: Priority?
    /// How long a write of this route may take effect unseen; `nil` where it is not verified.
    package var settle: TimeSpan?
    /// Share of the route's answers after whose time a second attempt is made, in percent; `nil` never.
    package var hedge: Int?
    package var contract = PolicyMode.off
    /// `nil` is the mode of the resource.
    package var ownership: PolicyMode?
    /// A good answer is written down as a record.
    package var recordsAnswer = false
    /// `nil`: nothing is stored.
    package var cache: CachePlan?
}

/// The routes of a settings snapshot; the first that matches wins.
package struct RouteTable: Sendable {
    private struct Route: Sendable {
        var matcher: RouteMatcher
        var plan: RoutePlan
    }

    /// An answer that is to be written down is held whole up to here, in bytes.
    private static let recordLimit = 8 << 20

    private var routes: [Route]
    /// The plan of requests that no route matches.
    package let fallback: RoutePlan

    package init(_ settings: Settings) {
        let retry = settings.retry
        func plan(_ index: Int, _ name: String, _ route: RouteSettings?) -> RoutePlan {
            RoutePlan(
                index: index, name: name,
                retry: RetryPolicy(
                    retry, attempts: route?.attempts,
                    repeatable: route.map { $0.repeatable ? $0.match.methods : [] } ?? []),
                bodyLimit: (route?.body ?? settings.limits.body).value,
                replayLimit: retry.replayRequest.value,
                holdLimit: max(retry.holdResponse.value, route?.recordAsNote == nil ? 0 : Self.recordLimit),
                deadline: (route?.deadline ?? settings.upstream.deadline).map { TimeSpan($0) },
                priority: route?.priority, settle: route?.resend.map { TimeSpan($0.settle) },
                hedge: route?.hedge, contract: route?.contract ?? settings.contract?.requests ?? .off,
                ownership: route?.ownership, recordsAnswer: route?.recordAsNote != nil,
                cache: settings.cacheSharing(on: route).map { sharing in
                    CachePlan(
                        sharing: sharing, override: route?.cache?.freshness,
                        tags: route?.cache?.tags.map { Array($0.utf8) } ?? [])
                })
        }
        routes = settings.routes.enumerated().map { index, route in
            Route(matcher: RouteMatcher(route.match), plan: plan(index, route.match.text, route))
        }
        fallback = plan(settings.routes.count, "", nil)
    }

    /// The plans by index, the fallback's last.
    package var plans: [RoutePlan] { routes.map(\.plan) + [fallback] }

    /// The names by index, the fallback's last.
    package var names: [String] { plans.map(\.name) }

    /// The plan for a request.
    package func plan(for head: borrowing RequestHead) -> RoutePlan {
        guard !routes.isEmpty else { return fallback }
        let path = head.path
        for route in routes where route.matcher.matches(head, path: path) { return route.plan }
        return fallback
    }
}
