import NIOCore
import StentAudit
import StentExchange
import StentModel
import StentPolicy

/// Asks the policies about a request: about its head at once, about its content and its caller when it is whole.
extension ExchangeDriver {
    /// Content that is judged on the event loop, in bytes; larger content is judged beside it.
    static let inlineLimit = 65_536

    /// - Returns: why the request is not even tried.
    func judgeHead(_ plan: RoutePlan, now: Moment) -> Reason? {
        policies.begin(
            origin.listener == .own ? .report : plan.contract,
            changesIdentity: !head.method.isSafe && worker.gate.proofs != nil && snapshot.changesIdentity(head))
        guard policies.contractMode != .off, let rule = snapshot.contract else { return nil }
        switch rule.judge(head) {
        case .refused(let refusal):
            guard origin.listener != .own else { return nil }
            policies.decided(.contract, policies.contractMode, .refused, refusal.reason)
            guard policies.contractMode == .enforce else { return nil }
            policies.allowed = refusal.allow
            policies.problems = refusal.problems
            return refusal.reason
        case .passes(let match):
            policies.match = match
            policies.touch = snapshot.ownership.touch(
                method: head.method, template: match.template, parameters: match.parameters.map { ($0.name, $0.value) })
            guard origin.listener != .own else {
                if own?.purpose == .record || own?.purpose == .refresh { observeCredential() }
                return nil
            }
            if policies.contractMode == .enforce {
                policies.canonical = .init(target: match.target, content: .asReceived)
            }
            policies.ownershipMode =
                worker.gate.ledger == nil ? .off : snapshot.ownership.mode(of: policies.touch, override: plan.ownership)
            if let reason = judgeCaller(match, now: now) { return reason }
            return judgeRoom(plan, match)
        }
    }

    /// What is answered to a record of the outbox, or to a refresh, says whether the credentials still hold.
    private func observeCredential() {
        guard let proofs = worker.gate.proofs, case .credential(let credential) = BasicCredential.read(head) else {
            return
        }
        policies.credential = proofs.key(of: credential)
    }

    /// Whether there are credentials that can be read, and that the upstream has not just refused.
    private func judgeCaller(_ match: ContractMatch, now: Moment) -> Reason? {
        guard let proofs = worker.gate.proofs, !match.isOpen else { return nil }
        let reason: Reason
        switch readCredential(proofs) {
        case .known(let user, let key):
            policies.user = user
            policies.credential = key
            guard proofs.isRefused(key, now: now) else {
                letAuthorIn()
                return nil
            }
            reason = .identityRefused
        case .unreadable(let problem): reason = problem
        }
        policies.decided(.identity, policies.contractMode, .refused, reason)
        return policies.contractMode == .enforce ? reason : nil
    }

    private enum CredentialReading {
        case known(user: String, CredentialKey)
        case unreadable(Reason)
    }

    /// Most clients send the same credentials with every request of a connection: those of the last one are known again
    /// by a keyed hash of the whole field, which costs a fraction of decoding it and of its HMAC.
    private func readCredential(_ proofs: Proofs) -> CredentialReading {
        var hasher = Hasher()
        for line in head.fields.lines where line.field == .authorization {
            head.fields.bytes.withUnsafeBytes { bytes in
                guard line.value.upperBound <= bytes.count else { return }
                hasher.combine(bytes: UnsafeRawBufferPointer(rebasing: bytes[line.value.range]))
            }
            hasher.combine(line.value.length)
        }
        let digest = hasher.finalize()
        if let last = lastCredential, last.digest == digest { return .known(user: last.user, last.key) }
        switch BasicCredential.read(head) {
        case .absent: return .unreadable(.identityMissing)
        case .malformed: return .unreadable(.identityMalformed)
        case .credential(let credential):
            let last = LastCredential(digest: digest, user: credential.userName, key: proofs.key(of: credential))
            lastCredential = last
            return .known(user: last.user, last.key)
        }
    }

    /// Somebody came by whose records wait to be written.
    private func letAuthorIn() {
        guard let desk = worker.gate.outbox, desk.expects(policies.user) else { return }
        desk.visited(name: policies.user, credential: authorization)
    }

    /// Value of Authorization.
    var authorization: [UInt8] {
        head.fields.first(.authorization).map { Array(head.fields.bytes[$0.value.range]) } ?? []
    }

