import StentExchange
import StentModel
import Testing

@Suite struct `A request refused before any attempt` {
    @Test(arguments: [
        (Reason.requestDotSegment, 400, "rejected"), (.requestBodyTooLarge, 413, "rejected"),
        (.admissionAuditUnavailable, 503, "not-sent"), (.listenerRedirect, 308, "rejected"),
        (.exchangeInternal, 500, "not-sent"),
    ])
    func `is answered, recorded, and never attempted`(reason: Reason, status: Int, outcome: String) throws {
        for method in Method.allCases {
            let exchange = Exchange(method)
            #expect(exchange.refuse(reason) == .answer(reason))
            #expect(exchange.machine.due == .distantFuture)
            let field = exchange.machine.outcomeField(status: status)?.rawValue
            #expect(field == (method.isSafe || status < 400 ? nil : outcome))
            let record = try exchange.record()
            #expect((record.status, record.reason, record.attempts.count) == (status, reason, 0))
            #expect(record.outcome?.rawValue == (method.isSafe ? nil : outcome))
        }
    }

    @Test func `has nothing left of the request before it`() throws {
        let exchange = Exchange.connected(.post)
        _ = exchange.fail(.upstreamReset)
        _ = try exchange.record()
        _ = exchange.refuse(.requestDotSegment)
        let record = try exchange.record()
        #expect((record.outcome, record.attempts.count, record.retry) == (.rejected, 0, nil))
        #expect(exchange.machine.attempts == 0)
    }
}

@Suite struct `The time an exchange takes` {
    @Test func `is limited by the deadline alone while a connection is awaited`() throws {
        let exchange = Exchange.begun(.post)
        #expect(exchange.machine.due == exchange.now.advanced(by: Exchange.deadline))
        #expect(exchange.timeOut() == .answer(.exchangeDeadline))
        let record = try exchange.record()
        #expect((record.status, record.outcome, record.queued) == (504, .notSent, Exchange.deadline))
        #expect(record.attempts.map(\.failure) == [.exchangeDeadline])
    }

    @Test func `is limited to the first byte once the request is sent`() {
        let exchange = Exchange.connected()
        #expect(exchange.machine.due == exchange.now.advanced(by: Exchange.firstByte))
        #expect(exchange.timeOut() == .pause(.milliseconds(100)))
    }

    @Test func `is limited to the attempt once the answer has begun`() throws {
        let exchange = Exchange.connected()
        let sent = exchange.now
        exchange.advance(.seconds(4))
        _ = exchange.head(200)
        #expect(exchange.machine.due == sent.advanced(by: Exchange.attempt))
        exchange.advance(.seconds(3))
        _ = exchange.answer(1)
        #expect(exchange.machine.due == sent.advanced(by: Exchange.attempt))
        #expect(exchange.timeOut() == .pause(.milliseconds(100)))
        _ = exchange.shutDown()
        #expect(try exchange.record().attempts.map(\.failure) == [.upstreamAttemptTimeout])
    }

    @Test func `is limited to silence while the answer streams`() throws {
        let exchange = Exchange.streaming(.post)
        exchange.advance(.seconds(2))
        #expect(exchange.answer(1) == .forward)
        #expect(exchange.machine.due == exchange.now.advanced(by: Exchange.idle))
        #expect(exchange.timeOut() == .abort(.upstreamIdleTimeout))
        let record = try exchange.record()
        #expect((record.status, record.reason, record.outcome) == (200, .upstreamIdleTimeout, .unknown))
        #expect(record.attempts.map(\.failure) == [.upstreamIdleTimeout])
    }

    @Test func `is limited by the deadline in every state`() throws {
        let streaming = Exchange.streaming()
        for _ in 0..<9 {
            streaming.advance(.seconds(2))
            _ = streaming.answer(1)
        }
        #expect(streaming.timeOut() == .abort(.exchangeDeadline))
        let answering = Exchange.connected()
        answering.advance(.seconds(19))
        _ = answering.head(200)
        answering.advance(.seconds(1))
        #expect(answering.timeOut() == .answer(.exchangeDeadline))
        let pausing = Exchange.connected()
        _ = pausing.head(503, retryAfter: .seconds(10))
        _ = pausing.end()
        pausing.advance(.seconds(20))
        #expect(pausing.timeOut() == .answer(.exchangeDeadline))
        let record = try pausing.record()
        #expect((record.status, record.paused, record.queued) == (504, .seconds(20), .zero))
    }

    @Test func `has no end without a deadline but those of its attempts`() {
        let exchange = Exchange(.get, deadline: nil)
        #expect(exchange.machine.due == .distantFuture)
        _ = exchange.begin()
        #expect(exchange.machine.due == .distantFuture)
        exchange.connect()
        #expect(exchange.machine.due == exchange.now.advanced(by: Exchange.firstByte))
        _ = exchange.timeOut()
        #expect(exchange.machine.due == .distantFuture)
    }

