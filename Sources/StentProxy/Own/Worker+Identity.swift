import NIOCore
import StentExchange
import StentModel
import StentPolicy

/// Whose credentials these are.
struct IdentityQuestion {
    /// Value of Authorization.
    var authorization: [UInt8]
    /// What it is remembered by, where that is known.
    var key: CredentialKey?
    /// Value of Host for the question, should one be asked.
    var host: [UInt8]
    var client: PeerAddress
    /// Id of the exchange or job that needs to know.
    var parent: [UInt8]
}

extension Worker {
    /// Finds out who is calling; the upstream is asked once for all who want to know at the same time.
    ///
    /// - Parameter answer: called once, on this loop, perhaps before this returns.
    /// - Returns: for `forget`, should the answer not be wanted any more.
    @discardableResult
    func identify(
        _ question: IdentityQuestion, for purpose: ProofTable.Purpose,
        _ answer: @escaping (ProofTable.Outcome) -> Void
    ) -> Proofs.Waiter {
        let waiter = Proofs.Waiter(answer)
        guard let proofs = gate.proofs, let key = question.key ?? key(of: question.authorization) else {
            waiter.tell(.refused)
            return waiter
        }
        switch proofs.identify(key, for: purpose, waiter, on: loop, now: now) {
        case .known(let principal): waiter.tell(.known(principal))
        case .refused: waiter.tell(.refused)
        case .wait: break
        case .ask: ask(question, key)
        }
        return waiter
    }

    private func key(of authorization: [UInt8]) -> CredentialKey? {
        guard let proofs = gate.proofs,
            case .credential(let credential) = BasicCredential.read(authorization.span)
        else { return nil }
        return proofs.key(of: credential)
    }

    private func ask(_ question: IdentityQuestion, _ key: CredentialKey) {
        guard let proofs = gate.proofs, let proof = snapshot.settings.identity?.proof else { return }
        let request = OwnExchange.Request(
            target: Array(proof.request.utf8), authorization: question.authorization, host: question.host,
            purpose: .identity, parent: question.parent, client: question.client)
        OwnExchange.make(request, on: self) { [self] answer in
            let result = ProofAnswer(proof).read(
                status: answer.status, content: try? JSONDocument(answer.content))
            if proofs.answered(key, result, now: now) { ask(question, key) }
        }
    }
}
