import StentAudit
import StentModel
import StentPolicy

/// The order of the rules for one request and its answer: what happens next, and why.
///
/// It knows no clock, no socket and no HTTP version. The driver feeds it what happened and carries out the action that
/// comes back. The outcome record leaves it exactly once, on every path.
package struct ExchangeMachine: Sendable {
    /// What the driver does next. Every action but `none`, `hold`, `forward` and `sendHead` ends the current attempt: the
    /// driver drops it where it is still running.
    package enum Action: Sendable, Equatable {
        case none
        /// Get a connection, a new one where `fresh`, and send the request from its start.
        case attempt(fresh: Bool)
        /// Wait, then report `pauseElapsed`.
        case pause(TimeSpan)
        /// Keep this part of the answer back.
        case hold
        /// Send the answer's head, and what was held so far, to the client; the rest follows piece by piece.
        case sendHead
        /// Pass this part of the answer on.
        case forward
        /// The answer was passed on to its end.
        case finishStream
        /// Send the held answer whole.
        case deliver
        /// Answer with a problem of stent's own.
        case answer(Reason)
        /// The client has part of an answer that can't be completed: cut the connection visibly.
        case abort(Reason)
        /// The client is gone: end everything silently.
        case cancel
        /// The client is gone, but its write is at the upstream: see it through for the record's sake.
        case detach
    }

    /// How long the phases of an attempt may take.
    package struct Limits: Sendable, Equatable {
        package var firstByte: TimeSpan
        package var attempt: TimeSpan
        package var idle: TimeSpan

        package init(_ settings: UpstreamSettings) {
            firstByte = TimeSpan(settings.firstByteTimeout)
            attempt = TimeSpan(settings.attemptTimeout)
            idle = TimeSpan(settings.idleTimeout)
        }
    }

    private struct Attempt: Sendable {
        var start: Moment
        /// A connection was lent; the request is being sent or has been.
        var isConnected = false
        /// When the request's last byte was handed over.
        var requestSent: Moment?
        /// Since when the upstream takes no more of the request.
        var blockedSince: Moment?
        /// The answer's status, once its head is there.
        var status: Int?
        var retryAfter: TimeSpan?
        /// Answer content held back.
        var held = 0
        /// When the answer last moved.
        var lastProgress: Moment
    }

    private enum State: Sendable {
        /// No request yet.
        case idle
        /// An attempt is under way and the client has seen nothing.
        case attempting(Attempt)
        /// Between two attempts.
        case pausing(since: Moment, fresh: Bool)
        /// The client has the head of this attempt's answer.
        case streaming(Attempt)
        /// The last bytes are on their way to the client.
        case delivering
        /// The record is complete, or already taken.
        case finished(recordTaken: Bool)
    }

    private var state = State.idle
    private var plan: RoutePlan
    private var limits: Limits
    private var method = Method.get
    private var start = Moment(nanoseconds: 0)
    private var deadline = Moment.distantFuture
    private var requestIsComplete = false
    /// All content received so far is still there to be sent again.
    private var contentIsKept = true
    private var attemptCount = 0
    /// An attempt failed after a byte of the request had left: the upstream may have acted on it.
    private var mayHaveActed = false
    private var clientIsGone = false
    private var record = ExchangeRecord()

    package init(plan: RoutePlan, limits: Limits) {
        self.plan = plan
        self.limits = limits
    }

    // MARK: what the driver may ask

    /// Content received from the client so far.
    package var bytesIn: Int { record.bytesIn }
    /// Attempts begun so far.
    package var attempts: Int { attemptCount }
    /// Whether content that is forwarded is to be kept for another attempt.
    package var keepsContent: Bool { contentIsKept && (plan.retry.mayRepeat(method) || method.isSafe) }
    package var isFinished: Bool { if case .finished = state { true } else { false } }
    /// An exchange is under way.
    package var isActive: Bool {
        switch state {
        case .idle, .finished: false
        case .attempting, .pausing, .streaming, .delivering: true
        }
    }
    /// Pauses so far, and waiting for connections: what stent itself added.
    package var queued: TimeSpan { record.queued }
    package var route: RoutePlan { plan }

    /// `Stent-Outcome` as it stands for an answer of that status; `nil` for safe methods and good answers.
    ///
    /// - Parameter isOwn: the answer is stent's own: its status says nothing about what the upstream did.
    package func outcomeField(status: Int, isOwn: Bool) -> WriteOutcome? {
        guard !method.isSafe, status >= 400 else { return nil }
        return outcome(upstreamStatus: isOwn ? nil : status)
    }

    /// When `timerFired` is to be called next, unless something else happens before.
    package var due: Moment {
        switch state {
        case .idle, .finished: return .distantFuture
        case .pausing: return deadline
        case .delivering: return .distantFuture  // only the client holds it up; its stalling is watched by the stream
        case .attempting(let attempt):
            guard attempt.isConnected else { return deadline }
            guard let sent = attempt.requestSent else {
                return min(deadline, attempt.blockedSince?.advanced(by: limits.idle) ?? .distantFuture)
            }
            var due = sent.advanced(by: limits.attempt)
            if attempt.status == nil { due = min(due, sent.advanced(by: limits.firstByte)) }
            return min(due, deadline)
        case .streaming(let attempt):
            return min(deadline, attempt.lastProgress.advanced(by: limits.idle))
        }
    }
}

