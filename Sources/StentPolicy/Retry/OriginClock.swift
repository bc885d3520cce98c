import StentModel

/// How far the upstream's clock is from ours, as far as answers to creates tell.
///
/// A record that we sent for at `sent` and heard of at `received` was created between the two, so `created - received`
/// is at most the offset of the upstream's clock. Only this lower bound is needed: what was sent at a time of ours
/// can't have been carried out before `earliest` on the upstream's clock.
///
/// The newest sample replaces what was known, and bounds are never intersected: a clock that was set back by less than
/// an answer takes would leave a bound that contradicts nothing and is too late, and a record that is there would be
/// taken for one of before. A bound that is too early lets in records of equal content from as long before as the
/// answer took, of which those we know are claimed (`CreateRegister`).
///
/// An upstream of several servers has several clocks, and needs one of these for each.
package struct OriginClock: Sendable, Equatable {
    /// The newest sample.
    private struct Sample: Sendable, Equatable {
        /// Least that the upstream's clock is ahead of ours, in nanoseconds.
        var ahead: Int64
        /// When it was heard, on our clock.
        var received: Int64
    }

    /// What one clock gains on another at most, as a divisor: 1 s in 1,000 s, twice the 500 ppm that a kernel slews at.
    private static let drift: Int64 = 1_000

    /// How far the upstream's clock may be from ours while nothing is known of it.
    private let clockSkew: TimeSpan
    private var sample: Sample?

    /// - Parameter clockSkew: `ResendSettings.clockSkew`.
    package init(clockSkew: TimeSpan) { self.clockSkew = max(.zero, clockSkew) }

    /// Takes note of a create that went well.
    ///
    /// - Parameters:
    ///   - created: on the upstream's clock, as its answer says.
    ///   - sent: no later than the request's first byte, on our clock.
    ///   - received: no earlier than the answer's last byte, on our clock; ignored where it is before `sent`.
    package mutating func learn(created: WallTime, sent: WallTime, received: WallTime) {
        guard received.nanoseconds >= sent.nanoseconds else { return }
        // Some databases round to what they keep, others cut: both are less than a millisecond, or a second where the
        // time has no fraction.
        let rounding: Int64 = created.nanoseconds % 1_000_000_000 == 0 ? 1_000_000_000 : 2_000_000
        let ahead = created.nanoseconds.subtractingClamped(received.nanoseconds).subtractingClamped(rounding)
        sample = Sample(ahead: ahead, received: received.nanoseconds)
    }

    /// The earliest time on the upstream's clock at which something sent at `sent` can have been carried out.
    ///
    /// - Parameter sent: on our clock.
    package func earliest(_ sent: WallTime) -> WallTime {
        guard let sample else {
            return WallTime(nanoseconds: sent.nanoseconds.subtractingClamped(clockSkew.nanoseconds))
        }
        let age = sent.nanoseconds.subtractingClamped(sample.received)
        let drifted = min(max(age, age == .min ? .max : -age) / Self.drift, clockSkew.nanoseconds)
        return WallTime(
            nanoseconds: sent.nanoseconds.addingClamped(sample.ahead).subtractingClamped(drifted))
    }
}

extension Int64 {
    fileprivate func addingClamped(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other < 0 ? .min : .max) : sum
    }

    fileprivate func subtractingClamped(_ other: Int64) -> Int64 {
        let (difference, overflow) = subtractingReportingOverflow(other)
        return overflow ? (other < 0 ? .max : .min) : difference
    }
}
