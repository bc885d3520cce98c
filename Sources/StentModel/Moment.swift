/// A point on the monotonic clock, in nanoseconds since an arbitrary start.
///
/// The core never reads a clock: every rule that depends on time takes a moment as an argument. Nanoseconds in an `Int64`
/// rather than `ContinuousClock.Instant`, because moments are compared and subtracted several times per request and
/// `Duration`'s 128 bits cost more than the rules themselves.
@usableFromInline package struct Moment: Sendable, Hashable, Comparable {
    @usableFromInline package var nanoseconds: Int64

    @inlinable
    package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// Later than every moment that is ever read from a clock.
    @usableFromInline package static let distantFuture = Moment(nanoseconds: .max)

    @inlinable
    package static func < (left: Moment, right: Moment) -> Bool { left.nanoseconds < right.nanoseconds }

    /// The moment `span` later; the distant future where the sum does not fit.
    @inlinable
    package func advanced(by span: TimeSpan) -> Moment {
        let (sum, overflow) = nanoseconds.addingReportingOverflow(span.nanoseconds)
        return Moment(nanoseconds: overflow ? .max : sum)
    }

    /// How much later this is than `earlier`; zero when it is not later.
    @inlinable
    package func since(_ earlier: Moment) -> TimeSpan {
        guard self > earlier else { return .zero }
        let (difference, overflow) = nanoseconds.subtractingReportingOverflow(earlier.nanoseconds)
        return TimeSpan(nanoseconds: overflow ? .max : difference)
    }
}

/// A length of time in whole nanoseconds: the form of `Duration` that rules calculate with.
@usableFromInline package struct TimeSpan: Sendable, Hashable, Comparable {
    @usableFromInline package var nanoseconds: Int64

    @inlinable
    package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// - Parameter duration: at most 292 years either way; longer ones become the longest span of their sign.
    package init(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, carry) = product.addingReportingOverflow(attoseconds / 1_000_000_000)
        nanoseconds = overflow || carry ? (seconds < 0 ? .min : .max) : sum
    }

    @usableFromInline package static let zero = TimeSpan(nanoseconds: 0)
    /// - Parameter count: at most 292 years; longer ones become the longest span.
    @inlinable
    package static func milliseconds(_ count: Int64) -> TimeSpan {
        let (product, overflow) = count.multipliedReportingOverflow(by: 1_000_000)
        return TimeSpan(nanoseconds: overflow ? .max : product)
    }
    /// - Parameter count: at most 292 years; longer ones become the longest span.
    @inlinable
    package static func seconds(_ count: Int64) -> TimeSpan {
        let (product, overflow) = count.multipliedReportingOverflow(by: 1_000_000_000)
        return TimeSpan(nanoseconds: overflow ? .max : product)
    }

    /// In milliseconds, with fractions.
    package var milliseconds: Double { Double(nanoseconds) / 1_000_000 }

    @inlinable
    package static func < (left: TimeSpan, right: TimeSpan) -> Bool { left.nanoseconds < right.nanoseconds }
}
