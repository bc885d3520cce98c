import StentModel

/// When a response was asked for and came, by the clocks of this process.
package struct ResponseTiming: Sendable, Equatable {
    package var requested: Moment
    package var received: Moment
    /// The wall clock when it came: what its Date is compared with.
    package var receivedAt: WallTime

    package init(requested: Moment, received: Moment, receivedAt: WallTime) {
        self.requested = requested
        self.received = received
        self.receivedAt = receivedAt
    }

    /// Seconds since 1970.
    var receivedSeconds: Int64 { CacheText.seconds(receivedAt) }
}

/// How old a response was when it came (RFC 9111 §4.2.3).
package enum ResponseAge {
    /// The Age field's number; `nil` where there is none.
    ///
    /// The first member of the first line counts, and where that is no number the field is ignored (RFC 9111 §5.1).
    package static func field(_ fields: borrowing FieldSection) -> Int64? {
        guard let line = fields.first(.age), line.value.upperBound <= fields.bytes.count else { return nil }
        let span = fields.bytes.span
        var end = line.value.lowerBound
        while end < line.value.upperBound, span[end] != 0x2C { end += 1 }
        return DeltaSeconds.parse(span, CacheText.trimmed(span, line.value.lowerBound..<end))
    }

    /// Seconds since 1970 of the first Date; `nil` where there is none, or no date.
    package static func date(_ fields: borrowing FieldSection, now: Int64) -> Int64? {
        guard let line = fields.first(.date) else { return nil }
        return FieldDate.parse(fields.bytes.span, line.value.range, now: now)
    }

    /// What is known without comparing clocks: the Age field, and the time that the response took, in which it may have
    /// aged unseen.
    static func told(_ age: Int64?, _ timing: ResponseTiming) -> TimeSpan {
        let delay = timing.received.since(timing.requested).nanoseconds
        let (sum, overflow) = delay.addingReportingOverflow((age ?? 0) * 1_000_000_000)
        return TimeSpan(nanoseconds: min(overflow ? .max : sum, oldest))
    }

    /// `corrected_initial_age`: the larger of what is told and what Date says. A Date of the future says nothing.
    static func corrected(_ age: Int64?, date: Int64?, _ timing: ResponseTiming) -> TimeSpan {
        let told = told(age, timing)
        guard let date else { return told }
        let (apparent, overflow) = timing.receivedSeconds.subtractingReportingOverflow(date)
        let seconds = overflow ? DeltaSeconds.largest : min(max(apparent, 0), DeltaSeconds.largest)
        return max(told, TimeSpan.seconds(seconds))
    }

    /// As old as anything gets: 68 years, far inside what nanoseconds in 64 bits hold.
    private static let oldest = DeltaSeconds.largest * 1_000_000_000
}