    /// What has to be judged as a whole is held in memory.
    private func judgeRoom(_ plan: RoutePlan, _ match: ContractMatch) -> Reason? {
        policies.recordsAnswer = plan.recordsAnswer && worker.gate.outbox != nil
        let judgesContent: Bool
        switch match.content {
        case .json: judgesContent = true
        case .none: judgesContent = head.framing.hasContent && policies.contractMode == .enforce
        case .opaque: judgesContent = false
        }
        policies.needsPreparation = judgesContent || policies.ownershipMode != .off || policies.recordsAnswer
        guard policies.needsPreparation, worker.keptBytes >= snapshot.heldShare else { return nil }
        return .admissionMemory
    }

    // MARK: the whole request

    func judgeWhole(now: Moment) {
        guard let match = policies.match, let rule = snapshot.contract else { return prepareKeyed(now: now) }
        switch match.content {
        case .opaque: identifyCaller(now: now)
        case .none:
            if head.framing.hasContent, policies.contractMode == .enforce {
                policies.decided(.contract, .enforce, .allowed, .contractContentDropped)
                policies.canonical?.content = .none
                content.clear()
                countContent()
            }
            identifyCaller(now: now)
        case .json:
            let bytes = Array(content.readableBytesView)
            guard bytes.count > Self.inlineLimit else {
                return judged(rule.judge(content: bytes, of: match), now: now)
            }
            let number = exchangeNumber
            let bound = NIOLoopBound(self, eventLoop: worker.loop)
            let loop = worker.loop
            worker.gate.background.submit {
                let verdict = rule.judge(content: bytes, of: match)
                loop.execute {
                    guard bound.value.isPreparing(number) else { return }
                    bound.value.judged(verdict, now: bound.value.worker.now)
                }
            }
        }
    }

    /// The exchange that asked is still the one under way, and still wants to know.
    func isPreparing(_ number: Int) -> Bool { number == exchangeNumber && machine.isPreparing }

    private func judged(_ verdict: ContractContentVerdict, now: Moment) {
        switch verdict {
        case .nothingToRead: break
        case .passes(let document, let undeclared):
            policies.document = document
            policies.undeclared = undeclared
        case .refused(let refusal):
            policies.decided(.contract, policies.contractMode, .refused, refusal.reason)
            if policies.contractMode == .enforce {
                policies.problems = refusal.problems
                return run(machine.refusePrepared(refusal.reason, now: now), now: now)
            }
        }
        identifyCaller(now: now)
    }

    // MARK: who is calling

    private func identifyCaller(now: Moment) {
        let asks =
            policies.ownershipMode != .off && snapshot.ownership.needs(policies.touch).contains(.principal)
        guard asks || policies.recordsAnswer else { return decideOwnership(.unknown, now: now) }
        if let key = policies.credential, let principal = worker.gate.proofs?.principal(of: key, now: now) {
            return identified(.known(principal))
        }
        let number = exchangeNumber
        var parent: [UInt8] = []
        id.append(to: &parent, head: head)
        let question = IdentityQuestion(
            authorization: authorization, key: policies.credential, host: host, client: client, parent: parent)
        policies.waiter = worker.identify(question, for: .write) { [self] outcome in
            guard isPreparing(number) else { return }
            identified(outcome)
        }
    }

    /// Value of Host for questions: the links in the answers, which are passed on, begin with it.
    private var host: [UInt8] {
        head.fields.first(.host).map { Array(head.fields.bytes[$0.value.range]) } ?? Array("stent".utf8)
    }

    private func identified(_ outcome: ProofTable.Outcome) {
        let now = worker.now
        policies.waiter = nil
        let reason: Reason
        switch outcome {
        case .known(let principal):
            policies.principal = principal
            return findOwner(now: now)
        case .refused: reason = .identityRefused
        case .unavailable: reason = .identityUnavailable
        }
        let mode: PolicyMode = policies.recordsAnswer ? .enforce : policies.ownershipMode
        policies.decided(.identity, mode, .refused, reason)
        guard mode == .enforce else { return rewrite(nil, now: now) }
        run(machine.refusePrepared(reason, now: now), now: now)
    }

    // MARK: whose record it is

    private func findOwner(now: Moment) {
        let needs = snapshot.ownership.needs(
            policies.touch, principal: policies.principal, content: policies.document)
        guard policies.ownershipMode != .off, needs.contains(.owner), let ledger = worker.gate.ledger,
            let record = snapshot.ownership.record(of: policies.touch)
        else { return decideOwnership(.unknown, now: now) }
        if let owner = ledger.remembered(record) { return decideOwnership(.known(owner), now: now) }
        let number = exchangeNumber
        let bound = NIOLoopBound(self, eventLoop: worker.loop)
        let loop = worker.loop
        ledger.find(record) { owner in
            loop.execute {
                guard bound.value.isPreparing(number) else { return }
                bound.value.found(owner)
            }
        }
    }

