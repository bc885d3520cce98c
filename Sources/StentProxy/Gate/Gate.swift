import StentExchange
import StentModel
import StentPolicy
import Synchronization

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
    /// `nil` where nobody is asked who they are.
    package let proofs: Proofs?
    /// `nil` where no record has an owner.
    package let ledger: (any OwnershipLedger)?
    /// `nil` where no answer is written down.
    package let outbox: OutboxDesk?
    /// `nil` where nothing is stored.
    package let cache: CacheStore?
    /// Work that would hold up a loop.
    let background: Background
    package let answers: AnswerObserver
    private let breakGlass: Mutex<BreakGlass>
    private let onOverride: @Sendable (String, String) -> Void

    /// The port of Idempotency-Key, and what hides its scopes.
    package struct Idempotency: Sendable {
        package var store: any IdempotencyStore
        package var digest: any IdempotencyDigest

        package init(store: any IdempotencyStore, digest: any IdempotencyDigest) {
            self.store = store
            self.digest = digest
        }
    }

    /// Ports of the policies.
    package struct Policies: Sendable {
        package var digest: (any CredentialDigest)?
        package var ledger: (any OwnershipLedger)?
        package var outbox: OutboxDesk?
        /// Hears of somebody who overrides an owner with a reason that is new: their id and the reason.
        package var onOverride: @Sendable (String, String) -> Void = { _, _ in }

        package init() {}
    }

    /// - Parameter cache: where a tier is attached to it; else one is made from the settings.
    package init(
        _ settings: Settings, idempotency: Idempotency?, policies: Policies = Policies(), cache: CacheStore? = nil
    ) {
        admission = Admission(settings)
        creates = Creates(settings)
        rates = CallerRates(settings.limits)
        self.idempotency = idempotency
        let identity = settings.identity
        proofs = policies.digest.flatMap { digest in identity.map { Proofs($0.proof, digest: digest) } }
        ledger = policies.ledger
        outbox = policies.outbox
        self.cache = cache ?? settings.cache.map { CacheStore($0) }
        background = Background()
        answers = AnswerObserver()
        onOverride = policies.onOverride
        breakGlass = Mutex(BreakGlass(settings.ownership.breakGlass))
    }

    /// New settings; what was learned and who waits is kept.
    package func reconfigure(_ settings: Settings, now: Moment) {
        admission.reconfigure(settings, now: now)
        creates.reconfigure(settings)
        rates.reconfigure(settings.limits)
        if let identity = settings.identity { proofs?.reconfigure(identity.proof) }
        breakGlass.withLock { $0.reconfigure(settings.ownership.breakGlass) }
        if let settings = settings.cache { cache?.reconfigure(settings) }
    }

    func tellOverride(caller: String, reason: String) { onOverride(caller, reason) }

    /// Somebody gives a reason for overriding an owner.
    func breakGlass(caller: String, reason: ArraySlice<UInt8>, now: Moment) -> BreakGlass.Verdict {
        breakGlass.withLock { $0.judge(caller: caller, reason: reason, now: now) }
    }
}
