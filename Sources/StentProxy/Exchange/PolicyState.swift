import StentAudit
import StentExchange
import StentModel
import StentPolicy

/// What the policies know of the request under way, and what they said.
struct PolicyState: ~Copyable {
    /// Nothing has been noted since it was made.
    private(set) var isBlank = true

    /// What the contract found the request to mean; `nil` where it was not asked or did not agree.
    var match: ContractMatch?
    private(set) var contractMode = PolicyMode.off
    /// Fields of a refusal.
    var allowed: [Method] = []
    var problems: [ContractProblem] = []

    /// The name that the client gave.
    var user = ""
    var credential: CredentialKey?
    var principal: Principal?
    var waiter: Proofs.Waiter?
    /// A good answer may change who is who.
    private(set) var changesIdentity = false

    var touch = OwnershipTouch.none
    var ownershipMode = PolicyMode.off
    var owner: String?
    /// Why an owner is overridden, in the caller's words.
    var override = ""

    /// The content, read; and which of its members don't go upstream.
    var document: JSONDocument?
    var undeclared: Set<Int> = []
    /// What goes upstream instead of the request's own spelling.
    var canonical: RequestForwarding.Canonical?

    /// The answer is to be written down as a record.
    var recordsAnswer = false
    /// The outbox's job that was made of the answer.
    var job: OutboxJob.ID?

    var decisions: [ExchangeRecord.Decision] = []

    /// The request is judged as a whole, with its content.
    var needsPreparation = false

    /// The policies are about to be asked.
    mutating func begin(_ mode: PolicyMode, changesIdentity: Bool) {
        isBlank = mode == .off && !changesIdentity
        contractMode = mode
        self.changesIdentity = changesIdentity
    }

    /// Forgets everything; costs nothing where no policy was asked.
    mutating func clear() {
        if !isBlank { self = PolicyState() }
    }

    mutating func decided(
        _ policy: ExchangeRecord.Decision.Policy, _ mode: PolicyMode, _ result: ExchangeRecord.Decision.Result,
        _ reason: Reason
    ) {
        decisions.append(.init(policy, mode, result, reason))
    }

    /// Adds to the record what only the policies know.
    func complete(_ record: inout ExchangeRecord, _ ownership: OwnershipRule) {
        guard !isBlank else { return }
        record.user = user
        record.actor = principal?.id ?? ""
        record.decisions = decisions
        record.override = override
        if let name = ownership.name(of: touch) {
            record.resource = .init(type: name, id: touch.recordID, owner: owner)
        }
    }
}