    private func found(_ owner: String?) {
        guard let owner else { return askOwner() }
        decideOwnership(.known(owner), now: worker.now)
    }

    /// The upstream is asked for the record, with the caller's own credentials.
    private func askOwner() {
        guard let match = policies.match else { return decideOwnership(.unknown, now: worker.now) }
        let number = exchangeNumber
        let asked = worker.now
        var parent: [UInt8] = []
        id.append(to: &parent, head: head)
        let request = OwnExchange.Request(
            target: Array(match.target.prefix { $0 != 0x3F }), authorization: authorization, host: host,
            purpose: .ownership, parent: parent, client: client)
        OwnExchange.make(request, on: worker) { [self] answer in
            guard isPreparing(number) else { return }
            learned(answer, asked: asked)
        }
    }

    private func learned(_ answer: OwnExchange.Answer, asked: Moment) {
        let now = worker.now
        if answer.status == 401 {
            if let key = policies.credential {
                worker.gate.proofs?.observed(key, status: answer.status, began: asked, now: now)
            }
            return identified(.refused)
        }
        let owner = snapshot.ownership.owner(
            of: policies.touch, status: answer.status, content: try? JSONDocument(answer.content))
        guard owner == .absent, policies.ownershipMode == .enforce else { return decideOwnership(owner, now: now) }
        // What the upstream says of a record that is not there is its answer to changing it, too. Sent on, the change
        // could meet a record that somebody makes in this moment.
        policies.decided(.ownership, .enforce, .refused, .ownershipNoSuchRecord)
        relayed = answer
        run(machine.relay(status: answer.status, reason: .ownershipNoSuchRecord, now: now), now: now)
    }

    // MARK: the decision

    private func decideOwnership(_ owner: Owner, now: Moment) {
        guard policies.ownershipMode != .off else { return rewrite(nil, now: now) }
        if case .known(let id) = owner { policies.owner = id }
        let decision = snapshot.ownership.decide(
            policies.touch, principal: policies.principal, owner: owner,
            content: policies.document
        ) {
            override(now: now)
        }
        switch decision.ruling {
        case .allow:
            if let reason = decision.reason {
                policies.decided(.ownership, policies.ownershipMode, .allowed, reason)
            }
            guard policies.ownershipMode == .enforce else { return rewrite(nil, now: now) }
            let doubts = snapshot.ownership.doubts(of: policies.touch, decision, owner: owner)
            if !doubts.isEmpty { worker.gate.ledger?.learn(doubts) }
            rewrite(decision.edit, now: now)
        case .refuse:
            let reason = decision.reason ?? .ownershipNotOwner
            policies.decided(.ownership, policies.ownershipMode, .refused, reason)
            guard policies.ownershipMode == .enforce else { return rewrite(nil, now: now) }
            run(machine.refusePrepared(reason, now: now), now: now)
        }
    }

    /// Whether the caller gives a reason for overriding an owner, and may.
    private func override(now: Moment) -> BreakGlass.Verdict {
        guard let name = snapshot.breakGlassField, let principal = policies.principal else { return .notNamed }
        var text: ArraySlice<UInt8>?
        for line in head.fields.lines where line.field == .other && head.fields.isNamed(line, name) {
            guard text == nil else { return .tooShort }  // two reasons are none
            text = head.fields.bytes[line.value.range]
        }
        guard let text else { return .notNamed }
        let verdict = worker.gate.breakGlass(caller: principal.id, reason: text, now: now)
        switch verdict {
        case .opened:
            policies.override = String(decoding: text, as: UTF8.self)
            worker.gate.tellOverride(caller: principal.id, reason: policies.override)
        case .open: policies.override = String(decoding: text, as: UTF8.self)
        case .tooShort, .expired, .notNamed: break
        }
        return verdict
    }

    /// What was decided on is what goes upstream.
    private func rewrite(_ edit: OwnershipDecision.Edit?, now: Moment) {
        if policies.contractMode == .enforce, let document = policies.document {
            // A document that stood in a wrapper is shorter than what came.
            let isWritten =
                document.bytes.count == content.readableBytes
                && policies.undeclared.isEmpty
                && document.isWritten(setting: edit?.name, edit?.json)
            if !isWritten {
                var bytes: [UInt8] = []
                document.write(
                    to: &bytes, dropping: policies.undeclared, setting: edit.map { [($0.name, $0.json)] } ?? [])
                content = ByteBuffer(bytes: bytes)
                countContent()
            }
            let type = policies.match?.contentType ?? []
            policies.canonical?.content = .replaced(type: type, length: content.readableBytes)
        }
        prepareKeyed(now: now)
    }
}
