/// `retry`: when an attempt that failed is made again.
package struct RetrySettings: Sendable, Equatable {
    /// A kind of failure that may be retried.
    package enum Cause: String, Sendable, CaseIterable, Hashable {
        case connect, reset, malformed, truncated, timeout
        case status500 = "500"
        case status502 = "502"
        case status503 = "503"
        case status504 = "504"
    }

    /// Attempts in total, the first included; 1 is no retries.
    package var attempts = 1
    package var causes: Set<Cause> = Set(Cause.allCases)
    /// Methods that are repeated on any route.
    package var methods: Set<Method> = [.get, .head, .options]
    /// Ceiling of the first pause; doubled for each further one (full jitter).
    package var backoffBase = Duration.milliseconds(100)
    /// Longest pause.
    package var backoffMaximum = Duration.seconds(2)
    /// Longest Retry-After of an upstream that is waited for; a longer one ends the attempts.
    package var retryAfterMaximum = Duration.seconds(10)
    /// Content of a request kept for another attempt; larger ones are not repeated.
    package var replayRequest = ByteCount.mebibytes(1)
    /// Content kept for all requests together, beyond which further requests are sent once.
    package var replayTotal = ByteCount.mebibytes(64)
    /// Answer held back until it is complete; a larger one streams and is no longer repeatable.
    package var holdResponse = ByteCount.mebibytes(1)

    /// Retries for each exchange that ends well, in percent.
    package var budgetRatio = 80
    /// Retries for each exchange that does not, in percent: the extra load of an outage.
    package var budgetOutageRatio = 10
    /// Retries in hand at the start, and at most.
    package var budgetReserve = 50

    package init() {}
}

/// `breaker`: while the upstream is down, only a probe at a time is sent.
package struct BreakerSettings: Sendable, Equatable {
    /// What becomes of requests meanwhile.
    package enum WhileOpen: String, Sendable, CaseIterable {
        /// They wait for recovery inside their deadline.
        case wait
        /// They are refused at once.
        case refuse
    }

    /// Failures in a row that open it on a good day; where more of the usual attempts fail, more are needed.
    package var failures = 4
    /// The first pause between probes; doubled up to `probeMaximum`.
    package var probeEvery = Duration.seconds(1)
    package var probeMaximum = Duration.seconds(4)
    package var whileOpen = WhileOpen.wait

    package init() {}
}

/// `idempotency`: answers of requests with Idempotency-Key are kept and given again
/// (draft-ietf-httpapi-idempotency-key-header-07).
package struct IdempotencySettings: Sendable, Equatable {
    /// How long an answer is kept.
    package var lifetime = Duration.seconds(86_400)
    /// Largest answer that is kept; a larger one is passed on, and its key can't be used again.
    package var response = ByteCount.mebibytes(1)

    package init() {}
}
