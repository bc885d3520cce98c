import NIOCore
import StentExchange
import StentModel
import StentPolicy

/// What has to be known before a request is sent: whether it was answered before, and whether another like it is under way.
extension ExchangeDriver {
    /// The whole request is there.
    func prepare(now: Moment) {
        if policies.needsPreparation { return judgeWhole(now: now) }
        cache == nil ? prepareKeyed(now: now) : lookUp(now: now)
    }

    /// The policies agree.
    func prepareKeyed(now: Moment) {
        guard let scope, let idempotency = worker.gate.idempotency else {
            return takeTurn(firstTry: own?.earlier?.first, now: now)
        }
        let number = exchangeNumber
        let bound = NIOLoopBound(self, eventLoop: worker.loop)
        let loop = worker.loop
        idempotency.store.begin(scope, fingerprint: fingerprint(idempotency.digest), now: worker.wallTime(at: now)) {
            begin in
            loop.execute { bound.value.begun(begin, scope, number) }
        }
    }

    private func begun(_ begin: IdempotencyBegin, _ scope: IdempotencyScope, _ number: Int) {
        let now = worker.now
        guard number == exchangeNumber, self.scope == scope, machine.isActive else {
            // It ended meanwhile, and nothing was sent.
            if begin == .first {
                worker.gate.idempotency?.store.abandon(scope, .notDone, now: worker.wallTime(at: now))
            }
            return
        }
        switch begin {
        case .first:
            ownsScope = true
            takeTurn(firstTry: nil, now: now)
        case .unknown(let firstTry): takeTurn(firstTry: firstTry, now: now)
        case .kept(let answer):
            kept = answer
            run(machine.replay(status: answer.status, now: now), now: now)
        case .inFlight: run(machine.refusePrepared(.idempotencyInFlight, now: now), now: now)
        case .reused: run(machine.refusePrepared(.idempotencyKeyReused, now: now), now: now)
        case .unavailable: run(machine.refusePrepared(.idempotencyUnavailable, now: now), now: now)
        }
    }

    /// - Parameter firstTry: of an earlier exchange with the same key, whose outcome nobody knows.
    private func takeTurn(firstTry: WallTime?, now: Moment) {
        guard let rule = snapshot.resendRules[machine.plan.index], head.method == .post, isJSON(head.fields),
            case .verifiable(let expectation) = rule.expectation(content: Array(content.readableBytesView))
        else {
            if firstTry != nil, !isRepeatablePost {
                return run(machine.refusePrepared(.idempotencyUnknownOutcome, now: now), now: now)
            }
            return run(machine.prepared(canVerify: false, now: now), now: now)
        }
        self.expectation = expectation
        earlierTry = firstTry
        switch worker.gate.creates.enter(expectation.key, driver: self, on: worker.loop, now: now) {
        case .go: haveTurn(now: now)
        case .wait(let id): turn = .waiting(id)
        }
    }

    /// It stores nothing: what became of an earlier one does not matter. (The second of two equal changes may be answered
    /// otherwise than the first was.)
    var isRepeatablePost: Bool { head.method == .post && machine.plan.retry.mayRepeat(.post) }

    /// The create that waited for another of equal content is next.
    func turnHasCome(_ id: CreateRegister.WaiterID) {
        guard case .waiting(id) = turn else {
            return worker.gate.creates.cancel(id, now: worker.now)  // given up while this was on its way
        }
        haveTurn(now: worker.now)
    }

    private func haveTurn(now: Moment) {
        turn = .mine
        let firstTry = earlierTry.map { earlier in
            Moment(nanoseconds: now.nanoseconds &- (worker.wallTime(at: now).nanoseconds &- earlier.nanoseconds))
        }
        run(
            machine.prepared(canVerify: true, firstTry: firstTry, settled: own?.earlier?.settled, now: now), now: now)
    }

    /// What the record is claimed under that this request creates: a request under the same scope may find it again.
    private var claimScope: IdempotencyScope? { scope ?? own?.earlier?.scope }

    /// The create's outcome is known, or will never be.
    func leaveTurn(claimed id: String?, now: Moment) {
        switch turn {
        case .none: break
        case .waiting(let id): worker.gate.creates.cancel(id, now: now)
        case .mine:
            if let expectation { worker.gate.creates.leave(expectation.key, claimed: id, scope: claimScope, now: now) }
        }
        turn = .none
    }

    /// Contents of other media types have no members that a record could be known by.
    private func isJSON(_ fields: borrowing FieldSection) -> Bool {
        guard let line = fields.first(.contentType) else { return false }
        return MediaType(fields.bytes[line.value.range])?.isJSON ?? false
    }

    // MARK: the question whether it took effect

    /// The GET that asks for the records, with the client's own credentials.
    func verificationHead() -> RequestHead? {
        guard let expectation else { return nil }
        var bytes: [UInt8] = []
        bytes.append("GET ")
        bytes.append(contentsOf: expectation.target)
        bytes.append(" HTTP/1.1\r\nAccept: application/json\r\n")
        for line in head.fields.lines where line.field == .host || line.field == .authorization {
            bytes.append(contentsOf: head.fields.bytes[line.name.range])
            bytes.append(": ")
            bytes.append(contentsOf: head.fields.bytes[line.value.range])
            bytes.append("\r\n")
        }
        bytes.append("\r\n")
        return snapshot.decode(bytes)
    }

    /// The answer to it is whole.
    func examine(now: Moment) {
        let answer = Array(held.readableBytesView)
        held = ByteBuffer()
        releaseConnection()
        var finding = ResendRule.Finding.unclear(.notAList)
        if let expectation, let rule = snapshot.resendRules[machine.plan.index], let first = machine.firstTry {
            finding = worker.gate.creates.examine(
                answer, by: rule, expectation, sent: worker.wallTime(at: first), scope: claimScope)
        }
        let result: ExchangeMachine.Finding
        switch finding {
        case .found(let id, let range, _):
            found = (id, Array(answer[range]))
            result = .found
        case .absent: result = .absent
        case .unclear: result = .unclear
        }
        run(machine.examined(result, now: now, jitter: worker.draw()), now: now)
    }

    /// A create was answered as it should be: its record is spoken for.
    func learnCreated(_ status: Int, _ content: ByteBuffer, now: Moment) {
        guard case .mine = turn else { return }
        var claimed: String?
        if status < 300, let rule = snapshot.resendRules[machine.plan.index],
            let record = rule.created(in: Array(content.readableBytesView))
        {
            claimed = record.id
            worker.gate.creates.learn(
                created: record.created, sent: worker.wallTime(at: attemptStart), received: worker.wallTime(at: now))
        }
        leaveTurn(claimed: claimed, now: now)
    }
}
