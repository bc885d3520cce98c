import StentAudit
import StentModel
import StentPolicy

extension ExchangeMachine {
    /// A request's head was accepted for a route.
    package mutating func begin(
        method: Method, plan: RoutePlan, limits: Limits, record: ExchangeRecord, now: Moment
    ) -> Action {
        switch state {
        case .idle, .finished(recordTaken: true): break
        case .attempting, .pausing, .streaming, .delivering, .finished(recordTaken: false):
            preconditionFailure("one exchange at a time, and its record is taken before the next begins")
        }
        self.plan = plan
        self.limits = limits
        self.method = method
        take(record)
        start = now
        deadline = plan.deadline.map { now.advanced(by: $0) } ?? .distantFuture
        requestIsComplete = false
        contentIsKept = true
        attemptCount = 0
        mayHaveActed = false
        metIdleConnection = false
        clientIsGone = false
        answerIsOurs = false
        return startAttempt(now: now, fresh: false)
    }

    /// A request is refused before any attempt was made.
    package mutating func refuse(
        _ reason: Reason, method: Method, record: ExchangeRecord, now: Moment
    ) -> Action {
        switch state {
        case .idle, .finished(recordTaken: true): break
        case .attempting, .pausing, .streaming, .delivering, .finished(recordTaken: false):
            preconditionFailure("one exchange at a time, and its record is taken before the next begins")
        }
        self.method = method
        take(record)
        start = now
        deadline = .distantFuture
        attemptCount = 0
        mayHaveActed = false
        clientIsGone = false
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
        case .pausing:
            guard accept(count) else { return fail(.requestBodyTooLarge, now: now) }
            return .hold
        }
    }

    /// The request's content is complete.
    package mutating func requestEnd(now: Moment) {
        requestIsComplete = true
        switch state {
        case .attempting(var attempt):
            if attempt.isConnected { attempt.requestSent = now }
            state = .attempting(attempt)
        case .idle, .pausing, .streaming, .delivering, .finished: break
        }
    }

    /// The request's content is broken, too slow, or ended early.
    package mutating func requestFailed(_ reason: Reason, now: Moment) -> Action {
        switch state {
        case .idle: preconditionFailure("content follows a head")
        case .attempting, .pausing: return fail(reason, now: now)
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