// MARK: - Request events

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
        clientIsGone = false
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
    private mutating func take(_ record: ExchangeRecord) {
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

    private mutating func accept(_ count: Int) -> Bool {
        let (sum, overflow) = record.bytesIn.addingReportingOverflow(count)
        record.bytesIn = overflow ? .max : sum
        if record.bytesIn > plan.replayLimit { contentIsKept = false }
        return record.bytesIn <= plan.bodyLimit
    }
}

// MARK: - Upstream events

extension ExchangeMachine {
    /// A connection was lent; the driver sends the request on it.
    package mutating func connected(reused: Bool, now: Moment) {
        guard case .attempting(var attempt) = state else {
            preconditionFailure("a connection is lent to a waiting attempt")
        }
        attempt.isConnected = true
        if requestIsComplete { attempt.requestSent = now }
        attempt.lastProgress = now
        state = .attempting(attempt)
        record.queued = TimeSpan(nanoseconds: record.queued.nanoseconds + now.since(attempt.start).nanoseconds)
        record.attempts[record.attempts.count - 1].reusedConnection = reused
    }

    /// The upstream's transport is full, or takes more again.
    package mutating func requestBlocked(_ isBlocked: Bool, now: Moment) {
        guard case .attempting(var attempt) = state else { return }
        attempt.blockedSince = isBlocked ? now : nil
        state = .attempting(attempt)
    }

    /// The head of a final answer arrived.
    package mutating func answerHead(
        status: Int, declaredLength: Int?, retryAfter: TimeSpan?, now: Moment
    ) -> Action {
        guard case .attempting(var attempt) = state else {
            preconditionFailure("an answer's head comes once in an attempt")
        }
        attempt.status = status
        attempt.retryAfter = retryAfter
        attempt.lastProgress = now
        record.attempts[record.attempts.count - 1].status = status
        // Held while another attempt could be better, or could still turn into a clear refusal. A client that is gone
        // needs nothing held.
        if clientIsGone || plan.retry.maximumAttempts > 1 && declaredLength ?? 0 <= plan.holdLimit {
            state = .attempting(attempt)
            return .hold
        }
        record.status = status
        state = .streaming(attempt)
        return .sendHead
    }

    /// Content of the answer arrived.
    package mutating func answerContent(_ count: Int, now: Moment) -> Action {
        switch state {
        case .attempting(var attempt):
            attempt.lastProgress = now
            attempt.held += count
            if attempt.held > plan.holdLimit, let status = attempt.status, !clientIsGone {
                record.status = status
                state = .streaming(attempt)
                return .sendHead
            }
            state = .attempting(attempt)
            return clientIsGone ? .none : .hold
        case .streaming(var attempt):
            attempt.lastProgress = now
            state = .streaming(attempt)
            return .forward
        case .idle, .pausing, .delivering, .finished:
            preconditionFailure("content follows its head, in a running attempt")
        }
    }

    /// The answer is complete and well-framed.
    ///
    /// - Parameter jitter: drawn from 0...1, for the pause should there be one.
    package mutating func answerEnd(now: Moment, jitter: Double) -> Action {
        switch state {
        case .attempting(let attempt):
            let status = attempt.status ?? 0
            guard status >= 500 else {
                endAttempt(attempt, failure: nil, now: now)
                return deliver(status, .exchangeAnswered, now: now)
            }
            let failure = UpstreamFailure(
                reason: .upstreamStatus, phase: .readingAnswer, requestLeft: true, status: status,
                retryAfter: attempt.retryAfter)
            endAttempt(attempt, failure: failure, now: now)
            return retry(failure, now: now, jitter: jitter) ?? deliver(status, .upstreamStatus, now: now)
        case .streaming(let attempt):
            let isFailure = record.status >= 500
            endAttempt(attempt, failure: nil, now: now)
            record.reason = isFailure ? .upstreamStatus : .exchangeAnswered
            record.outcome = method.isSafe ? nil : outcome(upstreamStatus: record.status)
            state = .delivering
            return .finishStream
        case .idle, .pausing, .delivering, .finished:
            preconditionFailure("an answer ends in a running attempt")
        }
    }