    @Test func `ends nothing before it is due`() {
        for exchange in [
            Exchange.begun(), .connected(), .pausing(), .streaming(), .delivering(), Exchange(),
        ] {
            exchange.advance(.seconds(2))
            #expect(exchange.machine.timerFired(now: exchange.now, jitter: 1) == .none)
        }
    }

    @Test func `is not the upstream's where the client held the answer up`() {
        let exchange = Exchange.streaming()
        let due = exchange.now.advanced(by: Exchange.deadline)
        exchange.advance(.seconds(60))
        exchange.machine.answerHeldUp(now: exchange.now)
        #expect(exchange.machine.due == exchange.now.advanced(by: Exchange.idle))
        for _ in 0..<9 {
            exchange.advance(.seconds(2))
            _ = exchange.answer(1)
        }
        #expect(exchange.machine.due == due.advanced(by: .seconds(60)))
    }

    @Test func `is nobody's while the client's transport takes the answer`() {
        let exchange = Exchange.delivering()
        #expect(exchange.machine.due == .distantFuture)
        exchange.machine.answerHeldUp(now: exchange.now)
        #expect(exchange.timeOut() == .none)
    }
}

@Suite struct `A client that goes` {
    @Test func `ends a read in every state, silently`() throws {
        for exchange in [Exchange.begun(), .connected(), .pausing(), .streaming(), .delivering()] {
            #expect(exchange.clientGone() == .cancel)
            #expect(exchange.clientGone() == .none)
            let record = try exchange.record()
            #expect((record.reason, record.outcome) == (.clientGone, nil))
        }
        let idle = Exchange()
        #expect(idle.clientGone() == .none)
    }

    @Test func `ends a write that is not wholly sent`() throws {
        let waiting = Exchange.begun(.post)
        #expect(waiting.clientGone() == .cancel)
        #expect(try waiting.record().outcome == .notSent)
        let partial = Exchange.connected(.post, complete: false)
        #expect(partial.clientGone() == .cancel)
        let record = try partial.record()
        #expect((record.reason, record.outcome, record.status) == (.clientGone, .unknown, 0))
        let pausing = Exchange.pausing(.post)
        #expect(pausing.clientGone() == .cancel)
        #expect(try pausing.record().outcome == .notSent)
    }

    @Test(arguments: [(201, "committed"), (422, "rejected"), (500, "unknown")])
    func `leaves its write, whose record tells how it ended`(status: Int, outcome: String) throws {
        let exchange = Exchange.connected(.post)
        #expect(exchange.clientGone() == .detach)
        #expect(exchange.isActive)
        #expect(exchange.head(status, length: 10_000) == .hold)
        #expect(exchange.answer(10_000) == .none)
        exchange.advance(.seconds(1))
        #expect(exchange.end() == .cancel)
        let record = try exchange.record()
        #expect((record.status, record.reason, record.outcome?.rawValue) == (0, .clientGone, outcome))
        #expect(record.attempts.map(\.status) == [status])
        #expect(record.attempts.map(\.failure) == [status < 500 ? nil : .upstreamStatus])
        #expect(record.attempts.map(\.duration) == [.seconds(1)])
    }

    @Test func `leaves its write to fail without another attempt`() throws {
        var settings = RetrySettings()
        settings.methods = [.put]
        let exchange = Exchange(.put, settings: settings)
        _ = exchange.begin()
        exchange.connect()
        #expect(exchange.clientGone() == .detach)
        #expect(exchange.fail(.upstreamReset) == .cancel)
        let record = try exchange.record()
        #expect((record.outcome, record.retry, record.attempts.count) == (.unknown, .clientGone, 1))
        #expect(record.attempts.map(\.failure) == [.upstreamReset])
    }

    @Test func `leaves its write to the clock and to the shutdown`() throws {
        let slow = Exchange.connected(.post)
        _ = slow.clientGone()
        #expect(slow.timeOut() == .cancel)
        var record = try slow.record()
        #expect((record.reason, record.outcome) == (.clientGone, .unknown))
        #expect(record.attempts.map(\.failure) == [.upstreamFirstByteTimeout])
        let ending = Exchange.connected(.post)
        _ = ending.clientGone()
        #expect(ending.shutDown() == .cancel)
        record = try ending.record()
        #expect(record.outcome == .unknown)
        #expect(record.attempts.map(\.failure) == [.exchangeShutdown])
    }

