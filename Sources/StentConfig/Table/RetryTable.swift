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
                    "Content of a request kept for another attempt; a larger one is sent once.")
            ],
            "What is kept of a request."),
        .value(
            "hold_response", \.holdResponse, .size(ByteCount(0) ... .mebibytes(64)), .value("1MiB"),
            """
            An answer up to this size is held back until it is complete, so that a truncated one can be asked for \
            again; a larger one streams.
            """),
    ]
}