    /// The attempt failed.
    package mutating func attemptFailed(_ failure: UpstreamFailure, now: Moment, jitter: Double) -> Action {
        switch state {
        case .attempting(let attempt):
            endAttempt(attempt, failure: failure, now: now)
            return retry(failure, now: now, jitter: jitter) ?? giveUp(failure.reason, now: now)
        case .streaming(let attempt):
            endAttempt(attempt, failure: failure, now: now)
            record.retry = .retryAnswerStreaming
            return abort(failure.reason, now: now)
        case .idle, .pausing, .delivering, .finished:
            preconditionFailure("only a running attempt can fail")
        }
    }

    /// The pause between two attempts is over.
    package mutating func pauseElapsed(now: Moment) -> Action {
        guard case .pausing(let since, let fresh) = state else { return .none }  // it ended another way meanwhile
        record.paused = TimeSpan(nanoseconds: record.paused.nanoseconds + now.since(since).nanoseconds)
        return startAttempt(now: now, fresh: fresh)
    }

    private mutating func startAttempt(now: Moment, fresh: Bool) -> Action {
        attemptCount += 1
        record.attempts.append(AttemptRecord(start: now.since(start)))
        state = .attempting(Attempt(start: now, lastProgress: now))
        return .attempt(fresh: fresh)
    }

    private mutating func endAttempt(_ attempt: Attempt, failure: UpstreamFailure?, now: Moment) {
        let last = record.attempts.count - 1
        record.attempts[last].duration = now.since(attempt.start)
        record.attempts[last].failure = failure?.reason
        if !attempt.isConnected {
            let waited = now.since(attempt.start).nanoseconds
            record.queued = TimeSpan(nanoseconds: record.queued.nanoseconds + waited)
        }
        if let failure, failure.requestLeft { mayHaveActed = true }
    }

    /// - Returns: `nil` where there is no further attempt.
    private mutating func retry(_ failure: UpstreamFailure, now: Moment, jitter: Double) -> Action? {
        if clientIsGone {
            record.retry = .clientGone
            return nil
        }
        let decision = plan.retry.decide(
            failure, attempt: attemptCount, method: method, contentIsKept: contentIsKept,
            remaining: deadline == .distantFuture ? nil : deadline.since(now), jitter: jitter)
        switch decision {
        case .retry(let pause, let reason):
            record.retry = reason
            let fresh = reason == .upstreamStaleConnection
            state = .pausing(since: now, fresh: fresh)
            return pause > .zero ? .pause(pause) : pauseElapsed(now: now)
        case .giveUp(let reason):
            record.retry = reason
            return nil
        }
    }

    private mutating func giveUp(_ reason: Reason, now: Moment) -> Action {
        clientIsGone ? end(.cancel, reason: .clientGone, now: now) : answer(reason)
    }

    private mutating func deliver(_ status: Int, _ reason: Reason, now: Moment) -> Action {
        record.outcome = method.isSafe ? nil : outcome(upstreamStatus: status)
        if clientIsGone { return end(.cancel, reason: .clientGone, now: now) }
        record.status = status
        record.reason = reason
        state = .delivering
        return .deliver
    }
}

// MARK: - Endings

extension ExchangeMachine {
    /// The time named by `due` has come.
    package mutating func timerFired(now: Moment, jitter: Double) -> Action {
        guard now >= due else { return .none }
        switch state {
        case .idle, .delivering, .finished: return .none
        case .pausing: return fail(.exchangeDeadline, now: now)
        case .attempting(let attempt):
            if now >= deadline { return fail(.exchangeDeadline, now: now) }
            let unanswered: Reason = attempt.requestSent == nil ? .upstreamWriteStalled : .upstreamFirstByteTimeout
            return attemptFailed(
                UpstreamFailure(
                    reason: attempt.status == nil ? unanswered : .upstreamAttemptTimeout,
                    phase: attempt.status == nil ? .awaitingAnswer : .readingAnswer, requestLeft: true),
                now: now, jitter: jitter)
        case .streaming(let attempt):
            if now >= deadline { return abort(.exchangeDeadline, now: now) }
            endAttempt(
                attempt,
                failure: UpstreamFailure(reason: .upstreamIdleTimeout, phase: .readingAnswer, requestLeft: true),
                now: now)
            return abort(.upstreamIdleTimeout, now: now)
        }
    }

