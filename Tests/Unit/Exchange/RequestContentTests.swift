import StentExchange
import StentModel
import Testing

@Suite struct `A request's content` {
    @Test func `waits for a connection and then goes on`() throws {
        let exchange = Exchange.begun(.post, complete: false)
        #expect(exchange.content(10) == .hold)
        exchange.connect()
        #expect(exchange.content(10) == .forward)
        exchange.requestEnd()
        #expect(exchange.machine.bytesIn == 20)
        _ = exchange.head(201)
        #expect(exchange.end() == .deliver)
        let record = try exchange.record()
        #expect((record.bytesIn, record.outcome) == (20, .committed))
    }

    @Test func `waits during a pause`() {
        let exchange = Exchange.pausing(.post, complete: false)
        #expect(exchange.content(10) == .hold)
        exchange.requestEnd()
        #expect(exchange.pauseElapsed() == .attempt(fresh: false))
        exchange.connect()
        #expect(exchange.machine.due == exchange.now.advanced(by: Exchange.firstByte))
    }

    @Test func `goes on while the answer streams, and is dropped behind it`() {
        let exchange = Exchange.streaming(.post, complete: false)
        #expect(exchange.content(10) == .forward)
        #expect(exchange.end() == .finishStream)
        #expect(exchange.content(10) == .none)
        #expect(exchange.requestFailed(.requestBodyTimeout) == .none)
        exchange.requestEnd()
        exchange.delivered()
        #expect(exchange.content(10) == .none)
        #expect(exchange.requestFailed(.requestBodyTimeout) == .none)
    }

    @Test(arguments: [(Method.get, 3, true), (.put, 3, false), (.post, 3, false), (.get, 1, true), (.put, 1, false)])
    func `is kept where the request may be repeated`(method: Method, attempts: Int, isKept: Bool) {
        let exchange = Exchange.begun(method, attempts: attempts, complete: false)
        #expect(exchange.machine.keepsContent == isKept)
        _ = exchange.content(500)
        #expect(exchange.machine.keepsContent == isKept)
        _ = exchange.content(1)
        #expect(!exchange.keepsContent)
    }

    @Test func `may be as large as the limit and no larger`() throws {
        let exchange = Exchange.begun(.post, complete: false)
        #expect(exchange.content(1_000) == .hold)
        #expect(exchange.content(1) == .answer(.requestBodyTooLarge))
        #expect(exchange.content(1) == .none)
        let record = try exchange.record()
        #expect((record.status, record.reason, record.outcome) == (413, .requestBodyTooLarge, .notSent))
        #expect(record.attempts.map(\.failure) == [.requestBodyTooLarge])
    }

    @Test func `that is too large ends every state, and says what is known of the write`() throws {
        let sent = Exchange.connected(.post, complete: false)
        #expect(sent.content(1_001) == .answer(.requestBodyTooLarge))
        #expect(try sent.record().outcome == .unknown)
        let pausing = Exchange.pausing(.post, complete: false)
        #expect(pausing.content(1_001) == .answer(.requestBodyTooLarge))
        #expect(try pausing.record().outcome == .notSent)
        let streaming = Exchange.streaming(.post, complete: false)
        #expect(streaming.content(1_001) == .abort(.requestBodyTooLarge))
        #expect(try streaming.record().outcome == .unknown)
    }

    @Test func `is counted without overflow`() {
        let exchange = Exchange(.post, bodyLimit: .max)
        _ = exchange.begin(complete: false)
        #expect(exchange.content(.max) == .hold)
        #expect(exchange.content(.max) == .hold)
        #expect(exchange.machine.bytesIn == .max)
    }

    @Test(arguments: [
        (Reason.requestBodyTimeout, 408), (.requestMalformedChunk, 400), (.requestBodyTruncated, 400),
    ])
    func `that fails is answered until an answer has begun`(reason: Reason, status: Int) throws {
        for begin in [Exchange.begun, Exchange.connected] {
            let exchange = begin(.post, 3, false)
            #expect(exchange.requestFailed(reason) == .answer(reason))
            #expect(try exchange.record().status == status)
        }
        let pausing = Exchange.pausing(.post, complete: false)
        #expect(pausing.requestFailed(reason) == .answer(reason))
        let streaming = Exchange.streaming(.post, complete: false)
        #expect(streaming.requestFailed(reason) == .abort(reason))
        #expect(try streaming.record().status == 200)
    }
}

@Suite struct `An answer that comes before the request's end` {
    @Test func `is delivered, and the rest of the request dropped`() throws {
        let exchange = Exchange.connected(.post, complete: false)
        #expect(exchange.content(10) == .forward)
        #expect(exchange.head(413) == .hold)
        #expect(exchange.content(10) == .forward)
        #expect(exchange.end() == .deliver)
        #expect(exchange.content(10) == .none)
        let record = try exchange.record()
        #expect((record.status, record.outcome, record.bytesIn) == (413, .rejected, 20))
    }

    @Test func `is repeated with the content that came meanwhile where it is a server error`() {
        let exchange = Exchange.connected(.get, complete: false)
        _ = exchange.content(10)
        _ = exchange.head(503)
        #expect(exchange.end() == .pause(.milliseconds(100)))
        #expect(exchange.content(10) == .hold)
        exchange.requestEnd()
        #expect(exchange.keepsContent)
        #expect(exchange.pauseElapsed() == .attempt(fresh: false))
    }

    @Test func `is limited by the deadline only: the request is the client's to finish`() {
        let exchange = Exchange.connected(.post, complete: false)
        let begin = exchange.now
        _ = exchange.head(200)
        #expect(exchange.machine.due == begin.advanced(by: Exchange.deadline))
        exchange.advance(.seconds(10))
        exchange.requestEnd()
        #expect(exchange.machine.due == exchange.now.advanced(by: Exchange.attempt))
    }
}
