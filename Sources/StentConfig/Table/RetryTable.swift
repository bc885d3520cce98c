import StentModel

/// The rows of `retry`.
enum RetryTable {
    static let rows: [Row<RetrySettings>] = [
        .value(
            "attempts", \.attempts, .count(1...20), .value("1"),
            "Attempts in total, the first included; 1 is no retries."),
        .set(
            "on", \.causes, of: .choice(of: RetrySettings.Cause.self),
            .value("[connect, reset, malformed, truncated, timeout, 500, 502, 503, 504]"),
            "The failures after which another attempt is made."),
        .set(
            "methods", \.methods, of: .repeatableMethod, .value("[GET, HEAD, OPTIONS]"),
            """
            Methods that are repeated on any route. An attempt of which no byte was sent may be repeated whatever its \
            method.
            """),
        .section(
            "backoff", \.self,
            [
                .value(
                    "base", \.backoffBase, .duration(.milliseconds(1) ... .seconds(60)), .value("100ms"),
                    "Ceiling of the first pause, doubled for each further one; the pause is drawn from zero to it."),
                .value(
                    "maximum", \.backoffMaximum, .duration(TableRange.short), .value("2s"), "The highest ceiling."),
                .value(
                    "retry_after_maximum", \.retryAfterMaximum, .duration(.zero ... .seconds(3_600)), .value("10s"),
                    "Longest `Retry-After` of a server that is waited for; a longer one ends the attempts."),
            ],
            "The pauses between attempts."),
        .section(
            "replay", \.self,
            [
                .value(
                    "per_request", \.replayRequest, .size(ByteCount(0) ... .mebibytes(64)), .value("1MiB"),
                    "Content of a request kept for another attempt; a larger one is sent once."),
                .value(
                    "total", \.replayTotal, .size(ByteCount(0) ... .gibibytes(64)), .value("64MiB"),
                    "Content kept for all requests together, a share for each worker; beyond it requests are sent once."
                ),
            ],
            "What is kept of a request."),
        .section(
            "budget", \.self,
            [
                .value(
                    "ratio", \.budgetRatio, .percent(0...1_000), .value("80%"),
                    "Retries for each exchange that ends well. 80 % holds while 4 of 10 attempts fail."),
                .value(
                    "outage_ratio", \.budgetOutageRatio, .percent(0...1_000), .value("10%"),
                    "Retries for each exchange that does not: the extra load of an outage."),
                .value(
                    "reserve", \.budgetReserve, .count(1...1_000_000), .value("50"),
                    "Retries in hand at the start, and at most."),
            ],
            "How much load retries may add, all workers together."),
        .value(
            "hold_response", \.holdResponse, .size(ByteCount(0) ... .mebibytes(64)), .value("1MiB"),
            """
            An answer up to this size is held back until it is complete, so that a truncated one can be asked for \
            again; a larger one streams.
            """),
    ]

    static let breaker: [Row<BreakerSettings>] = [
        .value(
            "failures", \.failures, .count(2...1_000), .value("4"),
            """
            Failures in a row that open it on a good day. How often attempts usually fail is learned, and where that is \
            more, more are needed.
            """),
        .value(
            "probe_every", \.probeEvery, .duration(TableRange.short), .value("1s"),
            "The first pause between probes, doubled for each further one."),
        .value("probe_maximum", \.probeMaximum, .duration(TableRange.short), .value("4s"), "The longest such pause."),
        .value(
            "while_open", \.whileOpen, .choice(of: BreakerSettings.WhileOpen.self), .value("wait"),
            "`wait` for recovery inside the deadline, or `refuse` at once."),
    ]

    static let idempotency: [Row<IdempotencySettings>] = [
        .value(
            "lifetime", \.lifetime, .duration(.seconds(1) ... .seconds(30 * 86_400)), .value("24h"),
            "How long an answer is kept."),
        .value(
            "response", \.response, .size(.kibibytes(1) ... .mebibytes(64)), .value("1MiB"),
            "Largest answer that is kept; of a larger one only that there was one."),
    ]
}
