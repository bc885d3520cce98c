import StentModel

/// When a second attempt is worth its cost: after the time within which a given share of a route's answers come.
///
/// Dean and Barroso, "The Tail at Scale" (Communications of the ACM 56, 2013): deferring the second request until the first
/// has been outstanding for longer than the 95th percentile keeps the additional load at about 5 %.
package struct HedgeDelay: Sendable {
    private static let window = 128
    /// Answers before which nothing is said.
    private static let fewest = 20

    /// In percent, 1 to 99.
    private let share: Int
    private var samples: [Int64] = []
    private var next = 0
    private var sinceSorted = 0

    /// `nil` until enough is known.
    package private(set) var delay: TimeSpan?

    package init(share: Int) { self.share = min(max(share, 1), 99) }

    /// An attempt was answered well after this time, or given up on at this time for a quicker one.
    package mutating func learn(_ time: TimeSpan) {
        if samples.count < Self.window {
            samples.append(time.nanoseconds)
        } else {
            samples[next] = time.nanoseconds
            next = (next + 1) % Self.window
        }
        sinceSorted += 1
        guard samples.count >= Self.fewest, delay == nil || sinceSorted >= 8 else { return }
        sinceSorted = 0
        let sorted = samples.sorted()
        delay = TimeSpan(nanoseconds: sorted[min(sorted.count * share / 100, sorted.count - 1)])
    }
}
