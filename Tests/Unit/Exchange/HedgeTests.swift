import StentAudit
import StentExchange
import StentModel
import Testing

@Suite struct `A request that takes long` {
    static func waiting(_ method: Method = .get, after: TimeSpan? = .seconds(1)) -> Exchange {
        let exchange = Exchange(method)
        var needs = ExchangeMachine.Needs()
        needs.hedgeAfter = after
        _ = exchange.machine.begin(
            method: method, plan: exchange.plan, limits: exchange.limits, needs: needs, record: ExchangeRecord(),
            now: exchange.now)
        exchange.requestEnd()
        exchange.connect()
        return exchange
    }

    @Test func `is sent a second time, once, and the first goes on`() {
        let exchange = Self.waiting()
        #expect(exchange.timeOut() == .hedge)
        exchange.advance(.milliseconds(100))
        #expect(exchange.head(200) == .hold)
        #expect(exchange.end() == .deliver)
    }

    @Test func `is not sent a second time where it is a write, or where nothing is known of the route`() {
        let write = Self.waiting(.put)
        #expect(write.timeOut() != .hedge)
        let unknown = Self.waiting(after: nil)
        #expect(unknown.timeOut() != .hedge)
    }

    @Test func `takes the second one's answer where it comes first, and records both`() throws {
        let exchange = Self.waiting()
        #expect(exchange.timeOut() == .hedge)
        let begun = exchange.now
        exchange.advance(.milliseconds(20))
        exchange.machine.hedgeWon(begun: begun, reused: true, now: exchange.now)
        #expect(exchange.head(200) == .hold)
        #expect(exchange.end() == .deliver)
        let record = try exchange.record()
        #expect(record.attempts.map(\.failure) == [.retryHedgeLost, nil])
        #expect(record.attempts.map(\.isHedge) == [false, true])
        #expect(record.attempts.map(\.duration) == [.milliseconds(1_020), .milliseconds(20)])
    }

    @Test func `records a second one that lost before the one that is under way`() throws {
        let exchange = Self.waiting()
        #expect(exchange.timeOut() == .hedge)
        exchange.machine.hedgeLost(begun: exchange.now, failure: .upstreamReset, status: nil, now: exchange.now)
        _ = exchange.head(200)
        _ = exchange.end()
        let record = try exchange.record()
        #expect(record.attempts.map(\.failure) == [.upstreamReset, nil])
        #expect(record.attempts.last?.status == 200)
    }
}
