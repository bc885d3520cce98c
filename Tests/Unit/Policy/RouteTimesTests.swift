import StentModel
import StentPolicy
import Testing

private let routes: [(name: String, hedge: Int?)] = [("GET /notes", 90), ("GET /patients", nil), ("", nil)]

extension RouteTimes {
    fileprivate mutating func answer(route: Int, _ count: Int, in time: TimeSpan) {
        for _ in 0..<count { answered(route: route, in: time) }
    }
}

@Suite struct `The quickest answer of a route` {
    @Test func `is unknown before there was one`() {
        #expect(RouteTimes(routes).quickest(route: 0) == .zero)
    }

    @Test func `is each route's own`() {
        var times = RouteTimes(routes)
        times.answered(route: 0, in: .milliseconds(64))
        times.answered(route: 2, in: .milliseconds(7))
        #expect(times.quickest(route: 0) == .milliseconds(64))
        #expect(times.quickest(route: 1) == .zero)
        #expect(times.quickest(route: 2) == .milliseconds(7))
    }

    @Test func `is the shortest, and forgotten by a 64th with each that took longer`() {
        var times = RouteTimes(routes)
        times.answered(route: 1, in: .milliseconds(64))
        times.answered(route: 1, in: .milliseconds(900))
        #expect(times.quickest(route: 1) == .milliseconds(65))
        times.answered(route: 1, in: .milliseconds(3))
        #expect(times.quickest(route: 1) == .milliseconds(3))
        times.answer(route: 1, 1000, in: .milliseconds(900))
        #expect(times.quickest(route: 1) == .milliseconds(900))
    }

    @Test func `does not count those that were given up`() {
        var times = RouteTimes(routes)
        times.outran(route: 0, after: .milliseconds(1))
        #expect(times.quickest(route: 0) == .zero)
    }

    @Test func `survives the longest times there can be`() {
        var times = RouteTimes(routes)
        times.answer(route: 0, 3, in: TimeSpan(nanoseconds: .max))
        #expect(times.quickest(route: 0) == TimeSpan(nanoseconds: .max))
        times.answer(route: 0, 3, in: TimeSpan(nanoseconds: .min))
        #expect(times.quickest(route: 0) == TimeSpan(nanoseconds: .min))
    }
}

@Suite struct `The delay before a second attempt` {
    @Test func `is learned from the answers of a route that has one, and of no other`() {
        var times = RouteTimes(routes)
        times.answer(route: 0, 19, in: .milliseconds(10))
        times.answer(route: 1, 100, in: .milliseconds(10))
        #expect(times.hedgeDelay(route: 0) == nil)
        #expect(times.hedgeDelay(route: 1) == nil)
        times.answered(route: 0, in: .milliseconds(10))
        #expect(times.hedgeDelay(route: 0) == .milliseconds(10))
        #expect(times.hedgeDelay(route: 1) == nil)
    }

    /// Else what is slow would leave the sample, and the delay become shorter and shorter.
    @Test func `is learned from attempts that were outrun too`() {
        var times = RouteTimes(routes)
        times.answer(route: 0, 15, in: .milliseconds(10))
        for _ in 0..<5 { times.outran(route: 0, after: .milliseconds(80)) }
        #expect(times.hedgeDelay(route: 0) == .milliseconds(80))
    }

    @Test func `is learned by the share of the settings`() {
        var times = RouteTimes([("a", 50), ("b", 99)])
        for route in 0...1 {
            times.answer(route: route, 12, in: .milliseconds(10))
            times.answer(route: route, 8, in: .milliseconds(80))
        }
        #expect(times.hedgeDelay(route: 0) == .milliseconds(10))
        #expect(times.hedgeDelay(route: 1) == .milliseconds(80))
    }
}

@Suite struct `What is known of the times of routes` {
    private static func learned() -> RouteTimes {
        var times = RouteTimes(routes)
        times.answer(route: 0, 20, in: .milliseconds(10))
        times.answer(route: 1, 20, in: .milliseconds(30))
        return times
    }

    @Test func `is kept where settings change that are not theirs`() {
        var times = Self.learned()
        times.reload(routes)
        #expect(times.quickest(route: 0) == .milliseconds(10))
        #expect(times.quickest(route: 1) == .milliseconds(30))
        #expect(times.hedgeDelay(route: 0) == .milliseconds(10))
    }

    @Test func `is forgotten where the routes are others`() {
        var times = Self.learned()
        times.reload([("GET /patients", 90), ("GET /notes", 90), ("", nil)])
        for route in 0..<3 {
            #expect(times.quickest(route: route) == .zero)
            #expect(times.hedgeDelay(route: route) == nil)
        }
    }

    @Test func `but for its delay is kept where only a route's share is another`() {
        var times = Self.learned()
        times.reload([("GET /notes", 50), ("GET /patients", 90), ("", nil)])
        #expect(times.quickest(route: 0) == .milliseconds(10))
        #expect(times.quickest(route: 1) == .milliseconds(30))
        #expect(times.hedgeDelay(route: 0) == nil)
        times.answer(route: 0, 12, in: .milliseconds(20))
        times.answer(route: 0, 8, in: .milliseconds(80))
        #expect(times.hedgeDelay(route: 0) == .milliseconds(20))
        times.answer(route: 1, 20, in: .milliseconds(40))
        #expect(times.hedgeDelay(route: 1) == .milliseconds(40))
        times.reload(routes)
        #expect(times.hedgeDelay(route: 1) == nil)
    }

    @Test(arguments: [3, 99, -1, .max, .min])
    func `is nothing for a route that is gone`(route: Int) {
        var times = Self.learned()
        times.answered(route: route, in: .seconds(1))
        times.outran(route: route, after: .seconds(1))
        #expect(times.quickest(route: route) == .zero)
        #expect(times.hedgeDelay(route: route) == nil)
    }
}
