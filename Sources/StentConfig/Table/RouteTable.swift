import StentModel

/// The rows of one element of `routes`.
enum RouteTable {
    static let rows: [Row<RouteSettings>] = [
        .value(
            "match", \.match, .pattern, .required,
            """
            Methods and a path: `GET /notes/{id}`, `{PATCH,PUT} /{hospitals,patients}/{id}`, `/hospitals/**`. Without \
            methods any; `{id}` is one segment, `{a,b}` one of these, `/**` any number at the end. Its text names the \
            route in audit and metrics.
            """),
        .optional(
            "attempts", \.attempts, .count(1...20), absent: "`retry.attempts`", "Attempts in total on this route."),
        .optional(
            "body", \.body, .size(ByteCount(0) ... .gibibytes(1_024)), absent: "`limits.body`",
            "The largest content of a request."),
        .optional(
            "deadline", \.deadline, .duration(TableRange.long), absent: "`upstream.deadline`", "The whole exchange."),
    ]
}
