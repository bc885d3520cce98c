import StentModel

/// The one table of settings: the decoder, its messages, docs/settings.md and the JSON Schema are all made from it.
///
/// One row for each key, in the order of the documentation. The defaults are those of `Settings()`; a test holds the
/// two together.
package enum SettingsTable {
    static let rows: [Row<Settings>] = [
        .constant("version", 1, "The version of this file's form."),
        .value(
            "workers", \.workers, .either("auto", .count(1...256)), .value("auto"), reload: false,
            "Event loops; `auto` is one for each core."),
        .section("listen", \.listen, ListenTable.rows, "Where stent accepts connections; at least `https` or `http`."),
        .section(
            "state", \.state,
            [
                .value(
                    "directory", \.directory, .path(), .value("./var"), reload: false,
                    "Where the development certificate and everything durable is kept.")
            ],
            "Where stent keeps what must outlive it."),
        .section("upstream", \.upstream, UpstreamTable.rows, required: true, "The service behind stent."),
        .section("retry", \.retry, RetryTable.rows, "When an attempt that failed is made again."),
        .optionalSection(
            "breaker", \.breaker, blank: BreakerSettings(), RetryTable.breaker,
            absent: "the upstream is asked whatever state it is in",
            "While the upstream is down, only a probe at a time is sent."),
        .optionalSection(
            "idempotency", \.idempotency, blank: IdempotencySettings(), RetryTable.idempotency,
            absent: "`Idempotency-Key` is a field as any other",
            "Answers of requests with `Idempotency-Key` are kept and given again to whoever sends the same request twice."
        ),
        .optionalSection(
            "identity", \.identity, blank: IdentitySettings(proof: ProofSettings(request: "")), PolicyTable.identity,
            absent: "nobody is asked who they are", "How it is known who is calling."),
        .optionalSection(
            "contract", \.contract, blank: ContractSettings(), PolicyTable.contract,
            absent: "any request may be made", "What requests and answers may look like."),
        .section("ownership", \.ownership, PolicyTable.ownership, "Who may write which records."),
        .section(
            "outbox", \.outbox, PolicyTable.outbox,
            "Records that stent itself writes, kept in the state directory until they are written."),
        .optionalSection(
            "cache", \.cache, blank: CacheSettings(), CacheTable.rows,
            absent: "every request goes upstream",
            """
            Answers are kept in memory and given again, as the upstream allows (RFC 9111) or a route says; \
            docs/caching.md.
            """),
        .section(
            "limits", \.limits, LimitsTable.limits,
            "Sizes and counts beyond which a request or connection is refused."),
        .section("timeouts", \.timeouts, LimitsTable.timeouts, "How long a client may take."),
        .section(
            "requests", \.requests,
            [
                .value(
                    "paths", \.paths, .choice(of: RequestSettings.Paths.self), .value("canonical"),
                    """
                    `plain` refuses paths that no upstream should be asked to interpret: dot segments, control bytes, \
                    bad encodings. `canonical` refuses also what servers read differently: empty segments, encoded \
                    slashes, matrix parameters.
                    """),
                .value(
                    "refuse_method_override", \.refuseMethodOverride, .flag, .value("true"),
                    "Refuse `X-HTTP-Method-Override` and its like, which make one method look like another."),
            ],
            "How strictly the form of a request is read, beyond what is always refused."),
        .sections(
            "routes", \.routes, blank: RouteSettings(match: RoutePattern(text: "", methods: [], segments: [])),
            RouteTable.rows, .value("[]"),
            """
            What holds for the requests that a pattern matches. The first match wins; a request without one is passed on.
            """
        ),
        .section(
            "audit", \.audit, AuditTable.rows,
            "The trail of what happened."),
        .section(
            "log", \.log,
            [
                .value(
                    "level", \.level, .choice(of: LogSettings.Level.self), .value("info"),
                    "The least severe messages that are written to standard error.")
            ],
            "Stent's own log."),
    ]

    /// Every setting by section, in the order of the documentation.
    package static var settings: [Setting] { rows.map(\.setting) }

    /// Every value of the settings, defaults included, in the order of the table.
    package static func values(of settings: Settings) -> [ShownValue] {
        rows.flatMap { $0.show(settings, $0.setting.key) }
    }

    /// The full path of the only setting outside lists whose last key is this one, or which is this one.
    static func path(endingIn key: String) -> String? {
        let paths = paths(of: settings, below: "").filter { $0 == key || $0.hasSuffix(".\(key)") }
        return paths.count == 1 ? paths.first : nil
    }

    private static func paths(of settings: [Setting], below prefix: String) -> [String] {
        settings.flatMap { setting in
            let path = prefix.isEmpty ? setting.key : "\(prefix).\(setting.key)"
            if case .sections = setting.shape { return [path] }
            return [path] + paths(of: setting.children, below: path)
        }
    }
}
