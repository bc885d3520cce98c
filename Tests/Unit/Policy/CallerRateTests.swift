import StentModel
import StentPolicy
import Testing

private func limit(_ perCaller: Int?, burst: Int, callers: Int = CallerRate.maximumCallers) -> CallerRate? {
    var settings = LimitSettings()
    settings.perCaller = perCaller
    settings.burst = burst
    return CallerRate(settings, maximumCallers: callers)
}

@Suite struct `The rate of a caller` {
    private let ann = CallerKey(1)
    private let bob = CallerKey(2)
    private let start = Moment(nanoseconds: 0)

    @Test func `has no limit where none is set`() {
        #expect(limit(nil, burst: 3) == nil)
    }

    @Test func `is a burst, and then one request as often as the settings say`() throws {
        var rate = try #require(limit(2, burst: 3))
        for _ in 0..<3 { #expect(rate.take(ann, now: start) == .allow) }
        #expect(rate.take(ann, now: start) == .refuse(retryAfter: .milliseconds(500)))
        #expect(rate.take(ann, now: start.advanced(by: .milliseconds(400))) == .refuse(retryAfter: .milliseconds(100)))
        #expect(rate.take(ann, now: start.advanced(by: .milliseconds(500))) == .allow)
        #expect(rate.take(ann, now: start.advanced(by: .milliseconds(500))) == .refuse(retryAfter: .milliseconds(500)))
    }

    @Test func `says nothing about another caller`() throws {
        var rate = try #require(limit(1, burst: 1))
        #expect(rate.take(ann, now: start) == .allow)
        #expect(rate.take(bob, now: start) == .allow)
        #expect(rate.take(ann, now: start) == .refuse(retryAfter: .seconds(1)))
    }

    @Test func `is forgotten once its bucket is full`() throws {
        var rate = try #require(limit(1, burst: 10))
        for caller in 0..<100 as Range<UInt64> { _ = rate.take(CallerKey(caller), now: start) }
        #expect(rate.callerCount == 100)
        for second in 2..<60 as Range<Int64> { _ = rate.take(ann, now: start.advanced(by: .seconds(second))) }
        #expect(rate.callerCount == 1)
    }

    @Test func `is forgotten where there are too many callers, the one not seen for longest first`() throws {
        var rate = try #require(limit(1, burst: 1, callers: 2))
        _ = rate.take(ann, now: start)
        _ = rate.take(bob, now: start)
        _ = rate.take(ann, now: start)
        _ = rate.take(CallerKey(3), now: start)
        #expect(rate.callerCount == 2)
        #expect(rate.take(ann, now: start) == .refuse(retryAfter: .seconds(1)))
        #expect(rate.take(bob, now: start) == .allow)
    }

    @Test func `bears any settings and any time`() throws {
        var rate = try #require(limit(Int.max, burst: Int.max))
        #expect(rate.take(ann, now: .distantFuture) == .allow)
        rate.reconfigure(rate: -1, burst: .min)
        #expect(rate.take(bob, now: start) == .allow)
        #expect(rate.take(bob, now: start) == .refuse(retryAfter: .seconds(1)))
    }
}
