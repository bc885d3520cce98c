import StentModel

/// Whether the upstream is down, judged by the results of attempts in the order in which they come.
///
/// A sequential test: CUSUM (Page, "Continuous Inspection Schemes", Biometrika 41, 1954) of "down: 98 % of the attempts
/// fail" against the share that usually fails, which is learned. A count of failures in a row, or a failure rate over a
/// window, needs one threshold for good and bad days; here a failure weighs the less the more usual it is. Kept as
/// the likelihood ratio itself rather than the sum of its logarithms, which is the same test.
///
/// With the defaults four failures in a row open it on a good day, and eleven where 35 % of the attempts usually fail. A
/// run of failures is learned from once a success has ended it: an outage, which none ends, is never taken for usual, and
/// a brownout is within some tens of attempts.
///
/// Every attempt carries the epoch in which it was admitted. The failure of one admitted before an opening says nothing of
/// what came after it. Its success does: the opening may have been a mistake, so the ramp begins. But once only, or an
/// upstream that is going down and finishes old work would be asked again at each of its answers.
package struct Breaker: Sendable {
    /// As in metrics.
    package enum State: String, Sendable, CaseIterable {
        /// Everything passes.
        case closed
        /// Halfway to the threshold: one attempt at a time, so that an outage costs few requests.
        case suspicious
        /// One probe at a time, after pauses.
        case open
        /// A probe ended well: twice as many attempts at once with each success, half as many with each failure.
        case ramping
    }

    /// How an attempt ended; one without a verdict is not recorded.
    package enum Result: Sendable, Equatable {
        case good, failed
    }

    private enum Phase: Sendable, Equatable {
        case closed
        case suspicious
        /// - Parameter isConfirmed: something sent since it first opened has failed.
        case open(nextProbe: Moment, pause: TimeSpan, isConfirmed: Bool)
        case ramping(cap: Int)
    }

    /// The share of attempts that fail while the upstream is down.
    private static let downRate = 0.98
    /// Bounds of the usual share: below the floor two failures would be an outage, above the ceiling nothing would.
    private static let floorRate = 0.05
    private static let ceilingRate = 0.6
    /// Time constant of the usual share, in attempts.
    private static let learningAttempts = 50.0
    /// Where the ramp ends at the latest, for an upstream without a limit of its own.
    private static let rampEnd = 64

    private var probeEvery: TimeSpan
    private var probeMaximum: TimeSpan
    /// The likelihood ratio at which it opens.
    private var threshold: Double

    private var phase = Phase.closed
    /// The likelihood ratio of "down", at least 1.
    private var evidence = 1.0
    /// Failures since the last success.
    private var streak = 0
    /// The number of the attempt whose failure was the first of them.
    private var streakBegan = 0
    /// The learned share of failures, without its bounds.
    private var learned = 0.0
    /// The number of the current phase of caution: attempts of the same one count against its cap.
    package private(set) var epoch = 0
    /// How often it opened, from ramping included.
    package private(set) var openings = 0

    package init(_ settings: BreakerSettings) {
        (threshold, probeEvery, probeMaximum) = Self.constants(settings)
    }

    /// Other settings from now on; state and learned facts are kept.
    package mutating func reconfigure(_ settings: BreakerSettings) {
        (threshold, probeEvery, probeMaximum) = Self.constants(settings)
    }

    package var state: State {
        switch phase {
        case .closed: .closed
        case .suspicious: .suspicious
        case .open: .open
        case .ramping: .ramping
        }
    }

    /// When the next probe may be sent; the distant future unless open.
    package var nextProbe: Moment {
        switch phase {
        case .open(let nextProbe, _, _): nextProbe
        case .closed, .suspicious, .ramping: .distantFuture
        }
    }

    /// The share of failing attempts it takes for usual.
    package var usualRate: Double { min(max(learned, Self.floorRate), Self.ceilingRate) }

    /// How many attempts of the current epoch may be in flight; 0 is none before `nextProbe`.
    ///
    /// - Parameter normal: the limit that holds on a good day.
    package func limit(normal: Int, now: Moment) -> Int {
        switch phase {
        case .closed: normal
        case .suspicious: min(1, normal)
        case .open(let nextProbe, _, _): now >= nextProbe ? min(1, normal) : 0
        case .ramping(let cap): min(cap, normal)
        }
    }

    /// An attempt ended.
    ///
    /// - Parameters:
    ///   - epoch: this breaker's when the attempt was admitted.
    ///   - admitted: numbers the attempts in the order in which they were admitted. A success of one admitted before the
    ///     first failure of a streak says how the upstream was, not how it is: good answers take seconds and failures
    ///     none, so at the start of an outage the good ones of before still come in.
    ///   - normal: the limit that holds on a good day, up to which the ramp leads.
    package mutating func record(
        _ result: Result, epoch: Int, admitted: Int = .max, normal: Int, now: Moment
    ) {
        switch phase {
        case .closed, .suspicious:
            if result == .good, streak > 0, admitted < streakBegan {
                learned -= learned / Self.learningAttempts
                return
            }
            if result == .failed, streak == 0 { streakBegan = admitted }
            weigh(result, now: now)
        case .open(_, let pause, let isConfirmed):
            switch result {
            case .good where epoch == self.epoch || !isConfirmed:
                phase = .ramping(cap: 1)
                // On a good day one more failure opens it again.
                evidence = threshold * Self.floorRate / Self.downRate
            case .good: break  // old work still being finished, as was found out once already
            case .failed where epoch == self.epoch:
                // Half of the maximum is compared, so that doubling can't overflow.
                let longer =
                    pause.nanoseconds > probeMaximum.nanoseconds / 2
                    ? probeMaximum : TimeSpan(nanoseconds: pause.nanoseconds * 2)
                phase = .open(nextProbe: now.advanced(by: longer), pause: longer, isConfirmed: true)
            case .failed: break  // sent before it opened: known already
            }
        case .ramping(let cap):
            guard epoch == self.epoch else { return }
            switch result {
            case .good:
                learn()
                evidence = max(1, evidence * (1 - Self.downRate) / (1 - usualRate))
                climb(from: cap, normal: normal)
            case .failed:
                streak += 1
                evidence *= Self.downRate / usualRate
                if evidence >= threshold {
                    open(now: now, isConfirmed: true)
                } else {
                    phase = .ramping(cap: max(1, cap / 2))
                }
            }
        }
    }

    /// A success: of all that came since the last one the share that usually fails is learned.
    private mutating func learn() {
        for _ in 0..<min(streak, 100) { learned += (1 - learned) / Self.learningAttempts }
        learned -= learned / Self.learningAttempts
        streak = 0
    }

    private mutating func weigh(_ result: Result, now: Moment) {
        let usual = usualRate
        switch result {
        case .good:
            learn()
            evidence = max(1, evidence * (1 - Self.downRate) / (1 - usual))
            phase = .closed
        case .failed:
            streak += 1
            evidence *= Self.downRate / usual
            if evidence >= threshold {
                open(now: now, isConfirmed: false)
            } else if phase == .closed, streak >= 2, evidence * evidence >= threshold {
                epoch += 1
                phase = .suspicious
            }
        }
    }

    private mutating func open(now: Moment, isConfirmed: Bool) {
        epoch += 1
        openings += 1
        streak = 0
        evidence = 1
        phase = .open(nextProbe: now.advanced(by: probeEvery), pause: probeEvery, isConfirmed: isConfirmed)
    }

    private mutating func climb(from cap: Int, normal: Int) {
        let doubled = min(cap, Self.rampEnd) * 2
        phase = doubled >= min(normal, Self.rampEnd) ? .closed : .ramping(cap: doubled)
    }

    /// The threshold lies half a failure below `failures` in a row at the floor, so that a share learned a little above
    /// it (up to 7 %, with four) does not ask for one more.
    private static func constants(_ settings: BreakerSettings) -> (Double, TimeSpan, TimeSpan) {
        let weight = downRate / floorRate
        var threshold = weight.squareRoot()
        for _ in 1..<min(max(settings.failures, 1), 100) { threshold *= weight }  // 19.6^100 squared is finite
        let every = max(.milliseconds(1), TimeSpan(settings.probeEvery))
        return (threshold, every, max(every, TimeSpan(settings.probeMaximum)))
    }
}
