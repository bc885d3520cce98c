import StentModel
import StentPolicy
import Testing

/// A breaker with attempts one after the other.
private struct Course {
    var breaker = Breaker(BreakerSettings())
    var now = Moment(nanoseconds: 0)

    mutating func end(_ result: Breaker.Result, epoch: Int? = nil, normal: Int = 8) {
        breaker.record(result, epoch: epoch ?? breaker.epoch, normal: normal, now: now)
    }

    mutating func end(_ count: Int, _ result: Breaker.Result) { for _ in 0..<count { end(result) } }

    mutating func pass(_ span: TimeSpan) { now = now.advanced(by: span) }

    /// Attempts until it has seen so many, waiting for each probe; the number of openings.
    mutating func run(_ count: Int, failing share: Double, seed: UInt64) -> Int {
        var random = SeededRandom(seed: seed)
        let before = breaker.openings
        let bound = UInt64(share * 1_000_000)
        for _ in 0..<count {
            if breaker.state == .open { now = breaker.nextProbe }
            end(random.next() % 1_000_000 < bound ? .failed : .good)
        }
        return breaker.openings - before
    }
}

@Suite struct `The breaker` {
    @Test func `opens at the fourth failure in a row, and is suspicious from the second`() {
        var course = Course()
        course.end(20, .good)
        course.end(.failed)
        #expect(course.breaker.state == .closed)
        course.end(.failed)
        #expect(course.breaker.state == .suspicious)
        #expect(course.breaker.limit(normal: 8, now: course.now) == 1)
        course.end(.failed)
        #expect(course.breaker.state == .suspicious)
        course.end(.failed)
        #expect(course.breaker.state == .open)
        #expect(course.breaker.openings == 1)
    }

    @Test(arguments: [1, 2, 3, 4, 8, 20])
    func `opens after as many failures as the settings say`(failures: Int) {
        var settings = BreakerSettings()
        settings.failures = failures
        var course = Course(breaker: Breaker(settings))
        course.end(failures - 1, .failed)
        #expect(course.breaker.state != .open)
        course.end(.failed)
        #expect(course.breaker.state == .open)
    }

    @Test func `trusts again after a success`() {
        var course = Course()
        course.end(3, .failed)
        course.end(.good)
        #expect(course.breaker.state == .closed)
        #expect(course.breaker.limit(normal: 8, now: course.now) == 8)
    }

    @Test func `does not ask for failures in a row: five of six open it as well`() {
        var course = Course()
        course.end(3, .failed)
        course.end(.good)
        course.end(2, .failed)
        #expect(course.breaker.state == .open)
    }

    @Test func `opens about once in a million attempts where 3 percent fail`() {
        // 0.03^4 for four in a row: 0.8 are expected, and more than 3 in one of a hundred runs of this test.
        var course = Course()
        #expect(course.run(1_000_000, failing: 0.03, seed: 1) <= 3)
    }

    @Test func `needs far more evidence where it has learned that 35 percent fail`() {
        var course = Course()
        _ = course.run(5_000, failing: 0.35, seed: 1)
        #expect(abs(course.breaker.usualRate - 0.35) < 0.1)
        #expect(course.run(100_000, failing: 0.35, seed: 2) <= 4)  // 1 is expected, and 3 more on its ramp
        course.end(10, .good)
        course.end(2, .failed)
        #expect(course.breaker.state == .closed)
        course.end(16, .failed)
        #expect(course.breaker.state == .open)
    }

    @Test func `learns nothing while it is open`() {
        var course = Course()
        course.end(4, .failed)
        let usual = course.breaker.usualRate
        for _ in 0..<1_000 {
            course.now = course.breaker.nextProbe
            course.end(.failed)
        }
        #expect(course.breaker.usualRate == usual)
        #expect(course.breaker.state == .open)
    }

    @Test func `probes after one second, then after pauses that double up to four`() {
        var course = Course()
        course.end(4, .failed)
        var pauses: [TimeSpan] = []
        for _ in 0..<5 {
            pauses.append(course.breaker.nextProbe.since(course.now))
            #expect(course.breaker.limit(normal: 8, now: course.now) == 0)
            course.now = course.breaker.nextProbe
            #expect(course.breaker.limit(normal: 8, now: course.now) == 1)
            course.end(.failed)
        }
        #expect(pauses == [1, 2, 4, 4, 4].map { .seconds($0) })
    }

