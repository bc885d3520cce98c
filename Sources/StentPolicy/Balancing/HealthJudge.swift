import StentModel

/// When active checks change their mind about a server: after enough answers of the other kind in a row.
package struct HealthJudge: Sendable {
    /// What one check met.
    package enum Answer: Sendable, Equatable {
        case good, bad
    }

    package enum Verdict: Sendable, Equatable {
        case unchanged
        case changed(Balancer.Health)
    }

    package private(set) var health: Balancer.Health
    private let goodNeeded: Int
    private let badNeeded: Int
    /// Answers in a row that speak against `health`.
    private var against = 0

    /// - Parameter health: the verdict so far; a server of which nothing is known is healthy.
    package init(_ settings: HealthSettings, health: Balancer.Health = .healthy) {
        self.health = health
        goodNeeded = max(1, settings.healthy)
        badNeeded = max(1, settings.unhealthy)
    }

    package mutating func judge(_ answer: Answer) -> Verdict {
        let needed: Int
        let other: Balancer.Health
        switch (health, answer) {
        case (.healthy, .good), (.unhealthy, .bad):
            against = 0
            return .unchanged
        case (.healthy, .bad): (needed, other) = (badNeeded, .unhealthy)
        case (.unhealthy, .good): (needed, other) = (goodNeeded, .healthy)
        }
        against += 1
        guard against >= needed else { return .unchanged }
        against = 0
        health = other
        return .changed(other)
    }
}
