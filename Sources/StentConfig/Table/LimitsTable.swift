import StentModel

/// The rows of `limits` and `timeouts`.
enum LimitsTable {
    static let limits: [Row<LimitSettings>] = [
        .value(
            "head", \.head, .size(.kibibytes(1) ... .mebibytes(1)), .value("32KiB"),
            "Request line and field section together, also of a server's answer."),
        .value(
            "fields", \.fields, .count(8...1_000), .value("100"), "Field lines in a head, also of a server's answer."),
        .value("target", \.target, .size(ByteCount(64) ... .kibibytes(256)), .value("8KiB"), "The request target."),
        .value(
            "body", \.body, .size(ByteCount(0) ... .gibibytes(1_024)), .value("2MiB"),
            "The content of a request; a route may set its own."),
        .value(
            "connections", \.connections, .count(1...1_000_000), .value("20000"),
            "Connections open at once, all listeners together."),
        .value(
            "connections_per_address", \.connectionsPerAddress, .count(1...1_000_000), .value("1000"),
            "Connections open at once from one address."),
        .value(
            "per_caller", \.perCaller, .either("off", .requestRate(1...1_000_000)), .value("off"),
            "Requests of one caller in the long run: of one set of credentials, or of one address where there are none."
        ),
        .value(
            "burst", \.burst, .count(1...1_000_000), .value("100"), "Requests of one caller at once, above that rate."),
    ]

    static let timeouts: [Row<TimeoutSettings>] = [
        .value(
            "tls_handshake", \.tlsHandshake, .duration(TableRange.short), .value("10s"),
            "From accepting a connection to the end of the TLS handshake."),
        .value(
            "head", \.head, .duration(TableRange.short), .value("10s"),
            "From a head's first byte (a connection's start, for the first) to its end."),
        .value(
            "body_idle", \.bodyIdle, .duration(TableRange.long), .value("20s"),
            "Between two reads of a request's content."),
        .value(
            "body_minimum_rate", \.bodyMinimumRate, .rate(ByteCount(1) ... .gibibytes(1)), .value("1KiB/s"),
            "A request's content may take `body_idle` and a second for each of these."),
        .value(
            "keepalive_idle", \.keepaliveIdle, .duration(TableRange.long), .value("75s"),
            "A connection without a request."),
        .value(
            "write_stall", \.writeStall, .duration(TableRange.long), .value("30s"),
            "A client that takes no byte of its answer."),
        .value(
            "drain", \.drain, .duration(.zero ... .seconds(3_600)), .value("60s"),
            "From the signal to the end, for what is in flight."),
    ]
}
