import StentAudit
import StentModel
import StentPolicy

extension ExchangeMachine {
    /// A request's head was accepted for a route.
    package mutating func begin(
        method: Method, plan: RoutePlan, limits: Limits, needs: Needs = Needs(), record: ExchangeRecord, now: Moment
    ) -> Action {
        switch state {
        case .idle, .finished(recordTaken: true): break
        case .gathering, .preparing, .queueing, .attempting, .pausing, .streaming, .delivering,
            .finished(recordTaken: false):
            preconditionFailure("one exchange at a time, and its record is taken before the next begins")
        }
        self.plan = plan
        self.limits = limits
        self.method = method
        take(record)
        start = now
        deadline = plan.deadline.map { now.advanced(by: $0) } ?? .distantFuture
        self.needs = needs
        requestIsComplete = false
        contentIsKept = true
        forgetAttempts()
        guard needs.preparation else { return startAttempt(Next(), now: now) }
        state = .gathering
        return .none
    }

    /// All that the last exchange's attempts left behind.
    private mutating func forgetAttempts() {
        attemptCount = 0
        probeCount = 0
        mayHaveActed = false
        metIdleConnection = false
        clientIsGone = false
        outlivesClient = false
        holdsAnswer = false
        answerIsOurs = false
        canVerify = false
        mayResend = false
        unclearCount = 0
        firstTry = nil
    }

    /// What `prepare` asked for is known.
    ///
    /// - Parameters:
    ///   - canVerify: the record that this request creates could be recognised.
    ///   - firstTry: an earlier exchange may have created it, not before this moment: look first.
    ///   - settled: when nothing that was sent earlier can take effect any more, so that it may be sent where it is not
    ///     found; `nil`: it is only looked for. Another exchange with the same key may be looking, too, and both would
    ///     send it again.
    package mutating func prepared(
        canVerify: Bool, firstTry: Moment? = nil, settled: Moment? = nil, now: Moment
    ) -> Action {
        guard case .preparing = state else { return .none }  // it ended another way meanwhile
        self.canVerify = canVerify
        guard canVerify, let firstTry else { return startAttempt(Next(), now: now) }
        self.firstTry = firstTry
        mayHaveActed = true
        mayResend = settled != nil
        self.settled = settled ?? now
        return startAttempt(Next(kind: .verification), now: now)
    }

    /// The upstream has answered a question that was asked before the request, and with that the request itself.
    ///
    /// - Parameter reason: why the request is not sent.
    package mutating func relay(status: Int, reason: Reason, now: Moment) -> Action {
        guard case .preparing = state else { return .none }
        record.status = status
        record.reason = reason
        record.outcome = method.isSafe ? nil : .rejected
        state = .delivering
        return .conclude(.relayed)
    }

    /// There is a stored answer.
    ///
    /// - Parameter reason: of the area `cache`.
    package mutating func serve(status: Int, reason: Reason, now: Moment) -> Action {
        guard case .preparing = state else { return .none }
        record.status = status
        record.reason = reason
        state = .delivering
        return .conclude(.stored)
    }

    /// A stored answer is sent instead of the one that has just been decided on.
    package mutating func substitute(status: Int, reason: Reason) {
        guard case .delivering = state else { return }
        record.status = status
        record.reason = reason
        answerIsOurs = false
    }

    /// The first request with this Idempotency-Key has been answered: this one gets the same answer.
    package mutating func replay(status: Int, now: Moment) -> Action {
        guard case .preparing = state else { return .none }
        record.status = status
        record.reason = .idempotencyReplayed
        record.outcome = status < 400 ? .committed : .rejected
        state = .delivering
        return .conclude(.replayed)
    }

    /// The request must not be sent: `prepare` found a reason against it.
    package mutating func refusePrepared(_ reason: Reason, now: Moment) -> Action {
        guard case .preparing = state else { return .none }
        if reason == .idempotencyUnknownOutcome || reason == .idempotencyInFlight { mayHaveActed = true }
        return answer(reason)
    }

    /// A request is refused before any attempt was made.
    package mutating func refuse(
        _ reason: Reason, method: Method, record: ExchangeRecord, now: Moment
    ) -> Action {
        switch state {
        case .idle, .finished(recordTaken: true): break
        case .gathering, .preparing, .queueing, .attempting, .pausing, .streaming, .delivering,
            .finished(recordTaken: false):
            preconditionFailure("one exchange at a time, and its record is taken before the next begins")
        }
        self.method = method
        take(record)
        start = now
        deadline = .distantFuture
        forgetAttempts()
        return answer(reason)
    }

    /// Takes over the facts and keeps the memory of the last record's attempts.
    mutating func take(_ record: ExchangeRecord) {
        var attempts: [AttemptRecord] = []
        swap(&attempts, &self.record.attempts)
        attempts.removeAll(keepingCapacity: true)
        self.record = record
        swap(&attempts, &self.record.attempts)
    }

    /// Content of the request arrived.
    ///
    /// - Returns: `forward` where the driver sends it on now, `hold` where it waits for a connection, or an end.
    package mutating func requestContent(_ count: Int, now: Moment) -> Action {
        switch state {
        case .idle: preconditionFailure("content follows a head")
        case .finished, .delivering: return .none  // bytes still in flight after our answer; dropped
        case .attempting(let attempt):
            guard accept(count) else { return fail(.requestBodyTooLarge, now: now) }
            return attempt.isConnected ? .forward : .hold
        case .streaming:
            guard accept(count) else { return abort(.requestBodyTooLarge, now: now) }
            return .forward
        case .gathering:
            guard accept(count) else { return fail(.requestBodyTooLarge, now: now) }
            if contentIsKept { return .hold }
            // Too large to be kept: sent as it comes, and never again.
            return needs.insistsOnPreparation
                ? fail(.idempotencyBodyTooLarge, now: now) : startAttempt(Next(), now: now)
        case .preparing, .queueing, .pausing:
            guard accept(count) else { return fail(.requestBodyTooLarge, now: now) }
            return .hold
        }
    }

    /// The request's content is complete.
    @discardableResult
    package mutating func requestEnd(now: Moment) -> Action {
        requestIsComplete = true
        switch state {
        case .gathering:
            state = .preparing
            return .prepare
        case .attempting(var attempt):
            if attempt.isConnected { attempt.requestSent = now }
            state = .attempting(attempt)
            return .none
        case .idle, .preparing, .queueing, .pausing, .streaming, .delivering, .finished: return .none
        }
    }

    /// The request's content is broken, too slow, or ended early.
    package mutating func requestFailed(_ reason: Reason, now: Moment) -> Action {
        switch state {
        case .idle: preconditionFailure("content follows a head")
        case .gathering, .preparing, .queueing, .attempting, .pausing: return fail(reason, now: now)
        case .streaming: return abort(reason, now: now)
        case .delivering, .finished: return .none
        }
    }

    mutating func accept(_ count: Int) -> Bool {
        let (sum, overflow) = record.bytesIn.addingReportingOverflow(count)
        record.bytesIn = overflow ? .max : sum
        if record.bytesIn > plan.replayLimit { contentIsKept = false }
        return record.bytesIn <= plan.bodyLimit
    }
}
