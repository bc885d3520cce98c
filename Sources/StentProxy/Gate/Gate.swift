import StentExchange
import StentModel
import StentPolicy

/// What all workers share on their way to the one upstream: who is admitted, whose create has the turn, how often a
/// caller may ask, and what was answered before.
///
/// A limit per event loop would be another one: SO_REUSEPORT spreads connections unevenly, and the upstream has only one
/// capacity. So each part is a pure machine behind a lock of its own that is held for well below a microsecond; who has
/// to wait is called back on its own loop. Where the settings ask for none of it, no exchange comes here.
package final class Gate: Sendable {
    package let admission: Admission
    let creates: Creates
    package let rates: CallerRates
    /// `nil` where Idempotency-Key means nothing.
    let idempotency: Idempotency?

    /// The port of Idempotency-Key, and what hides its scopes.
    package struct Idempotency: Sendable {
        package var store: any IdempotencyStore
        package var digest: any IdempotencyDigest

        package init(store: any IdempotencyStore, digest: any IdempotencyDigest) {
            self.store = store
            self.digest = digest
        }
    }

    package init(_ settings: Settings, idempotency: Idempotency?) {
        admission = Admission(settings)
        creates = Creates(settings)
        rates = CallerRates(settings.limits)
        self.idempotency = idempotency
    }

    /// New settings; what was learned and who waits is kept.
    package func reconfigure(_ settings: Settings, now: Moment) {
        admission.reconfigure(settings, now: now)
        creates.reconfigure(settings)
        rates.reconfigure(settings.limits)
    }
}
