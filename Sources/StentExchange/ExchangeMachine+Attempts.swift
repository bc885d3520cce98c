import StentAudit
import StentModel

/// From one attempt to the next: turns, pauses, and the question whether a write took effect.
extension ExchangeMachine {
    mutating func startAttempt(_ next: Next, now: Moment) -> Action {
        guard needs.admission else { return begin(next, isProbe: false, now: now) }
        state = .queueing(since: now, next)
        return .admit
    }

    /// The attempt may be made.
    ///
    /// - Parameter isProbe: the upstream was down, and this attempt feels whether it is back.
    package mutating func admitted(isProbe: Bool, now: Moment) -> Action {
        guard case .queueing(_, let next) = state else { return .none }  // it ended another way meanwhile
        endWaiting(now: now)
        return begin(next, isProbe: isProbe, now: now)
    }

    /// The attempt may not be made: too many wait, or the upstream stays down.
    package mutating func notAdmitted(_ reason: Reason, now: Moment) -> Action {
        guard case .queueing(_, let next) = state else { return .none }
        endWaiting(now: now)
        // Not 503 with Retry-After: what may have been done must not be asked for again as if it had not.
        guard next.kind == .request else { return giveUp(.resendUnverified, now: now) }
        return giveUp(reason, now: now)
    }

    private mutating func begin(_ next: Next, isProbe: Bool, now: Moment) -> Action {
        if next.kind == .request {
            attemptCount += 1
            if isProbe { probeCount += 1 }
        }
        attemptIsOpen = true
        record.attempts.append(
            AttemptRecord(
                start: now.since(start), pause: next.pause, isVerification: next.kind == .verification, isProbe: isProbe
            ))
        state = .attempting(Attempt(kind: next.kind, start: now, lastProgress: now))
        return .attempt(fresh: next.fresh)
    }

    /// The pause between two attempts is over.
    package mutating func pauseElapsed(now: Moment) -> Action {
        guard case .pausing(_, let next) = state else { return .none }  // it ended another way meanwhile
        endWaiting(now: now)
        return startAttempt(next, now: now)
    }

    /// Counts the time since a pause or a wait for admission began.
    mutating func endWaiting(now: Moment) {
        switch state {
        case .pausing(let since, _):
            record.paused = TimeSpan(nanoseconds: record.paused.nanoseconds + now.since(since).nanoseconds)
        case .queueing(let since, _):
            record.queued = TimeSpan(nanoseconds: record.queued.nanoseconds + now.since(since).nanoseconds)
        case .idle, .gathering, .preparing, .attempting, .streaming, .delivering, .finished: break
        }
    }

    private mutating func pause(_ span: TimeSpan, before next: Next, now: Moment) -> Action {
        var next = next
        next.pause = span
        state = .pausing(since: now, next)
        return span > .zero ? .pause(span) : pauseElapsed(now: now)
    }

    /// - Returns: `nil` where there is no further attempt.
    mutating func retry(_ failure: UpstreamFailure, now: Moment, jitter: Double, budgetAllows: Bool) -> Action? {
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
        let isVerified = canVerify && failure.requestLeft && !plan.retry.mayRepeat(method)
        let decision = plan.retry.decide(
            failure, attempt: max(1, attemptCount - probeCount - (resentAfterIdle ? 1 : 0)), method: method,
            isVerified: isVerified, contentIsKept: contentIsKept, budgetAllows: budgetAllows, remaining: remaining(now),
            quickest: needs.quickest, jitter: jitter)
        switch decision {
        case .retry(let span, let reason):
            record.retry = reason
            guard isVerified else {
                return pause(span, before: Next(fresh: failure.reason == .upstreamStaleConnection), now: now)
            }
            return verify(after: failure, pause: span, mayResend: true, now: now)
        case .giveUp(let reason):
            record.retry = reason
            // What became of it is worth knowing even where nothing is sent again.
            let isOverForNow =
                reason == .retryAttemptsSpent || reason == .retryBudgetSpent || reason == .retryDeadline
            guard isVerified, isOverForNow else { return nil }
            return verify(after: failure, pause: .zero, mayResend: false, now: now)
        }
    }

    private func remaining(_ now: Moment) -> TimeSpan? { deadline == .distantFuture ? nil : deadline.since(now) }
}

/// A write that may have taken effect is not sent again before the upstream was asked.
extension ExchangeMachine {
    private mutating func verify(
        after failure: UpstreamFailure, pause span: TimeSpan, mayResend: Bool, now: Moment
    ) -> Action {
        self.mayResend = mayResend
        unclearCount = 0
        // An answer, even a broken one, comes when the upstream is done; after silence, or where somebody in between
        // gave up on it, it may still be at work.
        let isDone = failure.phase == .readingAnswer && failure.status ?? 500 == 500
        settled = isDone ? now : now.advanced(by: plan.settle ?? .zero)
        return pause(span, before: Next(kind: .verification), now: now)
    }

    /// The verifying request itself failed: ask again, as long as there is time.
    mutating func verificationFailed(now: Moment, jitter: Double) -> Action {
        if clientIsGone { return end(.cancel, reason: .clientGone, now: now) }
        let tries = record.attempts.reduce(0) { $0 + ($1.isVerification ? 1 : 0) }
        let span = plan.retry.backoff(attempt: tries, jitter: jitter)
        return pause(max(span, .milliseconds(1)), before: Next(kind: .verification), now: now)
    }

    /// The answer to a verifying request was looked into.
    ///
    /// - Parameter jitter: drawn from 0...1, for the pause should there be one.
    package mutating func examined(_ finding: Finding, now: Moment, jitter: Double) -> Action {
        guard case .attempting(let attempt) = state, attempt.kind == .verification else { return .none }
        if clientIsGone {
            if finding == .found { record.outcome = .committed }
            return end(.cancel, reason: .clientGone, now: now)
        }
        switch finding {
        case .found:
            record.status = 201
            record.reason = .resendFound
            record.retry = .resendFound
            record.outcome = .committed
            state = .delivering
            return .conclude(.found)
        case .absent:
            guard now >= settled else {
                let span = min(max(settled.since(now), .milliseconds(20)), plan.retry.backoffMaximum)
                return pause(span, before: Next(kind: .verification), now: now)
            }
            guard attemptCount > 0 || mayResend else { return answer(.idempotencyUnknownOutcome) }
            mayHaveActed = false
            guard mayResend else { return answer(.resendNotDone) }
            record.retry = .resendAbsent
            return startAttempt(Next(), now: now)
        case .unclear:
            unclearCount += 1
            guard unclearCount < Self.unclearLimit else {
                record.retry = .resendUnverified
                return answer(.resendUnverified)
            }
            return verificationFailed(now: now, jitter: jitter)
        }
    }
}
