import StentModel

/// Until when a stored response may be used, worked out once when it is stored (RFC 9111 §4.2).
///
/// All of it is moments of the monotonic clock, so that a hit costs a comparison.
package struct CacheLifetime: Sendable, Equatable {
    /// Whether it may be used when it is stale at all (RFC 9111 §4.2.4).
    package enum StaleUse: UInt8, Sendable {
        /// Where somebody allows it, or the upstream can't be reached.
        case allowed
        /// Never: must-revalidate, proxy-revalidate, s-maxage or no-cache.
        case forbidden
    }

    /// When it would have been of age zero.
    package var born: Moment
    /// It is fresh before this moment.
    package var expires: Moment
    /// It may be served while it is refreshed behind (RFC 5861 §3).
    package var staleWhileRevalidateUntil: Moment
    /// It may be served instead of an error (RFC 5861 §4).
    package var staleIfErrorUntil: Moment
    /// It may be served where the upstream can't be reached (RFC 9111 §4.2.4).
    package var staleIfDisconnectedUntil: Moment
    package var staleUse: StaleUse

    package init(
        born: Moment, expires: Moment, staleWhileRevalidateUntil: Moment, staleIfErrorUntil: Moment,
        staleIfDisconnectedUntil: Moment, staleUse: StaleUse
    ) {
        self.born = born
        self.expires = expires
        self.staleWhileRevalidateUntil = staleWhileRevalidateUntil
        self.staleIfErrorUntil = staleIfErrorUntil
        self.staleIfDisconnectedUntil = staleIfDisconnectedUntil
        self.staleUse = staleUse
    }

    /// Its age in whole seconds, as the Age field has it (RFC 9111 §5.1).
    package func age(at now: Moment) -> Int64 {
        min(now.since(born).nanoseconds / 1_000_000_000, DeltaSeconds.largest)
    }

    /// Appends the value of Age.
    package func appendAge(at now: Moment, to output: inout [UInt8]) { output.append(decimal: Int(age(at: now))) }

    /// Whole seconds that it is still fresh; negative by as many as it is stale (`ttl` of RFC 9211 §2.3).
    package func freshness(at now: Moment) -> Int64 {
        let span = now < expires ? expires.since(now).nanoseconds : -now.since(expires).nanoseconds
        return min(max(span / 1_000_000_000, -DeltaSeconds.largest), DeltaSeconds.largest)
    }

    /// The last moment at which it may be of use without being validated.
    package var usableUntil: Moment {
        max(max(expires, staleWhileRevalidateUntil), max(staleIfErrorUntil, staleIfDisconnectedUntil))
    }
}
