/// What a route says of the freshness of its responses, beside what the upstream says.
///
/// The upstream's directives may shorten what is said here: the shorter lifetime counts, no-cache and private stand, and
/// must-revalidate forbids stale copies. Only `mayLengthen` lets the route win over them. no-store always wins.
package struct CacheOverride: Sendable, Hashable {
    /// How long a good response is fresh; `nil` is as the upstream says.
    package var ttl: TimeSpan?
    /// How long it may be served while it is refreshed behind; `nil` is as the upstream says.
    package var staleWhileRevalidate: TimeSpan?
    /// How long it may be served while the upstream fails; `nil` is as the upstream says.
    package var staleIfError: TimeSpan?
    /// How long a 404 or 410 is fresh; `nil` is as the upstream says.
    package var negativeTTL: TimeSpan?
    /// `override: true`: max-age, Expires, private, no-cache and must-revalidate of the upstream don't count.
    package var mayLengthen = false

    package init() {}
}
