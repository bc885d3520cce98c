import StentModel
import StentPolicy
import Testing

private func policy(_ change: (inout RetrySettings) -> Void = { _ in }) -> RetryPolicy {
    var settings = RetrySettings()
    settings.attempts = 3
    change(&settings)
    return RetryPolicy(settings)
}

private func failure(
    _ reason: Reason, left: Bool = true, status: Int? = nil, retryAfter: TimeSpan? = nil, metIdle: Bool = false
) -> UpstreamFailure {
    UpstreamFailure(
        reason: reason, phase: .awaitingAnswer, requestLeft: left, status: status, retryAfter: retryAfter,
        metIdleConnection: metIdle)
}

extension RetryPolicy {
    fileprivate func decide(
        _ failure: UpstreamFailure, attempt: Int = 1, _ method: Method = .get, kept: Bool = true,
        verified: Bool = false, budget: Bool = true, remaining: TimeSpan? = .seconds(60), quickest: TimeSpan = .zero,
        jitter: Double = 1
    ) -> Decision {
        decide(
            failure, attempt: attempt, method: method, isVerified: verified, contentIsKept: kept, budgetAllows: budget,
            remaining: remaining, quickest: quickest, jitter: jitter)
    }
}

@Suite struct `Whether an attempt is repeated` {
    @Test func `a failed GET is, after a pause`() {
        #expect(policy().decide(failure(.upstreamReset)) == .retry(after: .milliseconds(100), .retryCause))
    }

    @Test func `nothing is where there is one attempt in total`() {
        #expect(policy { $0.attempts = 1 }.decide(failure(.upstreamReset)) == .giveUp(.retryOff))
        #expect(policy { $0.attempts = 0 }.maximumAttempts == 1)
    }

    @Test func `a route's own number of attempts wins`() {
        #expect(RetryPolicy(RetrySettings(), attempts: 4).maximumAttempts == 4)
        #expect(RetryPolicy(RetrySettings(), attempts: -1).maximumAttempts == 1)
    }

    @Test func `a GET is not when its attempts are spent`() {
        let policy = policy()
        #expect(policy.decide(failure(.upstreamReset), attempt: 2) == .retry(after: .milliseconds(200), .retryCause))
        #expect(policy.decide(failure(.upstreamReset), attempt: 3) == .giveUp(.retryAttemptsSpent))
        #expect(policy.decide(failure(.upstreamReset), attempt: 4) == .giveUp(.retryAttemptsSpent))
    }

    @Test(arguments: Method.allCases)
    func `a method that is not listed is not, once its bytes left`(method: Method) {
        let decision = policy().decide(failure(.upstreamReset), method)
        let isListed = [.get, .head, .options].contains(method)
        #expect(decision == (isListed ? .retry(after: .milliseconds(100), .retryCause) : .giveUp(.retryNotIdempotent)))
        #expect(policy().mayRepeat(method) == isListed)
        #expect(!policy { $0.attempts = 1 }.mayRepeat(method))
    }

