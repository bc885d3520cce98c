import StentModel

/// The rows of `upstream`.
enum UpstreamTable {
    static let rows: [Row<UpstreamSettings>] = [
        .list(
            "servers", \.servers, of: .server, minimum: 1, .required,
            "The servers, each able to answer every request."),
        .value(
            "connect_timeout", \.connectTimeout, .duration(TableRange.short), .value("2s"),
            "Name resolution, TCP and TLS together."),
        .value(
            "first_byte_timeout", \.firstByteTimeout, .duration(TableRange.long), .value("25s"),
            "From the request's last byte to the answer's first."),
        .value(
            "attempt_timeout", \.attemptTimeout, .duration(TableRange.long), .value("25s"),
            "One whole attempt, until its answer is complete or begins to stream to the client."),
        .value(
            "idle_timeout", \.idleTimeout, .duration(TableRange.long), .value("30s"),
            "Between two reads of an answer that streams."),
        .value(
            "deadline", \.deadline, .either("off", .duration(TableRange.long)), .value("55s"),
            "The whole exchange: attempts, pauses, queueing and streaming."),
        .section("pool", \.pool, pool, "Connections kept for the next request; a pool for each worker and server."),
        .section("tls", \.tls, tls, "How an https server is verified."),
        .optionalSection(
            "concurrency", \.concurrency, blank: ConcurrencySettings(), concurrency,
            absent: "no limit", "How many attempts are at the upstream at once, all workers together; measured."),
        .optionalSection(
            "health", \.health, blank: HealthSettings(), health, absent: "no checks",
            "Each server is asked at intervals; only where there are several."),
        .section(
            "ejection", \.ejection,
            [
                .value(
                    "failures", \.failures, .count(0...1_000), .value("5"),
                    "Failures in a row after which a server is left out; 0 never. The last one never is."),
                .value(
                    "duration", \.duration, .duration(TableRange.long), .value("30s"),
                    "The first time out; each further one is longer by as much, up to ten times."),
            ], "A server that fails is left out for a while; only where there are several."),
        .value(
            "slow_start", \.slowStart, .duration(.zero ... .seconds(3_600)), .value("30s"),
            "How long a server that has come back gets less than its share of requests."),
    ]

    private static let concurrency: [Row<ConcurrencySettings>] = [
        .value(
            "initial", \.initial, .count(1...100_000), .value("8"), "The limit until something has been measured."),
        .value("minimum", \.minimum, .count(1...100_000), .value("2"), "The lowest limit."),
        .value("maximum", \.maximum, .count(1...100_000), .value("64"), "The highest limit."),
        .value(
            "queue", \.queue, .count(0...1_000_000), .value("256"),
            "Attempts that wait for their turn: writes first, then single records, then lists. More are refused."),
        .value(
            "queue_timeout", \.queueTimeout, .duration(TableRange.long), .value("20s"),
            "How long an attempt waits for its turn."),
    ]

    private static let health: [Row<HealthSettings>] = [
        .value(
            "path", \.path, .target, .value("/"), "What is asked for with GET; 2xx and 3xx are good answers."),
        .value(
            "every", \.every, .duration(.milliseconds(100) ... .seconds(3_600)), .value("5s"), "Between two checks."),
        .value("timeout", \.timeout, .duration(TableRange.short), .value("2s"), "One whole check."),
        .value(
            "healthy", \.healthy, .count(1...100), .value("2"),
            "Good answers in a row after which a server is used again."),
        .value(
            "unhealthy", \.unhealthy, .count(1...100), .value("3"),
            "Bad ones in a row after which it is left out."),
    ]

    private static let pool: [Row<PoolSettings>] = [
        .value(
            "idle_timeout", \.idleTimeout, .duration(.zero ... .seconds(86_400)), .value("15s"),
            """
            How long a connection may lie idle. Keep it below the server's own keep-alive time, so that stent closes \
            first.
            """),
        .value(
            "maximum_age", \.maximumAge, .duration(.milliseconds(1) ... .seconds(7 * 86_400)), .value("10m"),
            "How long a connection is used at all, so that changed DNS answers take effect."),
        .value(
            "maximum_idle", \.maximumIdle, .count(0...65_536), .value("64"), "Idle connections kept for each worker."),
        .value(
            "maximum_connections", \.maximumConnections, .count(1...65_536), .value("1024"),
            "Connections open at once for each worker; more requests wait."),
    ]

    private static let tls: [Row<UpstreamTLSSettings>] = [
        .optional(
            "authorities", \.authorities, .path(), absent: "those of the system",
            "PEM file with the authorities to trust."),
        .optional(
            "server_name", \.serverName, .serverName, absent: "the server's host",
            "The name to verify and to send as SNI."),
    ]
}

/// Ranges that several settings share.
enum TableRange {
    /// For steps that take a round trip or two.
    static let short: ClosedRange<Duration> = .milliseconds(1) ... .seconds(600)
    /// For steps that wait for work or for a person.
    static let long: ClosedRange<Duration> = .milliseconds(1) ... .seconds(86_400)
}
