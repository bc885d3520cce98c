import StentAudit
import StentModel

extension ExchangeMachine {
    /// The time named by `due` has come.
    package mutating func timerFired(now: Moment, jitter: Double, budgetAllows: Bool = true) -> Action {
        guard now >= due else { return .none }
        switch state {
        case .idle, .delivering, .finished: return .none
        case .gathering, .preparing, .queueing, .pausing: return fail(.exchangeDeadline, now: now)
        case .attempting(let attempt):
            if now >= deadline { return fail(.exchangeDeadline, now: now) }
            if let action = hedge(attempt, now: now) { return action }
            let unanswered: Reason = attempt.requestSent == nil ? .upstreamWriteStalled : .upstreamFirstByteTimeout
            return attemptFailed(
                UpstreamFailure(
                    reason: attempt.status == nil ? unanswered : .upstreamAttemptTimeout,
                    phase: attempt.status == nil ? .awaitingAnswer : .readingAnswer, requestLeft: true),
                now: now, jitter: jitter, budgetAllows: budgetAllows)
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
            if !method.isSafe || outlivesClient, requestIsComplete, attempt.isConnected, attempt.kind == .request {
                return .detach
            }
            return end(.cancel, reason: .clientGone, now: now)
        case .gathering, .preparing, .queueing, .pausing, .streaming:
            return end(.cancel, reason: .clientGone, now: now)
        case .delivering:
            // Why stent refused says more than that the refusal was not waited for.
            return end(.cancel, reason: answerIsOurs ? record.reason : .clientGone, now: now)
        }
    }

    /// The client takes no byte of its answer.
    package mutating func clientStalled(now: Moment) -> Action {
        switch state {
        case .idle, .finished, .gathering, .preparing, .queueing, .attempting, .pausing: return .none
        case .streaming, .delivering: return abort(.clientStalled, now: now)
        }
    }

    /// Time to shut down is over.
    package mutating func shutDown(now: Moment) -> Action {
        switch state {
        case .idle, .finished: return .none
        case .gathering, .preparing, .queueing, .attempting, .pausing: return fail(.exchangeShutdown, now: now)
        case .streaming, .delivering: return abort(.exchangeShutdown, now: now)
        }
    }

    /// The last byte of the answer was handed to the client's transport.
    package mutating func delivered(now: Moment) {
        switch state {
        case .delivering:
            record.duration = now.since(start)
            state = .finished(recordTaken: false)
        case .idle, .gathering, .preparing, .queueing, .attempting, .pausing, .streaming, .finished: break
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
    mutating func fail(_ reason: Reason, now: Moment) -> Action {
        if case .attempting(let attempt) = state {
            endAttempt(
                attempt,
                failure: UpstreamFailure(reason: reason, phase: .awaitingAnswer, requestLeft: attempt.isConnected),
                now: now)
        }
        endWaiting(now: now)
        return giveUp(reason, now: now)
    }

    mutating func answer(_ reason: Reason) -> Action {
        record.reason = reason
        record.status = reason.answer?.status ?? 500
        answerIsOurs = true
        record.outcome = method.isSafe ? nil : outcome(upstreamStatus: nil)
        state = .delivering
        return .answer(reason)
    }

    mutating func abort(_ reason: Reason, now: Moment) -> Action {
        end(.abort(reason), reason: reason, now: now)
    }

    mutating func end(_ action: Action, reason: Reason, now: Moment) -> Action {
        if case .attempting(let attempt) = state {
            endAttempt(
                attempt,
                failure: UpstreamFailure(reason: reason, phase: .awaitingAnswer, requestLeft: attempt.isConnected),
                now: now)
        } else if case .streaming(let attempt) = state {
            endAttempt(
                attempt, failure: UpstreamFailure(reason: reason, phase: .readingAnswer, requestLeft: true), now: now)
        }
        endWaiting(now: now)
        record.reason = reason
        if !method.isSafe, record.outcome == nil { record.outcome = outcome(upstreamStatus: nil) }
        record.duration = now.since(start)
        state = .finished(recordTaken: false)
        return action
    }

    /// - Parameter status: of the upstream's final answer; `nil` where there is none.
    func outcome(upstreamStatus status: Int?) -> WriteOutcome {
        if let status, !record.attempts.isEmpty {
            // The last attempt's answer speaks for itself; a 4xx after an attempt that may have been carried out
            // doesn't speak for that one.
            if status == 307 || status == 308 { return .rejected }  // to be made elsewhere (RFC 9110 §15.4.8)
            if status < 400 { return .committed }
            if status < 500, !mayHaveActed { return .rejected }
            return .unknown
        }
        if mayHaveActed { return .unknown }
        // It was verified that the upstream did nothing.
        if firstTry != nil { return .rejected }
        return record.attempts.isEmpty && record.reason.answer.map { $0.status < 500 } ?? false ? .rejected : .notSent
    }
}