    @Test(arguments: Method.allCases)
    func `any method is where no byte of it left`(method: Method) {
        #expect(
            policy().decide(failure(.upstreamConnectFailed, left: false), method)
                == .retry(after: .milliseconds(100), .retryNeverSent))
    }

    @Test func `a listed PUT is`() {
        #expect(
            policy { $0.methods = [.put] }.decide(failure(.upstreamReset), .put)
                == .retry(after: .milliseconds(100), .retryCause))
    }

    @Test func `a request whose content is gone is not, even where no byte of it left`() {
        let policy = policy()
        #expect(policy.decide(failure(.upstreamReset), kept: false) == .giveUp(.retryBodyNotKept))
        #expect(
            policy.decide(failure(.upstreamConnectFailed, left: false), .post, kept: false)
                == .giveUp(.retryBodyNotKept))
    }

    @Test func `one with effects is where it is asked first whether they took place`() {
        let all = policy()
        #expect(all.decide(failure(.upstreamReset), .post) == .giveUp(.retryNotIdempotent))
        #expect(
            all.decide(failure(.upstreamReset), .post, verified: true)
                == .retry(after: .milliseconds(100), .retryCause))
        #expect(
            all.decide(failure(.upstreamReset), attempt: 3, .post, verified: true) == .giveUp(.retryAttemptsSpent))
        #expect(
            policy { $0.causes = [.connect] }.decide(failure(.upstreamReset), .post, verified: true)
                == .giveUp(.retryCauseNotListed))
    }

    @Test func `nothing is where the upstream can't bear it`() {
        let policy = policy()
        #expect(policy.decide(failure(.upstreamReset), budget: false) == .giveUp(.retryBudgetSpent))
        #expect(
            policy.decide(failure(.upstreamConnectFailed, left: false), .post, budget: false)
                == .giveUp(.retryBudgetSpent))
        #expect(policy.decide(failure(.upstreamReset), attempt: 3, budget: false) == .giveUp(.retryAttemptsSpent))
        #expect(policy.decide(failure(.upstreamReset), kept: false, budget: false) == .giveUp(.retryBodyNotKept))
        #expect(
            policy.decide(failure(.upstreamReset), budget: false, remaining: .zero) == .giveUp(.retryBudgetSpent))
    }

    @Test func `a safe request that met a closed idle connection is, whatever the upstream can bear`() {
        let stale = failure(.upstreamStaleConnection, metIdle: true)
        #expect(policy().decide(stale, budget: false) == .retry(after: .zero, .upstreamStaleConnection))
    }

    @Test func `a failure that is not listed is not`() {
        let policy = policy { $0.causes = [.connect] }
        #expect(policy.decide(failure(.upstreamReset)) == .giveUp(.retryCauseNotListed))
        #expect(policy.decide(failure(.upstreamPoolTimeout, left: false)) == .giveUp(.retryCauseNotListed))
    }

    @Test func `a safe request that met a closed idle connection is, at once and whatever the settings`() {
        let stale = failure(.upstreamStaleConnection, metIdle: true)
        let off = policy { settings in
            settings.attempts = 1
            settings.causes = []
            settings.methods = []
        }
        for method in Method.allCases where method.isSafe {
            #expect(off.decide(stale, method, remaining: nil) == .retry(after: .zero, .upstreamStaleConnection))
        }
        #expect(off.decide(stale, kept: false) == .giveUp(.retryOff))
    }

    @Test(arguments: [Method.post, .put, .patch, .delete, .other])
    func `one with effects that met a closed idle connection is not`(method: Method) {
        let stale = failure(.upstreamStaleConnection, metIdle: true)
        #expect(policy().decide(stale, method) == .giveUp(.retryNotIdempotent))
    }
}

@Suite struct `The pause between attempts` {
    @Test(arguments: [
        (1, 100), (2, 200), (3, 400), (4, 800), (5, 1600), (6, 2000), (7, 2000), (60, 2000), (.max, 2000),
    ])
    func `doubles up to its longest`(attempt: Int, milliseconds: Int64) {
        let policy = policy { $0.attempts = .max }
        #expect(
            policy.decide(failure(.upstreamReset), attempt: min(attempt, .max - 1))
                == .retry(after: .milliseconds(milliseconds), .retryCause))
    }

    @Test(
        arguments: [
            (0, 0), (0.25, 100), (0.5, 200), (1, 400), (-1, 0), (2, 400), (.nan, 0), (-.infinity, 0), (.infinity, 400),
        ] as [(Double, Int64)])
    func `is anything between nothing and its ceiling`(jitter: Double, milliseconds: Int64) {
        #expect(
            policy { $0.attempts = 9 }.decide(failure(.upstreamReset), attempt: 3, jitter: jitter)
                == .retry(after: .milliseconds(milliseconds), .retryCause))
    }

    @Test(arguments: [0.0, 0.5, 1.0.nextDown, 1.0])
    func `survives the longest settings there can be`(jitter: Double) {
        let policy = policy { settings in
            settings.attempts = 99
            settings.backoffBase = .seconds(Int64.max)
            settings.backoffMaximum = .seconds(Int64.max)
        }
        guard
            case .retry(let pause, _) = policy.decide(
                failure(.upstreamReset), attempt: 50, remaining: nil, jitter: jitter)
        else {
            Issue.record("no retry")
            return
        }
        #expect(pause >= .zero)
    }

    @Test(arguments: [(0, 100), (99, 100), (100, 100), (150, 150), (10_000, 10_000)])
    func `is never shorter than Retry-After`(asked: Int64, milliseconds: Int64) {
        let answer = failure(.upstreamStatus, status: 503, retryAfter: .milliseconds(asked))
        #expect(policy().decide(answer) == .retry(after: .milliseconds(milliseconds), .retryCause))
    }

    @Test func `is not made where Retry-After is too far away`() {
        let answer = failure(.upstreamStatus, status: 503, retryAfter: .milliseconds(10_001))
        #expect(policy().decide(answer) == .giveUp(.retryDeadline))
    }

    @Test(arguments: [(101, true), (100, false), (99, false), (0, false)])
    func `must end before the deadline`(remaining: Int64, isMade: Bool) {
        #expect(
            policy().decide(failure(.upstreamReset), remaining: .milliseconds(remaining))
                == (isMade ? .retry(after: .milliseconds(100), .retryCause) : .giveUp(.retryDeadline)))
    }

    @Test(arguments: [(151, true), (150, false), (100, false)])
    func `must leave the time that the quickest answer takes`(remaining: Int64, isMade: Bool) {
        #expect(
            policy().decide(
                failure(.upstreamReset), remaining: .milliseconds(remaining), quickest: .milliseconds(50))
                == (isMade ? .retry(after: .milliseconds(100), .retryCause) : .giveUp(.retryDeadline)))
    }

    @Test func `has no other end without a deadline`() {
        #expect(
            policy().decide(failure(.upstreamReset), remaining: nil, quickest: .seconds(1))
                == .retry(after: .milliseconds(100), .retryCause))
    }
}

