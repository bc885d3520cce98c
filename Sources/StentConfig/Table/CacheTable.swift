import StentModel

/// The rows of `cache`, and of what routes say of it.
enum CacheTable {
    static let rows: [Row<CacheSettings>] = [
        .value(
            "memory", \.memory, .size(.mebibytes(1) ... .gibibytes(64)), .value("256MiB"), reload: false,
            "What is kept takes no more than this, all workers together; what is asked for least makes room."),
        .value(
            "entry", \.entry, .size(.kibibytes(1) ... .gibibytes(2)), .value("1MiB"),
            "The largest content that is kept; at most 1/32 of `memory`, which is what holds where this is more."),
        .value(
            "request_directives", \.requestDirectives, .choice(of: CacheSettings.RequestDirectives.self),
            .value("honour"),
            """
            `Cache-Control` and `Pragma` of requests: `honour` lets a client ask for something fresher than what is \
            kept; with `ignore` no client can force a request upstream.
            """),
        .value(
            "collapse_wait", \.collapseWait, .duration(.zero ... .seconds(600)), .value("30s"),
            """
            How long a request waits for the answer to an identical one before it goes upstream by itself; with `0s` \
            it does so at once.
            """),
        .optionalSection(
            "disk", \.disk, blank: CacheSettings.Disk(), disk, absent: "copies are in memory alone",
            "Copies are also kept on a disk, encrypted, and are there again after a clean stop."),
    ]

    private static let disk: [Row<CacheSettings.Disk>] = [
        .value(
            "size", \.size, .size(.mebibytes(4) ... .gibibytes(1_024)), .value("1GiB"), reload: false,
            "Files take no more than this; the oldest copies make room."),
        .optional(
            "directory", \.directory, .path(), absent: "`cache` in the state directory", reload: false,
            "Where they are; one stent alone may use it."),
        .optional(
            "key", \.key, .path(), absent: "`cache.key` in the directory", reload: false,
            "The file with the 32 bytes that copies are encrypted with, made where it is missing. Keep it elsewhere than the copies."
        ),
    ]

    static let route: [Row<RouteCacheSettings>] = [
        .value(
            "scope", \.scope, .choice(of: RouteCacheSettings.Scope.self), .value("caller"),
            """
            Who gets a copy: the `caller` who asked and nobody else; every caller whose credentials are `proven`; \
            `everyone`, with credentials or without; `off` keeps nothing.
            """),
        .optional(
            "ttl", \.ttl, .duration(window), absent: "as the upstream says", "How long a good answer is fresh."),
        .optional(
            "stale_while_revalidate", \.staleWhileRevalidate, .duration(window), absent: "as the upstream says",
            "How long after that it is given at once, while it is fetched anew behind (RFC 5861 §3)."),
        .optional(
            "stale_if_error", \.staleIfError, .duration(window), absent: "as the upstream says",
            "How long after `ttl` it is given where the upstream fails or is down (RFC 5861 §4)."),
        .optional(
            "negative", \.negative, .duration(.zero ... .seconds(86_400)), absent: "as the upstream says",
            "How long a 404 or 410 is fresh; not longer than `ttl`."),
        .value(
            "override", \.mayLengthen, .flag, .value("false"),
            """
            The upstream may shorten the times above by its own directives; with `true` they hold whatever it says, but \
            for `no-store`: `max-age`, `Expires`, `private`, `no-cache` and `must-revalidate` don't count.
            """),
        .list(
            "tags", \.tags, of: .cacheTag, .value("[]"),
            "Names under which what is kept of several routes can be removed together; at most 6."),
    ]

    private static let window: ClosedRange<Duration> = .zero ... .seconds(30 * 86_400)
}
