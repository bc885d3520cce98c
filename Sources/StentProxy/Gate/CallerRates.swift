import StentModel
import StentPolicy
import Synchronization

/// `CallerRate` for all workers.
package final class CallerRates: Sendable {
    private let state: Mutex<CallerRate?>

    init(_ settings: LimitSettings) { state = Mutex(CallerRate(settings)) }

    func reconfigure(_ settings: LimitSettings) {
        state.withLock { state in
            guard let rate = settings.perCaller, state != nil else {
                state = CallerRate(settings)
                return
            }
            state?.reconfigure(rate: rate, burst: settings.burst)
        }
    }

    /// - Returns: when to come again; `nil` for a request that may pass.
    func refuses(_ caller: CallerKey, now: Moment) -> TimeSpan? {
        state.withLock { state in
            switch state?.take(caller, now: now) {
            case .refuse(let span): span
            case .allow, .none: nil
            }
        }
    }
}
