import StentModel

/// How many attempts may be at the upstream at once, from measured latency.
///
/// A gradient controller, as Envoy's adaptive concurrency filter and Netflix's concurrency-limits have one:
/// limit x (baseline / measured) + headroom. What differs, because one small upstream answers in 0 to 9 s, unlike on
/// every route:
/// - Each answer counts as its ratio to its own route's baseline, so that a change of the mix is no change of latency.
/// - The baseline is learned from answers to attempts that began with at most `minimum` in flight. Envoy's filter holds
///   everything down to measure it from time to time, and its users complain of what that costs (envoy#46532). When the
///   limit is at its minimum, as it is when the baseline is far too low, every answer is such a one, so it rights itself.
/// - A quarter more than the baseline is still good (Envoy's default buffer, envoy#9038: without it, ordinary variance
///   drives the limit down).
/// - Headroom is one, and only where the limit was reached: a square root grows the limit under modest overload
///   (concurrency-limits#134). With capacity c under saturation the fixed point is 1.25 c + 1.
/// - Only good answers are samples: fast failures would look like speed (concurrency-limits#176). A time-out is evidence
///   of its own, since steady time-outs have no gradient (concurrency-limits#137).
package struct ConcurrencyLimit: Sendable {
    fileprivate struct Baseline: Sendable {
        var mean = 0.0
        var count = 0
    }

    /// How much above its baseline latency may be.
    private static let tolerance = 1.25
    private static let steepestCut = 0.5
    private static let timeoutCut = 0.7
    /// Samples after which a baseline is believed, and its time constant. Of fewer, the mean is so far off by chance (13 %
    /// for answers spread evenly over 0 to 9 s) that the limit falls for nothing.
    private static let trustedSamples = 20
    fileprivate static let baselineSamples = 50
    /// A window below this, or several in the mean below the other: load makes nothing faster, so the baselines are out
    /// of date. Chance is 2.3 and 3 standard deviations away, with answers spread evenly over 0 to 9 s.
    private static let outdatedRatio = 0.7
    private static let outdatedTrend = 0.85

    private var minimum: Int
    private var maximum: Int
    private var limit: Double
    private var baselines: [Baseline]

    /// The windows' mean ratios, smoothed.
    private var trend = 1.0
    private var ratios = 0.0
    private var samples = 0
    private var timeouts = 0
    /// The most attempts in flight in this window.
    private var peak = 0

    /// - Parameter routeCount: a sample's route is below it; others share one baseline.
    package init(_ settings: ConcurrencySettings, routeCount: Int) {
        minimum = max(1, settings.minimum)
        maximum = max(minimum, settings.maximum)
        limit = Double(min(max(settings.initial, minimum), maximum))
        baselines = Array(repeating: Baseline(), count: max(0, routeCount) + 1)
    }

    /// Attempts in flight that are allowed now.
    package var current: Int { Int(limit) }

    /// Other settings from now on. What was learned is kept, the baselines where the routes are as many as before.
    package mutating func reconfigure(_ settings: ConcurrencySettings, routeCount: Int) {
        var new = ConcurrencyLimit(settings, routeCount: routeCount)
        new.limit = min(max(limit, Double(new.minimum)), Double(new.maximum))
        if new.baselines.count == baselines.count { new.baselines = baselines }
        self = new
    }

    /// An attempt begins.
    ///
    /// - Parameter inFlight: with this one.
    package mutating func began(inFlight: Int) { peak = max(peak, inFlight) }

    /// A complete, good answer.
    ///
    /// - Parameter inFlight: attempts in flight when this one began, with it.
    package mutating func answered(in latency: TimeSpan, route: Int, inFlight: Int) {
        let index = route >= 0 && route < baselines.count - 1 ? route : baselines.count - 1
        let seconds = Double(max(0, latency.nanoseconds)) / 1e9
        if inFlight <= minimum { baselines[index].learn(seconds) }
        let baseline = baselines[index]
        // A millisecond is below what a proxy can tell apart, and keeps the ratio finite.
        guard baseline.count >= Self.trustedSamples else { return }
        ratios += seconds / max(baseline.mean, 0.001)
        samples += 1
        closeWindow()
    }

    /// An attempt took longer than it may: at most once a window a strong sign of overload.
    package mutating func timedOut() {
        timeouts += 1
        if timeouts == 1 { set(limit * Self.timeoutCut) }
        closeWindow()
    }

    private mutating func closeWindow() {
        guard samples + timeouts >= max(20, 2 * current) else { return }
        if samples > 0 {
            let ratio = ratios / Double(samples)
            // Where not even half of it is used, the limit has nothing to do with the latency.
            if peak * 2 >= current {
                let gradient = min(max(Self.tolerance / max(ratio, 0.001), Self.steepestCut), 1)
                set(limit * gradient + (peak >= current && timeouts == 0 ? 1 : 0))
            }
            trend += (min(ratio, 1) - trend) / 4
            if ratio < Self.outdatedRatio || trend < Self.outdatedTrend {
                for index in baselines.indices { baselines[index].mean *= min(ratio, trend) }
                trend = 1
            }
        }
        (ratios, samples, timeouts, peak) = (0, 0, 0, 0)
    }

    private mutating func set(_ value: Double) { limit = min(max(value, Double(minimum)), Double(maximum)) }
}

extension ConcurrencyLimit.Baseline {
    /// The plain mean at first, then an exponentially weighted one.
    fileprivate mutating func learn(_ seconds: Double) {
        count = min(count + 1, ConcurrencyLimit.baselineSamples)
        mean += (seconds - mean) / Double(count)
    }
}
