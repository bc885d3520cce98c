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
}

/// The routes of a settings snapshot; the first that matches wins.
package struct RouteTable: Sendable {
    private struct Route: Sendable {
        var pattern: RoutePattern
        var methods: MethodSet
        var anyMethod: Bool
        var plan: RoutePlan
    }

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
                holdLimit: retry.holdResponse.value,
                deadline: (route?.deadline ?? settings.upstream.deadline).map { TimeSpan($0) },
                priority: route?.priority, settle: route?.resend.map { TimeSpan($0.settle) },
                hedge: route?.hedge)
        }
        routes = settings.routes.enumerated().map { index, route in
            var methods = route.match.methods
            if methods.contains(.get) { methods.insert(.head) }  // RFC 9110 §9.3.2: HEAD is GET without its content
            return Route(
                pattern: route.match, methods: MethodSet(methods), anyMethod: methods.isEmpty,
                plan: plan(index, route.match.text, route))
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
        for route in routes where route.anyMethod || route.methods.contains(head.method) {
            if Self.matches(route.pattern.segments, head.fields.bytes, path) { return route.plan }
        }
        return fallback
    }

    /// Compares segment by segment. A trailing slash and a `.json` suffix name the same resource (DESIGN: canonical
    /// request).
    private static func matches(_ pattern: [RoutePattern.Segment], _ bytes: [UInt8], _ path: Slot) -> Bool {
        // The path of an absolute-form target may be empty and is `/` then.
        if path.isEmpty { return pattern.isEmpty || pattern.first == .rest }
        guard path.upperBound <= bytes.count, bytes[path.lowerBound] == 0x2F else { return false }
        let span = bytes.span
        var end = path.upperBound
        if end - path.lowerBound > 1, span[end - 1] == 0x2F { end -= 1 }
        end = withoutSuffix(span, path.lowerBound..<end)
        var start = path.lowerBound + 1
        var rest = pattern[...]
        while true {
            if rest.first == .rest { return true }
            guard start < end else { return rest.isEmpty }
            var stop = start
            while stop < end, span[stop] != 0x2F { stop += 1 }
            guard let segment = rest.popFirst(), matches(segment, span, start..<stop) else { return false }
            start = stop + 1
        }
    }

    private static func withoutSuffix(_ bytes: Span<UInt8>, _ path: Range<Int>) -> Int {
        let suffix: StaticString = ".json"
        guard path.count > suffix.utf8CodeUnitCount + 1 else { return path.upperBound }
        let start = path.upperBound - suffix.utf8CodeUnitCount
        let isSuffix = suffix.withUTF8Buffer { expected in
            expected.indices.allSatisfy { bytes[start + $0] == expected[$0] }
        }
        return isSuffix && bytes[start - 1] != 0x2F ? start : path.upperBound
    }

    private static func matches(_ segment: RoutePattern.Segment, _ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        switch segment {
        case .rest: true
        case .parameter: !range.isEmpty
        case .oneOf(let texts):
            texts.contains { text in
                var index = range.lowerBound
                for byte in text.utf8 {
                    guard index < range.upperBound else { return false }
                    var found = bytes[index]
                    index += 1
                    if found == 0x25,
                        let value = PercentEncoding.byte(in: bytes, at: index - 1, end: range.upperBound)
                    {
                        found = value
                        index += 2
                    }
                    guard found == byte else { return false }
                }
                return index == range.upperBound
            }
        }
    }
}
