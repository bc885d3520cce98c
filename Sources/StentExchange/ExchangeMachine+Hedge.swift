import StentAudit
import StentModel

/// A second attempt beside one that takes long. The machine knows one attempt; the other is the driver's until it wins.
extension ExchangeMachine {
    /// When the attempt has waited long enough; `nil` where it is not hedged.
    func hedgeDue(_ attempt: Attempt) -> Moment? {
        guard let after = needs.hedgeAfter, method.isSafe, attempt.kind == .request, !attempt.isHedged,
            attempt.status == nil, let sent = attempt.requestSent
        else { return nil }
        return sent.advanced(by: after)
    }

    /// - Returns: `nil` where another limit is what has come.
    mutating func hedge(_ attempt: Attempt, now: Moment) -> Action? {
        guard let due = hedgeDue(attempt), now >= due, let sent = attempt.requestSent,
            now < sent.advanced(by: min(limits.attempt, limits.firstByte))
        else { return nil }
        var attempt = attempt
        attempt.isHedged = true
        state = .attempting(attempt)
        return .hedge
    }

    /// The second attempt ended without being needed.
    ///
    /// - Parameter begun: when it was made.
    package mutating func hedgeLost(begun: Moment, failure: Reason?, status: Int?, now: Moment) {
        switch state {
        case .idle, .finished: return
        case .gathering, .preparing, .queueing, .attempting, .pausing, .streaming, .delivering: break
        }
        var lost = AttemptRecord(
            start: begun.since(start), duration: now.since(begun), status: status, failure: failure ?? .retryHedgeLost)
        lost.isHedge = true
        // The record of the attempt under way stays the last one.
        record.attempts.insert(lost, at: attemptIsOpen ? max(0, record.attempts.count - 1) : record.attempts.count)
    }

    /// The second attempt was answered first: it takes the place of the other, whose answer is not waited for.
    ///
    /// - Parameter begun: when it was made. Its answer is reported as that of the attempt under way.
    package mutating func hedgeWon(begun: Moment, reused: Bool, now: Moment) {
        guard case .attempting(let attempt) = state, attempt.status == nil else {
            preconditionFailure("a hedge wins against an attempt that has no answer yet")
        }
        let last = record.attempts.count - 1
        record.attempts[last].duration = now.since(attempt.start)
        record.attempts[last].failure = .retryHedgeLost
        var won = AttemptRecord(start: begun.since(start), reusedConnection: reused)
        won.isHedge = true
        record.attempts.append(won)
        var next = Attempt(start: begun, lastProgress: now)
        next.isConnected = true
        next.isHedged = true
        next.requestSent = begun
        state = .attempting(next)
    }
}