    @Test func `keeps the outcome of the write whose answer was on its way`() throws {
        let exchange = Exchange.delivering(.post, status: 201)
        #expect(exchange.clientGone() == .cancel)
        let record = try exchange.record()
        #expect((record.status, record.reason, record.outcome) == (201, .clientGone, .committed))
        let streaming = Exchange.streaming(.post, status: 201)
        #expect(streaming.clientGone() == .cancel)
        #expect(try streaming.record().outcome == .unknown)
    }
}

@Suite struct `A client that stalls, and a shutdown` {
    @Test func `cut an answer that is on its way`() throws {
        for begin in [{ Exchange.streaming() }, { .delivering() }] {
            let exchange = begin()
            #expect(exchange.clientStalled() == .abort(.clientStalled))
            #expect(exchange.clientStalled() == .none)
            let record = try exchange.record()
            #expect((record.status, record.reason) == (200, .clientStalled))
            let other = begin()
            #expect(other.shutDown() == .abort(.exchangeShutdown))
            #expect(other.shutDown() == .none)
            #expect(try other.record().reason == .exchangeShutdown)
        }
    }

    @Test func `answer where no answer has begun`() throws {
        for begin in [Exchange.begun(.post), .connected(.post), .pausing(.post)] {
            let exchange = begin
            #expect(exchange.clientStalled() == .none)
            #expect(exchange.shutDown() == .answer(.exchangeShutdown))
            #expect(try exchange.record().status == 503)
        }
    }

    @Test func `do nothing where nothing is under way`() throws {
        let exchange = Exchange()
        #expect(exchange.clientStalled() == .none)
        #expect(exchange.shutDown() == .none)
        _ = exchange.refuse(.requestDotSegment)
        exchange.delivered()
        #expect(exchange.shutDown() == .none)
        #expect(try exchange.record().reason == .requestDotSegment)
    }
}

@Suite struct `The outcome of a write` {
    @Test(arguments: [
        (200, "committed"), (201, "committed"), (302, "committed"), (400, "rejected"), (404, "rejected"),
        (422, "rejected"), (500, "unknown"), (503, "unknown"), (501, "unknown"),
    ])
    func `follows from the upstream's answer, in record and field alike`(status: Int, outcome: String) throws {
        for method in Method.allCases {
            let held = Exchange.connected(method)
            _ = held.head(status)
            while held.end(jitter: 0) == .attempt(fresh: false) {
                held.connect()
                _ = held.head(status)
            }
            let streamed = Exchange.streaming(method, status: status)
            let early = streamed.machine.outcomeField(status: status)
            _ = streamed.end()
            for field in [early, held.machine.outcomeField(status: status)] {
                #expect(field?.rawValue == (method.isSafe || status < 400 ? nil : outcome))
            }
            #expect(try held.record().outcome?.rawValue == (method.isSafe ? nil : outcome))
            #expect(try streamed.record().outcome?.rawValue == (method.isSafe ? nil : outcome))
        }
    }

    @Test func `is the same in record and field for an answer of stent's own`() throws {
        let never = Exchange.begun(.post, attempts: 1)
        _ = never.fail(.upstreamConnectFailed, left: false)
        #expect(never.machine.outcomeField(status: 502) == .notSent)
        #expect(try never.record().outcome == .notSent)
        let maybe = Exchange.connected(.post)
        _ = maybe.fail(.upstreamReset)
        #expect(maybe.machine.outcomeField(status: 502) == .unknown)
        #expect(try maybe.record().outcome == .unknown)
    }

    @Test(arguments: [(201, "committed"), (404, "unknown"), (409, "unknown"), (500, "unknown")])
    func `stays unknown where an earlier attempt may have been carried out`(status: Int, outcome: String) throws {
        var settings = RetrySettings()
        settings.methods = [.put]
        let exchange = Exchange(.put, attempts: 2, settings: settings)
        _ = exchange.begin()
        exchange.connect()
        #expect(exchange.fail(.upstreamReset, jitter: 0) == .attempt(fresh: false))
        exchange.connect()
        _ = exchange.head(status)
        #expect(exchange.end() == .deliver)
        #expect(exchange.machine.outcomeField(status: status)?.rawValue == (status < 400 ? nil : outcome))
        #expect(try exchange.record().outcome?.rawValue == outcome)
    }

    @Test func `stays unknown where only the second attempt was not sent`() throws {
        var settings = RetrySettings()
        settings.methods = [.put]
        let exchange = Exchange(.put, attempts: 2, settings: settings)
        _ = exchange.begin()
        exchange.connect()
        _ = exchange.fail(.upstreamReset, jitter: 0)
        _ = exchange.fail(.upstreamConnectFailed, left: false)
        #expect(try exchange.record().outcome == .unknown)
    }

    @Test func `is nothing as long as there is no answer`() {
        for exchange in [Exchange(.post), .begun(.post), .connected(.post), .pausing(.post)] {
            #expect(exchange.machine.outcomeField(status: 500) == nil)
        }
    }
}
