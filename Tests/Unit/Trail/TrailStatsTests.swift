import StentTrail
import Testing

@Suite struct TrailStatsTests {
    @Test(arguments: [0, 1, 31, 32, 33, 63, 64, 1_000, 12_345, 1_000_000, 86_400_000_000, Int.max / 2])
    func `a quantile is never too low, and at most a sixteenth too high`(value: Int) throws {
        var histogram = DurationHistogram()
        histogram.add(Microseconds(value))
        let found = try #require(histogram.quantile(0.5)).count
        #expect(found >= value)
        #expect(found - value <= value / 16)
    }

    @Test func `quantiles of many are those of their order, also when they were counted apart`() throws {
        var left = DurationHistogram()
        var right = DurationHistogram()
        for value in 1...500 { left.add(Microseconds(value * 1_000)) }
        for value in 501...1_000 { right.add(Microseconds(value * 1_000)) }
        right.merge(left)
        #expect(right.count == 1_000)
        #expect((500_000...532_000).contains(try #require(right.quantile(0.5)).count))
        #expect((950_000...1_010_000).contains(try #require(right.quantile(0.95)).count))
        #expect(DurationHistogram().quantile(0.5) == nil)
    }

    @Test func `exchanges of clients are counted by route, user and hour; stent's own and events are not`() throws {
        var stats = TrailStats()
        for line in Lines.all { stats.add(try #require(TrailRecord(Array(line.utf8)))) }
        #expect(stats.routes.mapValues(\.count) == ["patients": 1, "{PATCH,PUT,DELETE} /notes/{id}": 1, "screen": 1])
        #expect(stats.routes["patients"]?.tries == 2)
        #expect(stats.routes["screen"]?.failures == 1)
        #expect(stats.routes["{PATCH,PUT,DELETE} /notes/{id}"]?.refused == 1)
        #expect(stats.users.keys.sorted() == ["=cmd", "staff7", "staff9"])
        #expect(stats.hours.mapValues(\.count) == ["2026-03-01T09": 2, "2026-03-01T10": 1])
    }

    @Test func `users beyond the limit are counted, not kept`() throws {
        var stats = TrailStats(limit: 2)
        for user in 1...5 {
            stats.add(
                try #require(TrailRecord(Array(#"{"phase":"outcome","route":"a","actor":{"user":"\#(user)"}}"#.utf8))))
        }
        #expect(stats.users.count == 2)
        #expect(stats.uncounted == 3)
    }
}
