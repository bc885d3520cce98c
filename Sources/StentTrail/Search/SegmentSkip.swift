import StentModel

/// Which segments can't hold a line of the time that is asked for, by their names alone.
enum SegmentSkip {
    /// A line's time is when its exchange began, and it stands where the exchange ended: none is believed to have lasted
    /// longer.
    static let longestExchange: Int64 = 6 * 3_600 * 1_000_000_000
    /// Clocks are set by a little all the time.
    static let clockSlack: Int64 = 60 * 1_000_000_000

    /// - Parameter segments: in their order.
    /// - Returns: numbers of segments.
    static func skipped(of segments: [TrailFile], since: WallTime?, until: WallTime?) -> Set<Int> {
        var skipped: Set<Int> = []
        // A segment says only when it was closed. Where a later one was closed earlier, the clock had jumped: what lies
        // around such a place is read.
        var previous: Int64?
        for (index, segment) in segments.enumerated() {
            guard let closed = segment.closed?.nanoseconds, let number = segment.number else {
                previous = nil
                continue
            }
            let next = index + 1 < segments.count ? segments[index + 1].closed?.nanoseconds : nil
            let isOrdered = (previous.map { $0 <= closed } ?? true) && (next.map { closed <= $0 } ?? true)
            if isOrdered {
                if let since, closed < since.nanoseconds - clockSlack { skipped.insert(number) }
                if let until, let previous, previous - longestExchange > until.nanoseconds { skipped.insert(number) }
            }
            previous = closed
        }
        return skipped
    }
}
