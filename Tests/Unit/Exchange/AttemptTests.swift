import StentExchange
import StentModel
import Testing

@Suite struct `An exchange that goes well` {
    @Test func `holds the answer until it is whole and leaves one record`() throws {
        let exchange = Exchange(.get)
        #expect(!exchange.isActive)
        #expect(exchange.begin() == .attempt(fresh: false))
        #expect(exchange.isActive)
        exchange.advance(.milliseconds(10))
        exchange.connect(reused: true)
        exchange.advance(.milliseconds(20))
        #expect(exchange.head(200, length: 50) == .hold)
        #expect(exchange.answer(50) == .hold)
        exchange.advance(.milliseconds(30))
        #expect(exchange.end() == .deliver)
        let early = exchange.machine.takeRecord(bytesOut: 0)
        #expect(early == nil)
        exchange.advance(.milliseconds(40))
        exchange.delivered()
        let record = try exchange.record(bytesOut: 50)
        #expect((record.status, record.reason, record.retry, record.outcome) == (200, .exchangeAnswered, nil, nil))
        #expect((record.bytesOut, record.duration, record.queued) == (50, .milliseconds(100), .milliseconds(10)))
        let attempt = try #require(record.attempts.first)
        #expect(record.attempts.count == 1)
        #expect((attempt.start, attempt.duration, attempt.status) == (.zero, .milliseconds(60), 200))
        #expect(attempt.failure == nil)
        #expect(attempt.reusedConnection)
    }

    @Test func `holds the answer where it is wanted whole, though there is one attempt in total`() {
        let exchange = Exchange(attempts: 1)
        var needs = ExchangeMachine.Needs()
        needs.heldAnswer = true
        _ = exchange.begin(needs: needs)
        exchange.connect()
        #expect(exchange.head(200, length: 10) == .hold)
        #expect(exchange.answer(10) == .hold)
        #expect(exchange.end() == .deliver)
    }

    @Test func `streams at once where there is one attempt in total`() throws {
        let exchange = Exchange.connected(attempts: 1)
        #expect(exchange.head(200, length: 10) == .sendHead)
        #expect(exchange.answer(10) == .forward)
        #expect(exchange.end() == .finishStream)
        let record = try exchange.record()
        #expect((record.status, record.reason) == (200, .exchangeAnswered))
    }

    @Test(arguments: [(100, true), (101, false), (nil, true), (0, true)])
    func `holds no answer that declares more than the limit`(length: Int?, isHeld: Bool) {
        let exchange = Exchange.connected()
        #expect(exchange.head(200, length: length) == (isHeld ? .hold : .sendHead))
    }

    @Test func `streams an answer that outgrows the limit, the head first`() throws {
        let exchange = Exchange.connected()
        #expect(exchange.head(200) == .hold)
        #expect(exchange.answer(100) == .hold)
        #expect(exchange.answer(1) == .sendHead)
        #expect(exchange.answer(1_000) == .forward)
        #expect(exchange.end() == .finishStream)
        #expect(try exchange.record().status == 200)
    }

    @Test func `serves one request after another, each with a record of its own`() throws {
        let exchange = Exchange.connected(.post)
        _ = exchange.fail(.upstreamReset)
        #expect(try exchange.record().outcome == .unknown)
        for _ in 0..<3 {
            exchange.advance(.seconds(100))
            #expect(exchange.begin() == .attempt(fresh: false))
            exchange.connect()
            _ = exchange.head(422)
            #expect(exchange.end() == .deliver)
            let record = try exchange.record()
            #expect((record.attempts.count, record.outcome, record.duration) == (1, .rejected, .zero))
        }
    }
}

@Suite struct `A failed attempt` {
    @Test func `is made again after the pause that the rules name`() throws {
        let exchange = Exchange.connected()
        #expect(exchange.fail(.upstreamReset) == .pause(.milliseconds(100)))
        exchange.advance(.milliseconds(100))
        #expect(exchange.pauseElapsed() == .attempt(fresh: false))
        exchange.connect()
        #expect(exchange.fail(.upstreamTruncated, jitter: 0.5) == .pause(.milliseconds(100)))
        exchange.advance(.milliseconds(150))
        #expect(exchange.pauseElapsed() == .attempt(fresh: false))
        #expect(exchange.pauseElapsed() == .none)
        exchange.connect()
        _ = exchange.head(200)
        #expect(exchange.end() == .deliver)
        #expect(exchange.machine.attempts == 3)
        let record = try exchange.record()
        #expect((record.status, record.retry, record.paused) == (200, .retryCause, .milliseconds(250)))
        #expect(record.attempts.map(\.failure) == [.upstreamReset, .upstreamTruncated, nil])
        #expect(record.attempts.map(\.start) == [.zero, .milliseconds(100), .milliseconds(250)])
    }

    @Test func `is made again at once where the pause is nothing`() {
        let exchange = Exchange.connected()
        #expect(exchange.fail(.upstreamReset, jitter: 0) == .attempt(fresh: false))
    }

    @Test func `is answered with its reason when the attempts are spent`() throws {
        let exchange = Exchange.begun()
        for attempt in 1...3 {
            exchange.connect()
            let action = exchange.fail(.upstreamReset, jitter: 0)
            #expect(action == (attempt < 3 ? .attempt(fresh: false) : .answer(.upstreamReset)))
        }
        let record = try exchange.record()
        #expect((record.status, record.reason, record.retry) == (502, .upstreamReset, .retryAttemptsSpent))
        #expect(record.attempts.count == 3)
    }

