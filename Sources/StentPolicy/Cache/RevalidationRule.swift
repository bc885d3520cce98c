import StentModel

/// Asking the upstream whether a stored response is still good, and what its answer means (RFC 9111 §4.3).
package enum RevalidationRule {
    package enum Outcome: Sendable, Equatable {
        /// 304 for what is stored: its fields are updated, and it is the answer.
        case freshen
        /// A new response: it is the answer, and what is stored is dropped, whether this one is stored or not.
        case replace
        /// What is stored is the answer, marked as stale.
        case serveStale
        /// The answer is passed on; what is stored remains as it is.
        case passOn
        /// 304 for something else: asked again without a condition.
        case refetch
    }

    /// How the upstream failed to answer.
    package enum Failure: Sendable, Equatable {
        /// It can't be reached, or does not answer: no answer of its own is there.
        case disconnected
        /// An answer of this status.
        case status(Int)
    }

    /// Appends the lines of the condition; none where nothing can be validated, and then it is a plain fetch.
    package static func appendCondition(_ validators: CacheValidators, to output: inout [UInt8]) {
        if !validators.etag.isEmpty {
            output.append("If-None-Match: ")
            output.append(contentsOf: validators.etag)
            output.append("\r\n")
        }
        if !validators.lastModifiedText.isEmpty {
            output.append("If-Modified-Since: ")
            output.append(contentsOf: validators.lastModifiedText)
            output.append("\r\n")
        }
    }

    /// Whether the client's line goes upstream with a request that is to bring or validate a whole response.
    ///
    /// The client's own conditions and ranges are evaluated here, against what comes of it.
    package static func passes(_ field: FieldName) -> Bool {
        switch field {
        case .ifNoneMatch, .ifModifiedSince, .ifRange, .range: false
        case _: true
        }
    }

    /// - Parameters:
    ///   - answer: a final response to a request with the condition above.
    ///   - now: for the windows in which an error is hidden behind a stale response.
    package static func outcome(
        _ answer: borrowing ResponseHead, _ validators: CacheValidators, _ lifetime: CacheLifetime, at now: Moment,
        _ request: RequestCacheControl
    ) -> Outcome {
        switch answer.status {
        case 304: return concerns(answer.fields, validators) ? .freshen : .refetch
        case 408, 425, 429: return .passOn
        case 500...599:
            return mayServe(lifetime, after: .status(answer.status), at: now, request) ? .serveStale : .passOn
        case _: return .replace
        }
    }

    /// What becomes of a request that the upstream failed to answer: the stale response, or the failure.
    package static func outcome(
        of failure: Failure, _ lifetime: CacheLifetime, at now: Moment, _ request: RequestCacheControl
    ) -> Outcome {
        mayServe(lifetime, after: failure, at: now, request) ? .serveStale : .passOn
    }

    /// RFC 5861 §4 names 500, 502, 503 and 504; RFC 9111 §4.2.4 allows more where the upstream can't be reached.
    private static func mayServe(
        _ lifetime: CacheLifetime, after failure: Failure, at now: Moment, _ request: RequestCacheControl
    ) -> Bool {
        switch failure {
        case .status(500), .status(502), .status(503), .status(504):
            if now < lifetime.staleIfErrorUntil { return true }
        case .status: return false
        case .disconnected: if now < lifetime.staleIfDisconnectedUntil { return true }
        }
        guard let asked = request.staleIfError, lifetime.staleUse == .allowed else { return false }
        return now.since(lifetime.expires) <= .seconds(asked)
    }

    /// Whether a 304 is about the stored response (RFC 9111 §4.3.4). One without a validator is: only one response was
    /// asked for.
    private static func concerns(_ answer: borrowing FieldSection, _ validators: CacheValidators) -> Bool {
        let span = answer.bytes.span
        if let line = answer.first(.etag) {
            let stored = validators.etag.span
            return EntityTag.matchesWeakly(span, line.value.range, stored, 0..<stored.count)
        }
        guard let line = answer.first(.lastModified), let stored = validators.lastModified else { return true }
        return FieldDate.parse(span, line.value.range, now: validators.date) == stored
    }
}
