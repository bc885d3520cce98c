import StentAudit
import StentExchange
import StentModel
import Testing

/// A machine whose request is whole, and that waits to be told what `prepare` has found.
private func preparing(_ method: Method = .post) -> Exchange {
    let exchange = Exchange(method)
    var needs = ExchangeMachine.Needs()
    needs.preparation = true
    let begun = exchange.machine.begin(
        method: method, plan: exchange.plan, limits: exchange.limits, needs: needs, record: ExchangeRecord(),
        now: exchange.now)
    #expect(begun == .none)
    #expect(exchange.machine.requestEnd(now: exchange.now) == .prepare)
    #expect(exchange.isPreparing)
    return exchange
}

@Suite struct `A request that is prepared` {
    @Test(arguments: [(Method.delete, WriteOutcome.rejected as WriteOutcome?), (.patch, .rejected), (.get, nil)])
    func `may be answered by what was asked before it, and is not sent`(
        method: Method, outcome: WriteOutcome?
    ) throws {
        let exchange = preparing(method)
        let action = exchange.machine.relay(status: 404, reason: .ownershipNoSuchRecord, now: exchange.now)
        #expect(action == .conclude(.relayed))
        #expect(exchange.machine.outcomeField(status: 404) == outcome)
        let record = try exchange.record(bytesOut: 34)
        #expect((record.status, record.reason) == (404, .ownershipNoSuchRecord))
        #expect(record.outcome == outcome)
        #expect(record.attempts.isEmpty)
        #expect(record.bytesOut == 34)
    }

    @Test func `is not answered twice: what comes too late does nothing`() {
        let exchange = preparing(.delete)
        _ = exchange.machine.relay(status: 404, reason: .ownershipNoSuchRecord, now: exchange.now)
        let again = exchange.machine.relay(status: 404, reason: .ownershipNoSuchRecord, now: exchange.now)
        #expect(again == .none)
        #expect(exchange.machine.refusePrepared(.ownershipNotOwner, now: exchange.now) == .none)
        #expect(exchange.machine.prepared(canVerify: false, now: exchange.now) == .none)
        #expect(exchange.machine.replay(status: 201, now: exchange.now) == .none)
        exchange.delivered()
        let later = exchange.machine.relay(status: 404, reason: .ownershipNoSuchRecord, now: exchange.now)
        #expect(later == .none)
    }

    @Test func `whose client has gone is not answered at all`() throws {
        let exchange = preparing(.delete)
        #expect(exchange.clientGone() == .cancel)
        let late = exchange.machine.relay(status: 404, reason: .ownershipNoSuchRecord, now: exchange.now)
        #expect(late == .none)
        #expect(try exchange.record().reason == .clientGone)
    }

    @Test(arguments: [
        (Reason.ownershipNotOwner, 403, WriteOutcome.rejected), (.contractInvalidContent, 422, .rejected),
        (.identityUnavailable, 503, .notSent), (.ownershipUnknownOwner, 503, .notSent),
    ])
    func `may be refused, and then was not sent`(reason: Reason, status: Int, outcome: WriteOutcome) throws {
        let exchange = preparing(.patch)
        #expect(exchange.machine.refusePrepared(reason, now: exchange.now) == .answer(reason))
        let record = try exchange.record()
        #expect((record.status, record.reason, record.outcome) == (status, reason, outcome))
    }
}

@Suite struct `A create that an earlier process may have made` {
    /// Looks for the record, which was first sent ten seconds ago.
    private func looking(settledIn span: TimeSpan?) -> Exchange {
        let exchange = preparing()
        let action = exchange.machine.prepared(
            canVerify: true, firstTry: exchange.now.advanced(by: TimeSpan.seconds(-10)),
            settled: span.map { exchange.now.advanced(by: $0) }, now: exchange.now)
        #expect(action == .attempt(fresh: false))
        #expect(exchange.machine.attemptKind == .verification)
        exchange.connect()
        #expect(exchange.head(200) == .hold)
        #expect(exchange.end() == .examine)
        return exchange
    }