    /// The answer that streams was held up until now by a client that reads slowly: that time is not the upstream's.
    package mutating func answerHeldUp(now: Moment) {
        guard case .streaming(var attempt) = state else { return }
        if deadline != .distantFuture { deadline = deadline.advanced(by: now.since(attempt.lastProgress)) }
        attempt.lastProgress = now
        state = .streaming(attempt)
    }

    /// The client closed or lost its connection.
    package mutating func clientGone(now: Moment) -> Action {
        switch state {
        case .idle, .finished: return .none
        case .attempting(let attempt):
            clientIsGone = true
            if !method.isSafe, requestIsComplete, attempt.isConnected { return .detach }
            return end(.cancel, reason: requestIsComplete ? .clientGone : .requestBodyTruncated, now: now)
        case .pausing:
            return end(.cancel, reason: .clientGone, now: now)
        case .streaming, .delivering:
            return end(.cancel, reason: .clientGone, now: now)
        }
    }

    /// The client takes no byte of its answer.
    package mutating func clientStalled(now: Moment) -> Action {
        switch state {
        case .idle, .finished, .attempting, .pausing: return .none
        case .streaming, .delivering: return abort(.clientStalled, now: now)
        }
    }

    /// Time to shut down is over.
    package mutating func shutDown(now: Moment) -> Action {
        switch state {
        case .idle, .finished: return .none
        case .attempting, .pausing: return fail(.exchangeShutdown, now: now)
        case .streaming, .delivering: return abort(.exchangeShutdown, now: now)
        }
    }

    /// The last byte of the answer was handed to the client's transport.
    package mutating func delivered(now: Moment) {
        switch state {
        case .delivering:
            record.duration = now.since(start)
            state = .finished(recordTaken: false)
        case .idle, .attempting, .pausing, .streaming, .finished: break
        }
    }

    /// The record of a finished exchange, once: a second call yields `nil`.
    ///
    /// - Parameter bytesOut: content handed to the client's transport.
    package mutating func takeRecord(bytesOut: Int) -> ExchangeRecord? {
        guard case .finished(recordTaken: false) = state else { return nil }
        record.bytesOut = bytesOut
        state = .finished(recordTaken: true)
        return record
    }

    /// Ends what runs with an answer of our own.
    private mutating func fail(_ reason: Reason, now: Moment) -> Action {
        if case .attempting(let attempt) = state {
            endAttempt(
                attempt,
                failure: UpstreamFailure(reason: reason, phase: .awaitingAnswer, requestLeft: attempt.isConnected),
                now: now)
        }
        return giveUp(reason, now: now)
    }

    private mutating func answer(_ reason: Reason) -> Action {
        record.reason = reason
        record.status = reason.answer?.status ?? 500
        record.outcome = method.isSafe ? nil : outcome(upstreamStatus: nil)
        state = .delivering
        return .answer(reason)
    }

    private mutating func abort(_ reason: Reason, now: Moment) -> Action {
        end(.abort(reason), reason: reason, now: now)
    }

    private mutating func end(_ action: Action, reason: Reason, now: Moment) -> Action {
        if case .attempting(let attempt) = state {
            endAttempt(
                attempt,
                failure: UpstreamFailure(reason: reason, phase: .awaitingAnswer, requestLeft: attempt.isConnected),
                now: now)
        } else if case .streaming(let attempt) = state, record.attempts.last?.failure == nil {
            endAttempt(
                attempt, failure: UpstreamFailure(reason: reason, phase: .readingAnswer, requestLeft: true), now: now)
        }
        record.reason = reason
        if !method.isSafe, record.outcome == nil { record.outcome = outcome(upstreamStatus: nil) }
        record.duration = now.since(start)
        state = .finished(recordTaken: false)
        return action
    }

    /// - Parameter status: of the upstream's final answer; `nil` where there is none.
    private func outcome(upstreamStatus status: Int?) -> WriteOutcome {
        if let status, attemptCount > 0 {
            // The last attempt's answer speaks for itself; a 4xx after an attempt that may have been carried out
            // doesn't speak for that one.
            if status < 400 { return .committed }
            if status < 500, !mayHaveActed { return .rejected }
            return .unknown
        }
        if mayHaveActed { return .unknown }
        return attemptCount == 0 && record.reason.answer.map { $0.status < 500 } ?? false ? .rejected : .notSent
    }
}
