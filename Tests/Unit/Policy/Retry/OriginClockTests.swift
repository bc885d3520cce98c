import StentModel
import StentPolicy
import Testing

private let hour: Int64 = 3_600_000

/// Milliseconds on either clock since a moment of 2026 that is no whole second, so that no time looks cut to one.
private func at(_ milliseconds: Int64) -> WallTime {
    WallTime(nanoseconds: 1_772_359_200_500_000_000 + milliseconds * 1_000_000)
}

private func clock(skew: Int64 = 5_000) -> OriginClock { OriginClock(clockSkew: .milliseconds(skew)) }

@Suite struct `The earliest time of a create on the upstream's clock` {
    @Test func `is the clock skew before it was sent, while nothing is known`() {
        #expect(clock().earliest(at(0)) == at(-5_000))
        #expect(clock(skew: -1).earliest(at(0)) == at(0))
    }

    @Test(arguments: [0, hour, -hour, 30 * hour, -1])
    func `is told by a record's time of creation, however wrong the upstream's clock`(offset: Int64) {
        var clock = clock()
        clock.learn(created: at(offset + 40), sent: at(0), received: at(100))
        let earliest = clock.earliest(at(1_000))
        // Sent at 1,000 of ours is 1,000 + offset of theirs; the bound is earlier by what the answer may have taken.
        #expect(earliest.nanoseconds <= at(offset + 1_000).nanoseconds)
        #expect(earliest.nanoseconds >= at(offset + 1_000 - 60 - 4).nanoseconds)
    }

    @Test func `is moved by the newest answer, forth and back`() {
        var clock = clock()
        for offset in [0, hour, -hour, 2_000, 0] {
            clock.learn(created: at(offset + 5), sent: at(0), received: at(10))
            #expect(clock.earliest(at(20)).nanoseconds > at(offset + 10).nanoseconds)
            #expect(clock.earliest(at(20)).nanoseconds <= at(offset + 20).nanoseconds)
        }
    }

    @Test func `allows for what the clocks drift apart, up to the clock skew`() {
        var clock = clock()
        clock.learn(created: at(0), sent: at(0), received: at(0))
        #expect(clock.earliest(at(1_000_000)) == at(1_000_000 - 1_000 - 2))
        #expect(clock.earliest(at(-1_000_000)) == at(-1_000_000 - 1_000 - 2))
        #expect(clock.earliest(at(100 * hour)) == at(100 * hour - 5_000 - 2))
    }

    @Test func `allows for a second where times have no fraction`() {
        var clock = clock()
        let second = WallTime(nanoseconds: 1_772_359_200_000_000_000)
        clock.learn(created: second, sent: second, received: second)
        #expect(clock.earliest(second).nanoseconds == second.nanoseconds - 1_000_000_000)
    }

    @Test func `does not learn across a jump of our own clock`() {
        var clock = clock()
        clock.learn(created: at(hour), sent: at(10), received: at(0))
        #expect(clock == OriginClock(clockSkew: .milliseconds(5_000)))
    }

    @Test func `survives every time there can be`() {
        let times = [Int64.min, .min + 1, -1, 0, 1, .max - 1, .max].map { WallTime(nanoseconds: $0) }
        for created in times {
            for sent in times {
                for received in times {
                    var clock = OriginClock(clockSkew: TimeSpan(nanoseconds: .max))
                    clock.learn(created: created, sent: sent, received: received)
                    for time in times { _ = clock.earliest(time) }
                }
            }
        }
    }
}

@Suite struct `A time of an upstream's` {
    @Test(
        arguments: [
            ("1970-01-01T00:00:00Z", 0, 1_000_000_000), ("1970-01-01t00:00:00.5z", 500_000_000, 100_000_000),
            ("1970-01-01 01:00:00.001+01:00", 1_000_000, 1_000_000), ("1969-12-31T23:59:59.999999999Z", -1, 1),
            ("1969-12-31T22:59:59.99999999999-01:00", -1, 1),
            ("2026-03-01T09:30:00.123Z", 1_772_357_400_123_000_000, 1_000_000),
            ("2000-02-29T00:00:00Z", 951_782_400_000_000_000, 1_000_000_000),
            ("1998-12-31T23:59:60Z", 915_148_800_000_000_000, 1_000_000_000),
            ("1678-01-01T00:00:00+23:59", -9_214_646_340_000_000_000, 1_000_000_000),
            ("2261-12-31T23:59:60.999999999-23:59", 9_214_732_740_999_999_999, 1),
        ] as [(String, Int64, Int64)])
    func `is read to its last digit`(text: String, nanoseconds: Int64, resolution: Int64) {
        #expect(OriginTime(text)?.time == WallTime(nanoseconds: nanoseconds))
        #expect(OriginTime(text)?.resolution == TimeSpan(nanoseconds: resolution))
    }

    @Test(arguments: [
        "", "2026-03-01", "2026-03-01T09:30:00", "2026-03-01T09:30Z", "2026-3-01T09:30:00Z", "2026-13-01T09:30:00Z",
        "2026-00-01T09:30:00Z", "2026-02-29T09:30:00Z", "1900-02-29T09:30:00Z", "2026-04-31T09:30:00Z",
        "2026-03-00T09:30:00Z",
        "2026-03-01T24:00:00Z", "2026-03-01T09:60:00Z", "2026-03-01T09:30:61Z", "2026-03-01T09:30:00.Z",
        "2026-03-01T09:30:00,5Z",
        "2026-03-01T09:30:00+24:00", "2026-03-01T09:30:00+0100", "2026-03-01T09:30:00Zx", " 2026-03-01T09:30:00Z",
        "0000-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z", "1677-12-31T23:59:59Z", "2026-03-01T09:30:00.\(String(repeating: "0", count: 64))Z",
        "２026-03-01T09:30:00Z",
    ])
    func `is refused where it is none`(text: String) {
        #expect(OriginTime(text) == nil)
    }
}
