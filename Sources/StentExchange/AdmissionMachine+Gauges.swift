import StentModel
import StentPolicy

extension AdmissionMachine {
    /// What metrics and the live page show of it.
    package struct Gauges: Sendable, Equatable {
        /// Attempts allowed in flight; `nil` is no limit.
        package var limit: Int?
        package var inFlight: Int
        /// By priority; each is named.
        package var waiting: [Priority: Int]
        /// `nil` is no breaker.
        package var breaker: Breaker.State?
        package var breakerOpenings: Int
        package var budgetTokens: Double
        /// Since the start, by reason; those never given are not named.
        package var refusals: [Reason: Int]
    }

    package var gauges: Gauges {
        var waiting: [Priority: Int] = [:]
        for priority in Priority.allCases { waiting[priority] = queue.count(of: priority) }
        return Gauges(
            limit: limit?.current, inFlight: flights.count, waiting: waiting, breaker: breaker?.state,
            breakerOpenings: breaker?.openings ?? 0, budgetTokens: budget.tokens, refusals: refusals)
    }
}
