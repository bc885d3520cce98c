import StentAudit
import StentModel

extension ExchangeMachine {
    /// A connection was lent; the driver sends the request on it.
    package mutating func connected(reused: Bool, now: Moment) {
        guard case .attempting(var attempt) = state else {
            preconditionFailure("a connection is lent to a waiting attempt")
        }
        attempt.isConnected = true
        if requestIsComplete || attempt.kind == .verification { attempt.requestSent = now }
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
        if attempt.kind == .verification {
            state = .attempting(attempt)
            return .hold
        }
        // Held while another attempt could be better, or could still turn into a clear refusal. A client that is gone
        // needs nothing held.
        let isHeld = plan.retry.maximumAttempts > 1 || needs.heldAnswer || holdsAnswer
        if clientIsGone || isHeld && declaredLength ?? 0 <= plan.holdLimit {
            state = .attempting(attempt)
            return .hold
        }
        record.status = status
        state = .streaming(attempt)
        return .sendHead
    }

    /// Content of the answer arrived.
    ///
    /// - Parameter jitter: drawn from 0...1, for the pause should there be one.
    package mutating func answerContent(_ count: Int, now: Moment, jitter: Double = 1) -> Action {
        switch state {
        case .attempting(var attempt):
            attempt.lastProgress = now
            attempt.held += count
            if attempt.kind == .verification {
                state = .attempting(attempt)
                guard attempt.held > Self.verificationLimit else { return .hold }
                endAttempt(attempt, failure: nil, now: now)
                return examined(.unclear, now: now, jitter: jitter)
            }
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
        case .idle, .gathering, .preparing, .queueing, .pausing, .delivering, .finished:
            preconditionFailure("content follows its head, in a running attempt")
        }
    }

    /// The answer is complete and well-framed.
    ///
    /// - Parameter jitter: drawn from 0...1, for the pause should there be one.
    package mutating func answerEnd(now: Moment, jitter: Double, budgetAllows: Bool = true) -> Action {
        switch state {
        case .attempting(let attempt):
            let status = attempt.status ?? 0
            guard status >= 500 else {
                if attempt.kind == .verification {
                    endAttempt(attempt, failure: nil, now: now)
                    return status == 200 ? .examine : examined(.unclear, now: now, jitter: jitter)
                }
                if isRepeatedDelete(status) {
                    endAttempt(attempt, failure: nil, now: now)
                    return concludeDelete(now: now)
                }
                endAttempt(attempt, failure: nil, now: now)
                return deliver(status, .exchangeAnswered, now: now)
            }
            let failure = UpstreamFailure(
                reason: .upstreamStatus, phase: .readingAnswer, requestLeft: true, status: status,
                retryAfter: attempt.retryAfter)
            endAttempt(attempt, failure: failure, now: now)
            if attempt.kind == .verification { return verificationFailed(now: now, jitter: jitter) }
            return retry(failure, now: now, jitter: jitter, budgetAllows: budgetAllows)
                ?? deliver(status, .upstreamStatus, now: now)
        case .streaming(let attempt):
            if record.status >= 500 {
                let failure = UpstreamFailure(
                    reason: .upstreamStatus, phase: .readingAnswer, requestLeft: true, status: record.status)
                endAttempt(attempt, failure: failure, now: now)
                record.reason = .upstreamStatus
                record.retry = plan.retry.maximumAttempts > 1 ? .retryAnswerStreaming : .retryOff
            } else {
                endAttempt(attempt, failure: nil, now: now)
                record.reason = .exchangeAnswered
            }
            record.outcome = method.isSafe ? nil : outcome(upstreamStatus: record.status)
            state = .delivering
            return .finishStream
        case .idle, .gathering, .preparing, .queueing, .pausing, .delivering, .finished:
            preconditionFailure("an answer ends in a running attempt")
        }
    }

    /// The answer is whole and about something else than was asked for: it is asked for once more, which costs none of the
    /// attempts.
    package mutating func askAgain(now: Moment) -> Action {
        guard case .attempting(let attempt) = state, attempt.kind == .request else { return .none }
        endAttempt(attempt, failure: nil, now: now)
        attemptCount -= 1
        return startAttempt(Next(), now: now)
    }

    /// The attempt failed.
    package mutating func attemptFailed(
        _ failure: UpstreamFailure, now: Moment, jitter: Double, budgetAllows: Bool = true
    ) -> Action {
        switch state {
        case .attempting(let attempt):
            endAttempt(attempt, failure: failure, now: now)
            if attempt.kind == .verification { return verificationFailed(now: now, jitter: jitter) }
            return retry(failure, now: now, jitter: jitter, budgetAllows: budgetAllows)
                ?? giveUp(failure.reason, now: now)
        case .streaming(let attempt):
            endAttempt(attempt, failure: failure, now: now)
            record.retry = .retryAnswerStreaming
            return abort(failure.reason, now: now)
        case .idle, .gathering, .preparing, .queueing, .pausing, .delivering, .finished:
            preconditionFailure("only a running attempt can fail")
        }
    }

    /// Closes the attempt's record. Its first end is the true one: that the client is gone by then changes nothing.
    mutating func endAttempt(_ attempt: Attempt, failure: UpstreamFailure?, now: Moment) {
        guard attemptIsOpen else { return }
        attemptIsOpen = false
        let last = record.attempts.count - 1
        record.attempts[last].duration = now.since(attempt.start)
        record.attempts[last].failure = failure?.reason
        if !attempt.isConnected {
            let waited = now.since(attempt.start).nanoseconds
            record.queued = TimeSpan(nanoseconds: record.queued.nanoseconds + waited)
        }
        guard attempt.kind == .request, let failure, failure.requestLeft else { return }
        mayHaveActed = true
        if firstTry == nil { firstTry = attempt.start }
    }

    mutating func giveUp(_ reason: Reason, now: Moment) -> Action {
        clientIsGone ? end(.cancel, reason: .clientGone, now: now) : answer(reason)
    }

    mutating func deliver(_ status: Int, _ reason: Reason, now: Moment) -> Action {
        record.outcome = method.isSafe ? nil : outcome(upstreamStatus: status)
        if clientIsGone { return end(.cancel, reason: .clientGone, now: now) }
        record.status = status
        record.reason = reason
        state = .delivering
        return .deliver
    }

    /// A DELETE that is repeated finds nothing, because an earlier attempt took effect after all.
    private func isRepeatedDelete(_ status: Int) -> Bool {
        method == .delete && (status == 404 || status == 410) && mayHaveActed && plan.retry.mayRepeat(method)
    }

    private mutating func concludeDelete(now: Moment) -> Action {
        record.outcome = .committed
        record.retry = .retryRepeatedDelete
        if clientIsGone { return end(.cancel, reason: .clientGone, now: now) }
        record.status = 204
        record.reason = .exchangeAnswered
        state = .delivering
        return .conclude(.deleted)
    }
}
