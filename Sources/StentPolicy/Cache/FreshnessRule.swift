import StentModel

/// How long a response is fresh, and how it may be used after that (RFC 9111 §4.2, RFC 5861).
package struct FreshnessRule: Sendable, Equatable {
    /// The longest lifetime that is guessed from Last-Modified; RFC 9111 §4.2.2 suggests a tenth of the interval and sets
    /// no bound.
    package var heuristicCap = TimeSpan.seconds(86_400)
    /// How long a response of which nobody has said anything may be served where the upstream can't be reached (RFC 9111
    /// §4.2.4 lets a disconnected cache do so without a bound).
    package var disconnectedSpan = TimeSpan.seconds(600)

    package init() {}

    /// A lifetime, and who gave it.
    enum Source: Equatable {
        /// max-age, s-maxage or Expires: seconds.
        case explicit(Int64)
        /// Guessed: seconds.
        case heuristic(Int64)
        case none

        var seconds: Int64 {
            switch self {
            case .explicit(let seconds), .heuristic(let seconds): seconds
            case .none: 0
            }
        }
    }

    /// What the upstream says (RFC 9111 §4.2.1, in its order); guessed where it says nothing and may be guessed.
    func source(
        _ response: borrowing CacheableResponse, _ control: ResponseCacheControl, date: Int64?, now: Int64
    ) -> Source {
        if let seconds = control.sharedMaxAge ?? control.maxAge { return .explicit(seconds) }
        if control.source != .targeted, response.fields.first(.expires) != nil {
            let expires = Self.expires(response.fields, now: now) ?? .min
            let (span, overflow) = expires.subtractingReportingOverflow(date ?? now)
            return .explicit(overflow ? 0 : min(max(span, 0), DeltaSeconds.largest))
        }
        guard StatusCacheability.isHeuristic(response.status) || control.directives.contains(.isPublic),
            let line = response.fields.first(.lastModified),
            let modified = FieldDate.parse(response.fields.bytes.span, line.value.range, now: now)
        else { return .none }
        let (span, overflow) = (date ?? now).subtractingReportingOverflow(modified)
        guard !overflow, span > 0 else { return .none }
        return .heuristic(min(span / 10, heuristicCap.nanoseconds / 1_000_000_000))
    }

    /// The one date that all Expires lines have; `nil` where one is no date, like `0`, or another (RFC 9111 §5.3: invalid
    /// means expired).
    private static func expires(_ fields: borrowing FieldSection, now: Int64) -> Int64? {
        var found: Int64?
        for line in fields.lines where line.field == .expires {
            guard let date = FieldDate.parse(fields.bytes.span, line.value.range, now: now),
                found == nil || found == date
            else { return nil }
            found = date
        }
        return found
    }

    /// - Parameters:
    ///   - override: what the route says, where it says something of a response of this status.
    func lifetime(
        _ response: borrowing CacheableResponse, _ control: ResponseCacheControl, _ timing: ResponseTiming,
        override: Override?
    ) -> CacheLifetime {
        let now = timing.receivedSeconds
        let date = ResponseAge.date(response.fields, now: now)
        let corrected = ResponseAge.corrected(response.age, date: date, timing)
        let source = source(response, control, date: date, now: now)
        var initial = corrected
        var fresh = Self.left(of: .seconds(source.seconds), after: corrected)
        var staleUse = Self.staleUse(control)
        if control.directives.contains(.noCache) { fresh = .zero }
        if let override, let ttl = override.ttl {
            // A wrong clock upstream must not undo what is counted from here.
            let own = Self.left(of: ttl, after: ResponseAge.told(response.age, timing))
            switch (override.precedence, source) {
            case (.route, _):
                fresh = own
                initial = ResponseAge.told(response.age, timing)
            case (.shorter, .explicit): fresh = min(fresh, own)
            case (.shorter, .heuristic), (.shorter, .none):
                fresh = control.directives.contains(.noCache) ? .zero : own
            }
        }
        if override?.precedence == .route { staleUse = .allowed }
        let born = Moment(nanoseconds: timing.received.nanoseconds &- initial.nanoseconds)
        let expires = timing.received.advanced(by: fresh)
        return windows(born: born, expires: expires, staleUse, control, override)
    }

    /// What the route says, for the status at hand.
    struct Override {
        enum Precedence { case shorter, route }

        var ttl: TimeSpan?
        var staleWhileRevalidate: TimeSpan?
        var staleIfError: TimeSpan?
        var precedence: Precedence

        /// `nil` where the settings say nothing of such a status.
        init?(_ settings: CacheOverride?, status: Int) {
            guard let settings else { return nil }
            switch status {
            case 200, 203, 204, 300, 301, 308: ttl = settings.ttl
            case 404, 410:
                guard let negative = settings.negativeTTL else { return nil }
                ttl = negative
            case _: return nil
            }
            staleWhileRevalidate = settings.staleWhileRevalidate
            staleIfError = settings.staleIfError
            precedence = settings.mayLengthen ? .route : .shorter
        }
    }

    private func windows(
        born: Moment, expires: Moment, _ staleUse: CacheLifetime.StaleUse, _ control: ResponseCacheControl,
        _ override: Override?
    ) -> CacheLifetime {
        guard staleUse == .allowed else {
            return CacheLifetime(
                born: born, expires: expires, staleWhileRevalidateUntil: expires, staleIfErrorUntil: expires,
                staleIfDisconnectedUntil: expires, staleUse: staleUse)
        }
        let revalidate = Self.window(control.staleWhileRevalidate, override?.staleWhileRevalidate, override)
        let error = Self.window(control.staleIfError, override?.staleIfError, override)
        return CacheLifetime(
            born: born, expires: expires, staleWhileRevalidateUntil: expires.advanced(by: revalidate ?? .zero),
            staleIfErrorUntil: expires.advanced(by: error ?? .zero),
            staleIfDisconnectedUntil: expires.advanced(by: error ?? disconnectedSpan), staleUse: staleUse)
    }

    /// A stale window that upstream, route, both or none has given.
    private static func window(_ upstream: Int64?, _ route: TimeSpan?, _ override: Override?) -> TimeSpan? {
        let told = upstream.map { TimeSpan.seconds($0) }
        guard let route else { return told }
        guard let told, override?.precedence == .shorter else { return route }
        return min(told, route)
    }

    private static func left(of lifetime: TimeSpan, after age: TimeSpan) -> TimeSpan {
        // Both are at least zero; a lifetime that is over stays below zero: how long it has been so counts for its windows.
        TimeSpan(nanoseconds: max(lifetime.nanoseconds, 0) - max(age.nanoseconds, 0))
    }

    /// RFC 9111 §4.2.4; s-maxage means what proxy-revalidate does (§5.2.2.10).
    private static func staleUse(_ control: ResponseCacheControl) -> CacheLifetime.StaleUse {
        let forbidding: ResponseCacheControl.Directives = [.mustRevalidate, .proxyRevalidate, .noCache]
        return control.sharedMaxAge != nil || !control.directives.isDisjoint(with: forbidding) ? .forbidden : .allowed
    }
}
