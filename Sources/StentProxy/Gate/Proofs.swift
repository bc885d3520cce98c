import NIOCore
import StentExchange
import StentModel
import StentPolicy
import Synchronization

/// `ProofTable` for all workers: keeps it behind a lock, and tells each waiter on its own loop.
package final class Proofs: Sendable {
    /// Somebody who waits to learn who a caller is.
    typealias Waiter = LoopWaiter<ProofTable.Outcome>

    private struct State {
        var table: ProofTable
        var waiters: [ProofTable.WaiterID: NIOLoopBound<Waiter>] = [:]
    }

    private let state: Mutex<State>
    private let digest: any CredentialDigest

    init(_ settings: ProofSettings, digest: any CredentialDigest) {
        state = Mutex(State(table: ProofTable(settings)))
        self.digest = digest
    }

    func reconfigure(_ settings: ProofSettings) { state.withLock { $0.table.reconfigure(settings) } }

    func key(of credential: borrowing BasicCredential) -> CredentialKey {
        credential.withBytes { digest.key(of: $0) }
    }

    /// The upstream has just refused this credential.
    func isRefused(_ key: CredentialKey, now: Moment) -> Bool { state.withLock { $0.table.isRefused(key, now: now) } }

    /// Who a credential belongs to, where that is known for certain.
    func principal(of key: CredentialKey, now: Moment) -> Principal? {
        state.withLock { $0.table.principal(of: key, now: now) }
    }

    /// What the upstream thinks of a credential.
    func standing(of key: CredentialKey, now: Moment) -> ProofTable.Standing {
        state.withLock { $0.table.standing(of: key, now: now) }
    }

    /// - Returns: `.wait` where `waiter` will be told; `.ask` where it will be, too, and who calls has to ask the upstream.
    func identify(
        _ key: CredentialKey, for purpose: ProofTable.Purpose, _ waiter: Waiter, on loop: any EventLoop, now: Moment
    ) -> ProofTable.Identification {
        let bound = NIOLoopBound(waiter, eventLoop: loop)
        return state.withLock { state in
            let result = state.table.identify(key, now: now, purpose: purpose, isUpstreamDown: false)
            switch result {
            case .ask(let id), .wait(let id): state.waiters[id] = bound
            case .known, .refused: break
            }
            return result
        }
    }

    /// The upstream was asked.
    ///
    /// - Returns: whether it has to be asked once more.
    func answered(_ key: CredentialKey, _ answer: ProofTable.Answer, now: Moment) -> Bool {
        let told = state.withLock { state -> [(NIOLoopBound<Waiter>, ProofTable.Outcome)]? in
            switch state.table.answered(key, answer, now: now) {
            case .askAgain: return nil
            case .wake(let wakes):
                return wakes.compactMap { wake in
                    state.waiters.removeValue(forKey: wake.waiter).map { ($0, wake.outcome) }
                }
            }
        }
        for (waiter, outcome) in told ?? [] { waiter.eventLoop.execute { waiter.value.tell(outcome) } }
        return told == nil
    }

    /// An ordinary answer to a request with this credential.
    func observed(_ key: CredentialKey, status: Int, began: Moment, now: Moment) {
        state.withLock { $0.table.observed(key, status: status, began: began, now: now) }
    }

    /// Credentials may belong to somebody else from now on.
    func forgetAll(now: Moment) { state.withLock { $0.table.forgetAll(now: now) } }

    package var size: (entries: Int, waiting: Int) { state.withLock { $0.table.size } }
}
