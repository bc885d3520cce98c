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
        .value(
            "repeatable", \.repeatable, .flag, .value("false"),
            "The route's methods may be repeated: sending a request twice does no harm."),
        .optional(
            "priority", \.priority, .priority, absent: "`write` for writes, `read` for others",
            "Who is served first where requests have to wait: `write`, then `read`, then `list`."),
        .optional(
            "hedge", \.hedge, .percent(50...99), absent: "never",
            """
            A GET that waits for longer than this share of the route's answers took is sent a second time, and the first \
            answer wins. For several servers; one server only gets more to do.
            """),
        .optionalSection(
            "resend", \.resend, blank: ResendSettings(verify: RequestTemplate(text: "", parts: [])), resend,
            absent: "never sent again once it may have taken effect",
            "A write that creates a record: after an ambiguous failure the upstream is asked whether the record is there."
        ),
        .optional(
            "contract", \.contract, .choice(of: PolicyMode.self), absent: "`contract.requests`",
            "What becomes of requests on this route that break the contract."),
        .optional(
            "ownership", \.ownership, .choice(of: PolicyMode.self), absent: "the resource's `mode`",
            "What becomes of requests on this route that only the owner may make."),
        .optionalSection(
            "record_as_note", \.recordAsNote, blank: RecordAsNoteSettings(), PolicyTable.recordAsNote,
            absent: "nothing is written down",
            "A good answer is written down as a record, once, in the name of the caller."),
        .optionalSection(
            "cache", \.cache, blank: RouteCacheSettings(), CacheTable.route,
            absent: "what the upstream allows, for each caller apart; for everybody without `identity`",
            "What is kept of the route's answers to GET, for whom, and for how long."),
        .list(
            "invalidates", \.invalidates, of: .pathTemplate, .value("[]"),
            """
            Paths whose kept answers a write on this route makes invalid, filtered lists included, beside its own path \
            and the collection that it is in: `/staffs/me`, `/patients/{id}/notes` with parameters of the route.
            """),
    ]

    private static let resend: [Row<ResendSettings>] = [
        .value(
            "verify", \.verify, .template, .required,
            """
            The GET that lists records of this kind, filled from the request's JSON content: \
            `GET /notes?patient_id={body.patient_id}`.
            """),
        .list(
            "same", \.same, of: .member, minimum: 1, .required,
            "Members that the request and its record have in common; only those that the client determines."),
        .value(
            "created", \.created, .member, .value("created_at"), "The record's member with the time of its creation."),
        .value("id", \.id, .member, .value("id"), "The record's member with its id."),
        .value(
            "settle", \.settle, .duration(.zero ... .seconds(3_600)), .value("20s"),
            """
            How long a write may still take effect after an attempt that ended in silence, or in a 502, 503 or 504. Before \
            that a record that is not there may still come, and the write is not sent again.
            """),
        .value(
            "clock_skew", \.clockSkew, .duration(.zero ... .seconds(86_400)), .value("5s"),
            "How far the upstream's clock may be from ours while nothing is known of it."),
    ]
}
