/// How HOSP behaves for a time: how fast, how wide, how faulty. See docs/hosp.md for the file format.
///
/// All durations are those of the real service; the simulator multiplies them by its time scale.
package struct Profile: Sendable, Equatable {
    /// What is left of the service as a whole.
    package enum Outage: String, Sendable, CaseIterable {
        case none
        /// The listening socket is closed and every connection reset: connecting is refused.
        case refuse
        /// Connections are accepted and reset at once.
        case reset
        /// Every request is answered 500 and nothing is done.
        case errors
    }

    /// Shares of requests, 0 to 1, that meet each fault. A request meets one at most.
    package struct Rates: Sendable, Equatable {
        package var errorBefore: Double
        package var errorAfter: Double
        package var reset: Double
        package var truncate: Double
        package var malformed: Double

        package init(
            errorBefore: Double = 0, errorAfter: Double = 0, reset: Double = 0, truncate: Double = 0,
            malformed: Double = 0
        ) {
            self.errorBefore = errorBefore
            self.errorAfter = errorAfter
            self.reset = reset
            self.truncate = truncate
            self.malformed = malformed
        }
    }

    package var name: String
    /// Requests in service at a time; more wait in order of arrival.
    package var threads = 5
    /// From arrival to the load balancer's 504, in milliseconds; 0 is never. The work goes on regardless.
    package var gatewayTimeout = 60_000
    /// Service time of list reads, in whole seconds, uniform.
    package var slowSeconds = 0...0
    /// Service time of everything else, in milliseconds, uniform; list reads have it too.
    package var quickMilliseconds = 5...20
    /// Service time of a 500 that comes before the work, in milliseconds.
    package var errorMilliseconds = 13
    /// How long a probe of an unknown path keeps a thread, in milliseconds.
    package var unknownPathMilliseconds = 13
    /// Idle time after which a kept-alive connection is closed, in milliseconds; 0 is never.
    package var keepaliveMilliseconds = 0
    package var rates = Rates()
    /// By how much the rates are multiplied on routes of `/notes`.
    package var notesFactor = 1.0
    /// By how much the rates are multiplied on screening.
    package var screenFactor = 1.0
    package var outage = Outage.none

    package init(name: String) {
        self.name = name
    }

    /// A good day: quick, and without a fault.
    package static let calm = Profile(name: "calm")

    /// An ordinary day.
    package static let faulty: Profile = {
        var profile = Profile(name: "faulty")
        profile.slowSeconds = 0...9
        profile.quickMilliseconds = 20...120
        profile.unknownPathMilliseconds = 1000
        profile.rates = Rates(errorBefore: 0.03, errorAfter: 0.01, reset: 0.005, truncate: 0.005, malformed: 0.002)
        profile.notesFactor = 2
        profile.screenFactor = 3
        return profile
    }()

    /// A third of everything fails.
    package static let brownout: Profile = {
        var profile = faulty
        profile.name = "brownout"
        profile.rates = Rates(errorBefore: 0.3, errorAfter: 0.05)
        profile.notesFactor = 1
        profile.screenFactor = 1
        return profile
    }()

    /// An ordinary day on a machine that has other things to do: fewer threads, and everything slower.
    package static let surge: Profile = {
        var profile = faulty
        profile.name = "surge"
        profile.threads = 4
        profile.quickMilliseconds = 40...240
        return profile
    }()

    /// Nobody home.
    package static let outage = down("outage", .refuse)

    private static func down(_ name: String, _ outage: Outage) -> Profile {
        var profile = calm
        profile.name = name
        profile.outage = outage
        return profile
    }

    /// The profiles known by name.
    package static let builtIn: [Profile] = [
        calm, faulty, brownout, surge, outage, down("outage-reset", .reset), down("outage-errors", .errors),
    ]

    package static func named(_ name: String) -> Profile? {
        builtIn.first { $0.name == name }
    }

    /// What the rates are multiplied by on a route.
    func factor(of route: Route) -> Double {
        if case .screen = route { return screenFactor }
        return route.resource == .notes ? notesFactor : 1
    }
}