    @Test func `is answered with the last answer that the upstream gave`() throws {
        let exchange = Exchange.begun()
        for attempt in 1...3 {
            exchange.connect()
            #expect(exchange.head(502 + attempt % 2) == .hold)
            #expect(exchange.answer(5) == .hold)
            #expect(exchange.end(jitter: 0) == (attempt < 3 ? .attempt(fresh: false) : .deliver))
        }
        let record = try exchange.record()
        #expect((record.status, record.reason, record.retry) == (503, .upstreamStatus, .retryAttemptsSpent))
        #expect(record.attempts.map(\.status) == [503, 502, 503])
        #expect(record.attempts.map(\.failure) == [.upstreamStatus, .upstreamStatus, .upstreamStatus])
    }

    @Test func `waits as long as Retry-After asks`() {
        let exchange = Exchange.connected()
        _ = exchange.head(503, retryAfter: .seconds(4))
        #expect(exchange.end() == .pause(.seconds(4)))
    }

    @Test func `is not made again where the pause would end behind the deadline`() throws {
        let exchange = Exchange.connected()
        exchange.advance(.milliseconds(19_900))
        _ = exchange.head(503)
        #expect(exchange.end() == .deliver)
        #expect(try exchange.record().retry == .retryDeadline)
    }

    @Test func `is not repeated once the client has the answer's head`() throws {
        let exchange = Exchange.connected()
        #expect(exchange.head(200, length: 1_000) == .sendHead)
        #expect(exchange.answer(10) == .forward)
        #expect(exchange.fail(.upstreamTruncated) == .abort(.upstreamTruncated))
        let record = try exchange.record()
        #expect((record.status, record.reason, record.retry) == (200, .upstreamTruncated, .retryAnswerStreaming))
        #expect(record.attempts.map(\.failure) == [.upstreamTruncated])
    }

    @Test func `is recorded as failed where its server error streams`() throws {
        let exchange = Exchange.streaming(status: 503)
        #expect(exchange.end() == .finishStream)
        let record = try exchange.record()
        #expect((record.status, record.reason, record.retry) == (503, .upstreamStatus, .retryOff))
        #expect(record.attempts.map(\.failure) == [.upstreamStatus])
    }

    @Test func `of a POST is repeated only as long as nothing was sent`() throws {
        let exchange = Exchange.begun(.post)
        #expect(exchange.fail(.upstreamConnectFailed, left: false, jitter: 0) == .attempt(fresh: false))
        exchange.connect()
        #expect(exchange.fail(.upstreamReset, jitter: 0) == .answer(.upstreamReset))
        let record = try exchange.record()
        #expect((record.retry, record.outcome, record.attempts.count) == (.retryNotIdempotent, .unknown, 2))
    }

    @Test func `of a request whose content is gone is not repeated`() throws {
        let exchange = Exchange(.post, replayLimit: 10)
        _ = exchange.begin(complete: false)
        #expect(exchange.machine.keepsContent == false)
        #expect(exchange.content(11) == .hold)
        #expect(exchange.fail(.upstreamConnectFailed, left: false) == .answer(.upstreamConnectFailed))
        #expect(try exchange.record().retry == .retryBodyNotKept)
    }

    @Test func `says why it was not repeated`() throws {
        let off = Exchange.connected(attempts: 1)
        #expect(off.fail(.upstreamReset) == .answer(.upstreamReset))
        #expect(try off.record().retry == .retryOff)
        let other = Exchange.begun()
        #expect(other.fail(.upstreamPoolTimeout, left: false) == .answer(.upstreamPoolTimeout))
        #expect(try other.record().retry == .retryCauseNotListed)
    }
}

@Suite struct `A closed idle connection` {
    @Test(arguments: [1, 2, 3])
    func `costs a safe request one further attempt at most, on a new connection`(attempts: Int) throws {
        let exchange = Exchange.begun(attempts: attempts)
        for attempt in 1...attempts {
            exchange.connect(reused: true)
            let action = exchange.fail(
                .upstreamStaleConnection, metIdle: attempt == attempts, jitter: 0)
            #expect(action == .attempt(fresh: true))
        }
        exchange.connect()
        #expect(exchange.fail(.upstreamReset, jitter: 0) == .answer(.upstreamReset))
        #expect(try exchange.record().attempts.count == attempts + 1)
    }

    @Test(arguments: [1, 2, 3, 10])
    func `is never met for ever`(attempts: Int) throws {
        let exchange = Exchange.begun(attempts: attempts)
        var made = 1
        while made < 100 {
            exchange.connect(reused: true)
            guard exchange.fail(.upstreamStaleConnection, metIdle: true, jitter: 0) == .attempt(fresh: true) else {
                break
            }
            made += 1
        }
        #expect(made == attempts + 1)
        let record = try exchange.record()
        #expect((record.status, record.reason) == (502, .upstreamStaleConnection))
        #expect(record.attempts.count == made)
    }

    @Test func `is met anew by the next request`() throws {
        let exchange = Exchange.connected(attempts: 1)
        #expect(exchange.fail(.upstreamStaleConnection, metIdle: true) == .attempt(fresh: true))
        _ = exchange.shutDown()
        _ = try exchange.record()
        _ = exchange.begin()
        exchange.connect()
        #expect(exchange.fail(.upstreamStaleConnection, metIdle: true) == .attempt(fresh: true))
    }

    @Test func `ends a POST, whose outcome is then unknown`() throws {
        let exchange = Exchange.connected(.post)
        #expect(exchange.fail(.upstreamStaleConnection, metIdle: true) == .answer(.upstreamStaleConnection))
        #expect(try exchange.record().outcome == .unknown)
    }
}
