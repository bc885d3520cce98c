import StentAudit
import StentModel

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
        guard case .pausing(_, let fresh) = state else { return .none }  // it ended another way meanwhile
        endPause(now: now)
        return startAttempt(now: now, fresh: fresh)
    }

    mutating func endPause(now: Moment) {
        guard case .pausing(let since, _) = state else { return }
        record.paused = TimeSpan(nanoseconds: record.paused.nanoseconds + now.since(since).nanoseconds)
    }

    mutating func startAttempt(now: Moment, fresh: Bool) -> Action {
        attemptCount += 1
        attemptIsOpen = true
        record.attempts.append(AttemptRecord(start: now.since(start)))
        state = .attempting(Attempt(start: now, lastProgress: now))
        return .attempt(fresh: fresh)
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
        if let failure, failure.requestLeft { mayHaveActed = true }
    }

    /// - Returns: `nil` where there is no further attempt.
    mutating func retry(_ failure: UpstreamFailure, now: Moment, jitter: Double) -> Action? {
        if clientIsGone {
            record.retry = .clientGone
            return nil
        }
        var failure = failure
        let resentAfterIdle = metIdleConnection  // that was the pool's doing, and costs none of the attempts
        if failure.metIdleConnection {
            // Granted once: an attempt that has to wait for a connection gets a used one even where it asked for a new
            // one, and an upstream that closes all of them must not be asked for ever.
            failure.metIdleConnection = !metIdleConnection
            metIdleConnection = true
        }
        let decision = plan.retry.decide(
            failure, attempt: max(1, attemptCount - (resentAfterIdle ? 1 : 0)), method: method,
            contentIsKept: contentIsKept,
            remaining: deadline == .distantFuture ? nil : deadline.since(now), jitter: jitter)
        switch decision {
        case .retry(let pause, let reason):
            record.retry = reason
            let fresh = failure.reason == .upstreamStaleConnection
            state = .pausing(since: now, fresh: fresh)
            return pause > .zero ? .pause(pause) : pauseElapsed(now: now)
        case .giveUp(let reason):
            record.retry = reason
            return nil
        }
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
}
