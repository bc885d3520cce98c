import StentModel

/// Whether a response is stored, and for how long it may be used (RFC 9111 §3).
///
/// Beyond the RFC: a response that sets a cookie is never stored, whoever asked; and 401, 403, 429 and 5xx are not where the
/// request had credentials or a setting of ours is what would keep them. To a request without either, the upstream's
/// explicit word holds for every status.
package struct StoreRule: Sendable, Equatable {
    package enum Verdict: Sendable, Equatable {
        case store(CacheLifetime)
        case refuse(CacheRefusal)
    }

    package var freshness = FreshnessRule()

    package init() {}

    /// - Parameters:
    ///   - request: the head as the client sent it.
    ///   - sharing: who may get the copy: the key has a partition for everything but `everyone`.
    ///   - override: what the route says of freshness.
    ///   - control: what the client's own Cache-Control counts for; `nil`: as it stands in the request.
    package func decide(
        _ response: borrowing CacheableResponse, to request: borrowing RequestHead, _ timing: ResponseTiming,
        sharing: CacheSharing = .everyone, override: CacheOverride? = nil, control asked: RequestCacheControl? = nil
    ) -> Verdict {
        switch response.origin {
        case .answer: guard request.method == .get else { return .refuse(.method) }
        case .update: break
        }
        if (asked ?? RequestCacheControl(request.fields)).directives.contains(.noStore) {
            return .refuse(.requestNoStore)
        }
        if let refusal = refusal(ofStatus: response.status, to: request, sharing: sharing, override: override) {
            return .refuse(refusal)
        }
        if response.fields.first(.setCookie) != nil { return .refuse(.setCookie) }
        if response.framing == .untilClose { return .refuse(.undelimited) }
        let control = ResponseCacheControl(response.fields)
        let route = FreshnessRule.Override(override, status: response.status)
        if let refusal = refusal(of: control, response.status, route: route) { return .refuse(refusal) }
        if sharing == .everyone, request.fields.first(.authorization) != nil, !allowsSharing(control, route: route) {
            return .refuse(.authorization)
        }
        switch VaryRule.fields(of: response.fields) {
        case .none, .names: break
        case .any: return .refuse(.varyAny)
        case .unkeyable: return .refuse(.varyUnkeyable)
        }
        guard isStorable(response, control, timing) else { return .refuse(.status) }
        let lifetime = freshness.lifetime(response, control, timing, override: route)
        return isOfUse(lifetime, response, timing) ? .store(lifetime) : .refuse(.noFreshness)
    }

    private func refusal(
        ofStatus status: Int, to request: borrowing RequestHead, sharing: CacheSharing, override: CacheOverride?
    ) -> CacheRefusal? {
        guard status >= 200, status != 304 else { return .notFinal }
        if status == 206 { return .partial }
        guard StatusCacheability.isError(status) else { return nil }
        let isSomebodys =
            sharing != .everyone || override != nil || request.fields.first(.authorization) != nil
            || request.fields.first(.cookie) != nil
        return isSomebodys ? .errorStatus : nil
    }

    /// no-store and must-understand (RFC 9111 §3 and §5.2.2.3), private.
    private func refusal(of control: ResponseCacheControl, _ status: Int, route: FreshnessRule.Override?)
        -> CacheRefusal?
    {
        if control.directives.contains(.mustUnderstand) {
            guard StatusCacheability.isUnderstood(status) else { return .notUnderstood }
        } else if control.directives.contains(.noStore) {
            return .noStore
        }
        let isOverridden = route?.precedence == .route
        return control.directives.contains(.isPrivate) && !isOverridden ? .isPrivate : nil
    }

    /// RFC 9111 §3.5. Where the route's word is put above the upstream's, what that says of validation is not meant any
    /// more, and only an explicit public is left.
    private func allowsSharing(_ control: ResponseCacheControl, route: FreshnessRule.Override?) -> Bool {
        if route?.precedence == .route { return control.directives.contains(.isPublic) }
        return control.sharedMaxAge != nil || !control.directives.isDisjoint(with: [.isPublic, .mustRevalidate])
    }

    /// The last condition of RFC 9111 §3: something says that it may be stored. What a route gives a lifetime to is of a
    /// status that says so itself.
    private func isStorable(
        _ response: borrowing CacheableResponse, _ control: ResponseCacheControl, _ timing: ResponseTiming
    ) -> Bool {
        if StatusCacheability.isHeuristic(response.status) || control.directives.contains(.isPublic) { return true }
        switch freshness.source(response, control, date: nil, now: timing.receivedSeconds) {
        case .explicit: return true
        case .heuristic, .none: return false
        }
    }

    /// Whether it may ever be served: fresh, in a window that somebody gave, or once it was validated.
    private func isOfUse(
        _ lifetime: CacheLifetime, _ response: borrowing CacheableResponse, _ timing: ResponseTiming
    ) -> Bool {
        let given = max(lifetime.expires, max(lifetime.staleWhileRevalidateUntil, lifetime.staleIfErrorUntil))
        return given > timing.received || response.fields.first(.etag) != nil
            || response.fields.first(.lastModified) != nil
    }
}