@Suite struct `The cause of a failure` {
    /// Every reason of an upstream's, and the one setting that repeats it.
    static let causes: [(Reason, RetrySettings.Cause?)] = [
        (.upstreamResolveFailed, .connect), (.upstreamConnectFailed, .connect), (.upstreamConnectTimeout, .connect),
        (.upstreamTLSFailed, .connect), (.upstreamPoolTimeout, nil), (.upstreamReset, .reset),
        (.upstreamStaleConnection, .reset), (.upstreamWriteStalled, .reset), (.upstreamFirstByteTimeout, .timeout),
        (.upstreamAttemptTimeout, .timeout), (.upstreamIdleTimeout, .timeout), (.upstreamTruncated, .truncated),
        (.upstreamMalformedStatusLine, .malformed), (.upstreamMalformedField, .malformed),
        (.upstreamMalformedLength, .malformed), (.upstreamMalformedCoding, .malformed),
        (.upstreamMalformedChunk, .malformed), (.upstreamHeadTooLarge, .malformed),
        (.upstreamTooManyInformational, .malformed), (.upstreamUnexpectedUpgrade, .malformed),
    ]

    @Test(arguments: causes)
    func `is repeated by its own setting and no other`(reason: Reason, cause: RetrySettings.Cause?) {
        for setting in RetrySettings.Cause.allCases {
            let decision = policy { $0.causes = [setting] }.decide(failure(reason))
            #expect((decision != .giveUp(.retryCauseNotListed)) == (setting == cause), "\(setting)")
        }
    }

    @Test func `is listed here for every reason of an upstream's`() {
        let listed = Set(Self.causes.map(\.0)).union([.upstreamStatus])
        #expect(listed == Set(Reason.allCases.filter { $0.rawValue.hasPrefix("upstream.") }))
    }

    @Test(arguments: [
        (500, RetrySettings.Cause.status500), (502, .status502), (503, .status503), (504, .status504),
        (501, nil), (505, nil), (599, nil), (nil, nil),
    ])
    func `is a status for an answer`(status: Int?, cause: RetrySettings.Cause?) {
        for setting in RetrySettings.Cause.allCases {
            let decision = policy { $0.causes = [setting] }.decide(failure(.upstreamStatus, status: status))
            #expect((decision != .giveUp(.retryCauseNotListed)) == (setting == cause), "\(setting)")
        }
    }

    @Test(arguments: Reason.allCases)
    func `is none where it is not an upstream's`(reason: Reason) {
        guard !reason.rawValue.hasPrefix("upstream.") else { return }
        #expect(policy().decide(failure(reason)) == .giveUp(.retryCauseNotListed))
    }
}
