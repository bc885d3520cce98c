import StentModel

/// Whether a stored response that fits a request is its answer (RFC 9111 §4).
package enum ReuseRule {
    package enum Verdict: Sendable, Equatable {
        /// It is the answer.
        case fresh
        /// It is the answer, marked as stale, and is refreshed behind (RFC 5861 §3).
        case staleWhileRevalidating
        /// The client takes it though it is stale (`max-stale`).
        case staleAsAsked
        /// It is validated upstream, or fetched anew where it has no validator.
        case revalidate(CacheForward)
        /// 504: the client wants nothing but a stored response (RFC 9111 §5.2.1.7).
        case gatewayTimeout
    }

    /// What a request that may be answered from the cache is to be done with.
    package enum Eligibility: Sendable, Equatable {
        /// A look-up is made.
        case lookUp
        /// It goes upstream as it is.
        case forward(CacheForward)
    }

    /// Whether the cache has a say in this request at all.
    ///
    /// If-Match and If-Unmodified-Since are for the origin (RFC 9111 §4.3.2); what has content may mean more than its target.
    package static func eligibility(_ request: borrowing RequestHead) -> Eligibility {
        switch request.method {
        case .get, .head: break
        case .post, .put, .patch, .delete, .options, .connect, .trace, .other: return .forward(.method)
        }
        if request.framing.hasContent { return .forward(.bypass) }
        for line in request.fields.lines where line.field == .ifMatch || line.field == .ifUnmodifiedSince {
            return .forward(.request)
        }
        return .lookUp
    }

    /// Whether a caller may be given what is stored for whoever is proven.
    package enum Access: Sendable, Equatable {
        case granted
        /// Only while the upstream can't be asked.
        case whileDown
        case denied
    }

    /// The same for what may be another's, or be out of date for other reasons than its age.
    ///
    /// - Parameter standing: after writes and purges; what they made invalid is not there any more.
    package static func decide(
        _ lifetime: CacheLifetime, _ standing: CacheStamps.Standing, _ access: Access, at now: Moment,
        _ request: RequestCacheControl
    ) -> Verdict {
        switch (access, standing) {
        case (.denied, _), (.whileDown, _): decideMiss(.miss, request)
        case (.granted, .invalid): decideMiss(.uriMiss, request)
        case (.granted, .stale): decideMiss(.stale, request)
        case (.granted, .current): decide(lifetime, at: now, request)
        }
    }

    /// - Parameter request: `RequestCacheControl.none` where clients have no say.
    package static func decide(_ lifetime: CacheLifetime, at now: Moment, _ request: RequestCacheControl) -> Verdict {
        if request == .none {
            if now < lifetime.expires { return .fresh }
            return now < lifetime.staleWhileRevalidateUntil ? .staleWhileRevalidating : .revalidate(.stale)
        }
        let verdict = decide(asking: request, lifetime, at: now)
        guard case .revalidate = verdict, request.directives.contains(.onlyIfCached) else { return verdict }
        return .gatewayTimeout
    }

    /// The same for a request that nothing stored fits.
    ///
    /// - Parameter reason: `uriMiss` or `varyMiss`.
    package static func decideMiss(_ reason: CacheForward, _ request: RequestCacheControl) -> Verdict {
        request.directives.contains(.onlyIfCached) ? .gatewayTimeout : .revalidate(reason)
    }

    private static func decide(asking request: RequestCacheControl, _ lifetime: CacheLifetime, at now: Moment)
        -> Verdict
    {
        if request.directives.contains(.noCache) { return .revalidate(.request) }
        if let maxAge = request.maxAge, now.since(lifetime.born) > .seconds(maxAge) { return .revalidate(.request) }
        let isFresh = now < lifetime.expires
        if let minFresh = request.minFresh {
            guard isFresh, lifetime.expires.since(now) >= .seconds(minFresh) else {
                return .revalidate(isFresh ? .request : .stale)
            }
        }
        if isFresh { return .fresh }
        if now < lifetime.staleWhileRevalidateUntil { return .staleWhileRevalidating }
        if let maxStale = request.maxStale, lifetime.staleUse == .allowed,
            now.since(lifetime.expires) <= .seconds(maxStale)
        {
            return .staleAsAsked
        }
        return .revalidate(.stale)
    }
}
