import StentModel

/// Whether a failed attempt is made again.
///
/// RFC 9110 §9.2.2: a proxy must not repeat a non-idempotent request by itself. One that never left this process is not
/// "repeated", so an attempt that failed before its first byte was sent is eligible with every method.
package struct RetryPolicy: Sendable, Equatable {
    package enum Decision: Sendable, Equatable {
        /// Make another attempt after a pause; the reason is why that is right.
        case retry(after: TimeSpan, Reason)
        case giveUp(Reason)
    }

    /// Attempts in total, the first included; at least 1.
    package var maximumAttempts: Int
    package var causes: CauseSet
    package var methods: MethodSet
    /// Ceiling of the first pause.
    package var backoffBase: TimeSpan
    /// Longest pause.
    package var backoffMaximum: TimeSpan
    /// Longest Retry-After that is waited for.
    package var retryAfterMaximum: TimeSpan

    /// - Parameters:
    ///   - attempts: the route's own number, where it has one.
    ///   - repeatable: methods that the route says may be repeated.
    package init(_ settings: RetrySettings, attempts: Int? = nil, repeatable: Set<Method> = []) {
        maximumAttempts = max(1, attempts ?? settings.attempts)
        causes = CauseSet(settings.causes)
        methods = MethodSet(settings.methods.union(repeatable))
        backoffBase = TimeSpan(settings.backoffBase)
        backoffMaximum = TimeSpan(settings.backoffMaximum)
        retryAfterMaximum = TimeSpan(settings.retryAfterMaximum)
    }

    /// Whether an answer to this method is worth holding back: another attempt could follow it.
    package func mayRepeat(_ method: Method) -> Bool { maximumAttempts > 1 && methods.contains(method) }

    /// - Parameters:
    ///   - attempt: attempts already made, from 1.
    ///   - isVerified: the upstream is asked first whether the failed attempt took effect.
    ///   - contentIsKept: the request's content, if any, can be sent again from its start.
    ///   - budgetAllows: the upstream can bear the load of another attempt.
    ///   - remaining: time left until the exchange's deadline; `nil` is no deadline.
    ///   - quickest: no attempt of this kind takes less; one that can't end in the time left is not made.
    ///   - jitter: drawn by the caller from 0...1.
    package func decide(
        _ failure: UpstreamFailure, attempt: Int, method: Method, isVerified: Bool = false, contentIsKept: Bool,
        budgetAllows: Bool = true, remaining: TimeSpan?, quickest: TimeSpan = .zero, jitter: Double
    ) -> Decision {
        if failure.metIdleConnection, method.isSafe, contentIsKept {
            // The pool's doing rather than the upstream's: repeated whatever the settings, on a connection made for it,
            // which can't be stale again.
            return .retry(after: .zero, .upstreamStaleConnection)
        }
        guard maximumAttempts > 1 else { return .giveUp(.retryOff) }
        guard methods.contains(method) || !failure.requestLeft || isVerified else {
            return .giveUp(.retryNotIdempotent)
        }
        guard let cause = CauseSet(failure), causes.contains(cause) else { return .giveUp(.retryCauseNotListed) }
        guard attempt < maximumAttempts else { return .giveUp(.retryAttemptsSpent) }
        guard contentIsKept else { return .giveUp(.retryBodyNotKept) }
        guard budgetAllows else { return .giveUp(.retryBudgetSpent) }
        guard let pause = pause(after: failure, attempt: attempt, jitter: jitter) else {
            return .giveUp(.retryDeadline)
        }
        if let remaining, pause.nanoseconds >= remaining.nanoseconds - quickest.nanoseconds {
            return .giveUp(.retryDeadline)
        }
        return .retry(after: pause, failure.requestLeft ? .retryCause : .retryNeverSent)
    }

    /// Full jitter: anything between nothing and a ceiling that doubles (Brooker, "Exponential Backoff And Jitter",
    /// AWS Architecture Blog, 2015); never before the upstream's own Retry-After, `nil` where that is too far away.
    private func pause(after failure: UpstreamFailure, attempt: Int, jitter: Double) -> TimeSpan? {
        let drawn = backoff(attempt: attempt, jitter: jitter)
        guard let asked = failure.retryAfter else { return drawn }
        return asked <= retryAfterMaximum ? max(asked, drawn) : nil
    }

    /// A pause drawn for this number of attempts made, from 1.
    package func backoff(attempt: Int, jitter: Double) -> TimeSpan {
        let doublings = min(max(attempt - 1, 0), 16)
        let (product, overflow) = backoffBase.nanoseconds.multipliedReportingOverflow(by: 1 << Int64(doublings))
        let ceiling = min(overflow ? .max : product, backoffMaximum.nanoseconds)
        // The comparisons also keep a jitter that is no number, and a ceiling that a Double rounds up, out of Int64().
        return TimeSpan(nanoseconds: jitter >= 1 ? ceiling : jitter > 0 ? Int64(Double(ceiling) * jitter) : 0)
    }
}

/// The kinds of failure that a policy repeats.
package struct CauseSet: OptionSet, Sendable {
    package let rawValue: UInt16

    package init(rawValue: UInt16) { self.rawValue = rawValue }

    package init(_ causes: Set<RetrySettings.Cause>) {
        self = causes.reduce(into: []) { $0.insert(CauseSet($1)) }
    }

    /// - Returns: `nil` for a failure that no setting names, such as the client's own.
    package init?(_ failure: UpstreamFailure) {
        switch failure.reason {
        case .upstreamResolveFailed, .upstreamConnectFailed, .upstreamConnectTimeout, .upstreamTLSFailed:
            self = CauseSet(.connect)
        case .upstreamReset, .upstreamStaleConnection, .upstreamWriteStalled: self = CauseSet(.reset)
        case .upstreamMalformedStatusLine, .upstreamMalformedField, .upstreamMalformedLength,
            .upstreamMalformedCoding, .upstreamMalformedChunk, .upstreamHeadTooLarge, .upstreamTooManyInformational,
            .upstreamUnexpectedUpgrade:
            self = CauseSet(.malformed)
        case .upstreamTruncated: self = CauseSet(.truncated)
        case .upstreamFirstByteTimeout, .upstreamAttemptTimeout, .upstreamIdleTimeout: self = CauseSet(.timeout)
        case .upstreamStatus:
            switch failure.status {
            case 500: self = CauseSet(.status500)
            case 502: self = CauseSet(.status502)
            case 503: self = CauseSet(.status503)
            case 504: self = CauseSet(.status504)
            case .some, .none: return nil
            }
        case _: return nil  // the pool's time-out and everything that is not the upstream's doing
        }
    }

    private init(_ cause: RetrySettings.Cause) {
        switch cause {
        case .connect: self.init(rawValue: 1 << 0)
        case .reset: self.init(rawValue: 1 << 1)
        case .malformed: self.init(rawValue: 1 << 2)
        case .truncated: self.init(rawValue: 1 << 3)
        case .timeout: self.init(rawValue: 1 << 4)
        case .status500: self.init(rawValue: 1 << 5)
        case .status502: self.init(rawValue: 1 << 6)
        case .status503: self.init(rawValue: 1 << 7)
        case .status504: self.init(rawValue: 1 << 8)
        }
    }
}

/// A set of methods as bits.
package struct MethodSet: Sendable, Equatable {
    private var bits: UInt16 = 0

    package init(_ methods: Set<Method>) {
        for method in methods { bits |= 1 << UInt16(method.rawValue) }
    }

    package func contains(_ method: Method) -> Bool { bits & 1 << UInt16(method.rawValue) != 0 }
}