    @Test func `is sent where it is not found and nothing can come any more`() throws {
        let exchange = looking(settledIn: TimeSpan.seconds(-1))
        #expect(exchange.machine.examined(.absent, now: exchange.now, jitter: 1) == .attempt(fresh: false))
        #expect(exchange.machine.attemptKind == .request)
        exchange.connect()
        _ = exchange.head(201)
        #expect(exchange.end() == .deliver)
        #expect(try exchange.record().outcome == .committed)
    }

    @Test func `is looked for again as long as it may still come, and not sent`() {
        let exchange = looking(settledIn: .seconds(5))
        guard case .pause(let span) = exchange.machine.examined(.absent, now: exchange.now, jitter: 1) else {
            Issue.record("it was not looked for again")
            return
        }
        #expect(span > .zero)
        exchange.advance(span)
        #expect(exchange.pauseElapsed() == .attempt(fresh: false))
        #expect(exchange.machine.attemptKind == .verification)
    }

    @Test func `is not sent where somebody else may be about to`() throws {
        let exchange = looking(settledIn: nil)
        #expect(
            exchange.machine.examined(.absent, now: exchange.now, jitter: 1) == .answer(.idempotencyUnknownOutcome))
        #expect(try exchange.record().outcome == .unknown)
    }

    @Test(arguments: [TimeSpan.seconds(-1) as TimeSpan?, .seconds(5), nil])
    func `is answered with its record where that is found`(span: TimeSpan?) throws {
        let exchange = looking(settledIn: span)
        #expect(exchange.machine.examined(.found, now: exchange.now, jitter: 1) == .conclude(.found))
        let record = try exchange.record()
        #expect((record.status, record.outcome, record.retry) == (201, .committed, .resendFound))
    }

    @Test func `that could not be recognised is sent as any other`() {
        let exchange = preparing()
        let action = exchange.machine.prepared(
            canVerify: false, firstTry: exchange.now, settled: exchange.now, now: exchange.now)
        #expect(action == .attempt(fresh: false))
        #expect(exchange.machine.attemptKind == .request)
    }
}

@Suite struct `A stored answer in an exchange` {
    @Test func `is sent without an attempt`() throws {
        let exchange = preparing(.get)
        #expect(exchange.machine.serve(status: 304, reason: .cacheHit, now: exchange.now) == .conclude(.stored))
        #expect(exchange.machine.serve(status: 200, reason: .cacheHit, now: exchange.now) == .none)
        #expect(exchange.machine.outcomeField(status: 304) == nil)
        let record = try exchange.record(bytesOut: 0)
        #expect((record.status, record.reason, record.attempts.count) == (304, .cacheHit, 0))
    }

    @Test func `is sent instead of a failure, and recorded as what it is`() throws {
        let exchange = Exchange.connected(.get, attempts: 1)
        #expect(exchange.fail(.upstreamReset) == .answer(.upstreamReset))
        exchange.machine.substitute(status: 200, reason: .cacheStale)
        let record = try exchange.record(bytesOut: 4)
        #expect((record.status, record.reason) == (200, .cacheStale))
        #expect(record.attempts.map(\.failure) == [.upstreamReset])
    }

    @Test func `takes the place of nothing that is not on its way`() throws {
        let exchange = Exchange.connected(.get)
        exchange.machine.substitute(status: 200, reason: .cacheStale)
        #expect(exchange.head(404) == .hold)
        #expect(exchange.end() == .deliver)
        #expect(try exchange.record().status == 404)
    }

    @Test func `is waited for by others though the client has gone`() throws {
        let exchange = Exchange.connected(.get, attempts: 1)
        exchange.machine.outlivesClient = true
        #expect(exchange.clientGone() == .detach)
        #expect(exchange.head(200) == .hold)
        #expect(exchange.end() == .cancel)
        #expect(try exchange.record().reason == .clientGone)
    }

    @Test func `is held whole where another may be sent instead`() {
        let exchange = Exchange.connected(.get, attempts: 1)
        exchange.machine.holdsAnswer = true
        #expect(exchange.head(200) == .hold)
    }
}