    @Test func `lets up one, two, four at once after a good probe, and then all`() {
        var course = Course()
        course.end(4, .failed)
        course.pass(.seconds(1))
        var limits: [Int] = []
        for _ in 0..<4 {
            course.end(.good)
            limits.append(course.breaker.limit(normal: 8, now: course.now))
        }
        #expect(limits == [1, 2, 4, 8])
        #expect(course.breaker.state == .closed)
    }

    @Test func `ends its ramp also for an upstream without a limit`() {
        var course = Course()
        course.end(4, .failed)
        for _ in 0..<7 { course.end(.good, normal: .max) }
        #expect(course.breaker.state == .closed)
        #expect(course.breaker.limit(normal: .max, now: course.now) == .max)
    }

    @Test func `opens again at a failure straight behind the probe, with the first pause`() {
        var course = Course()
        course.end(4, .failed)
        course.end(2, .failed)
        course.end(.good)
        #expect(course.breaker.state == .ramping)
        course.end(.failed)
        #expect(course.breaker.state == .open)
        #expect(course.breaker.openings == 2)
        #expect(course.breaker.nextProbe.since(course.now) == .seconds(1))
    }

    @Test func `climbs more slowly at a failure further up the ramp`() {
        var course = Course()
        course.end(4, .failed)
        course.end(3, .good)
        #expect(course.breaker.limit(normal: 8, now: course.now) == 4)
        course.end(.failed)
        #expect(course.breaker.state == .ramping)
        #expect(course.breaker.limit(normal: 8, now: course.now) == 2)
    }

    @Test func `is not calmed by a good answer to what was admitted before the failures began`() {
        var breaker = Breaker(BreakerSettings())
        let now = Moment(nanoseconds: 1)
        for number in 10..<12 { breaker.record(.failed, epoch: 0, admitted: number, normal: 8, now: now) }
        #expect(breaker.state == .suspicious)
        breaker.record(.good, epoch: 0, admitted: 9, normal: 8, now: now)
        #expect(breaker.state == .suspicious)
        breaker.record(.good, epoch: 1, admitted: 12, normal: 8, now: now)
        #expect(breaker.state == .closed)
    }

    @Test func `learns a brownout within some tens of attempts, and an outage never`() {
        var course = Course()
        for _ in 0..<20 {
            course.end(2, .good)
            course.end(.failed)
        }
        #expect(course.breaker.usualRate > 0.2)
        course.end(50, .failed)
        #expect(course.breaker.state == .open)
        #expect(course.breaker.usualRate < 0.4)
    }

    @Test func `is not held open by failures of attempts admitted before, but closed by their success`() {
        var course = Course()
        let before = course.breaker.epoch
        course.end(4, .failed)
        let probe = course.breaker.nextProbe
        course.pass(.milliseconds(500))
        course.end(.failed, epoch: before)
        #expect(course.breaker.nextProbe == probe)
        course.end(.good, epoch: before)
        #expect(course.breaker.state == .ramping)
        course.end(.failed, epoch: before)
        #expect(course.breaker.state == .ramping)
    }

    @Test func `is closed by such a success once only, or old work would be taken for life`() {
        var course = Course()
        let before = course.breaker.epoch
        course.end(4, .failed)
        course.end(.good, epoch: before)
        course.end(.failed)
        #expect(course.breaker.state == .open)
        course.end(.good, epoch: before)
        #expect(course.breaker.state == .open)
        course.end(.good)
        #expect(course.breaker.state == .ramping)
    }

    @Test func `takes new settings without forgetting its state`() {
        var course = Course()
        course.end(4, .failed)
        var settings = BreakerSettings()
        settings.probeMaximum = .seconds(1)
        course.breaker.reconfigure(settings)
        #expect(course.breaker.state == .open)
        course.end(.failed)
        #expect(course.breaker.nextProbe.since(course.now) == .seconds(1))
    }
}
