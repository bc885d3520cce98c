import NIOCore
import StentExchange
import StentModel
import StentPolicy

/// What answers teach, and the answers that are written down.
extension ExchangeDriver {
    /// Answers that are looked into on the event loop, in bytes; larger ones are looked into beside it.
    private static let observedLimit = 16_384

    /// An answer of the upstream is complete.
    func observe(_ answer: borrowing ResponseHead, now: Moment) {
        let isToRequest = machine.attemptKind == .request
        if isToRequest, answer.status < 400 { forgetIdentities(now: now) }
        // Whoever asks what became of a write learns as well whether the credentials still hold.
        if let key = policies.credential, isToRequest || answer.status == 401 {
            worker.gate.proofs?.observed(key, status: answer.status, began: attemptStart, now: now)
        }
        guard isToRequest else { return }
        guard let match = policies.match, !isStreaming, answer.status < 500 else { return }
        guard snapshot.reportsAnswers || worker.gate.ledger != nil, head.method != .head else { return }
        let observed = AnswerObserver.Answer(
            operation: "\(head.method.text.map { "\($0)" } ?? "") \(match.template)", status: answer.status,
            mediaType: answer.fields.first(.contentType).flatMap {
                MediaType(answer.fields.bytes[$0.value.range])
            },
            content: Array(held.readableBytesView))
        let observer = worker.gate.answers
        guard observed.content.count > Self.observedLimit else {
            switch observer.observe(observed, match, policies.touch, snapshot, worker.gate.ledger) {
            case .asAgreed: break
            case .differs: policies.decided(.contract, .report, .refused, .contractInvalidAnswer)
            }
            return
        }
        let (touch, snapshot, ledger) = (policies.touch, snapshot, worker.gate.ledger)
        worker.gate.background.submit { observer.observe(observed, match, touch, snapshot, ledger) }
    }

    /// Whoever is known may be somebody else now, where the request was to that effect and has, or may have, succeeded.
    func forgetIdentities(now: Moment) {
        guard policies.changesIdentity else { return }
        worker.gate.proofs?.forgetAll(now: now)
    }

    /// Puts a good answer into the outbox before the client gets it, where the route says so.
    ///
    /// - Returns: whether the answer is delivered later.
    func recordAnswer(_ answer: borrowing ResponseHead, now: Moment) -> Bool {
        guard policies.recordsAnswer, answer.status == 200, let desk = worker.gate.outbox,
            let (rule, target) = snapshot.recordRules[machine.plan.index], let match = policies.match,
            let author = policies.principal
        else { return false }
        var reference: [UInt8] = []
        worker.mintID(now: now).append(to: &reference, head: head)
        let time = worker.wallTime(at: now)
        let id = String(decoding: reference, as: UTF8.self)
        let content = Array(held.readableBytesView)
        let facts = RecordRule.Facts(
            parameters: match.parameters.map { ($0.name, $0.value) }, author: author, reference: String(id.suffix(12)),
            time: time)
        guard case .record(let record) = rule.record(of: content, facts) else {
            desk.countUnreadable()
            return false
        }
        var asked: [UInt8] = Array(author.id.utf8)
        asked.append(0)
        asked.append(contentsOf: self.content.readableBytesView)
        let job = OutboxJob(
            id: id, created: time, author: author, target: target, content: record,
            twin: desk.twin(target: match.target, request: asked, answer: content))
        let whole = WholeAnswer(
            status: answer.status, fields: passedFields(of: answer, now: now), content: held,
            framing: .length(held.readableBytes))
        held = ByteBuffer()
        releaseConnection()
        put(job, for: whole, desk, now: now)
        return true
    }

    private func put(_ job: OutboxJob, for answer: WholeAnswer, _ desk: OutboxDesk, now: Moment) {
        let number = exchangeNumber
        let bound = NIOLoopBound(self, eventLoop: worker.loop)
        let loop = worker.loop
        desk.put(job, credential: authorization) { id in loop.execute { bound.value.didPut(id, answer, number) } }
    }

    /// The screening is worth more than its note: the client gets its answer whatever became of that.
    private func didPut(_ id: OutboxJob.ID?, _ answer: WholeAnswer, _ number: Int) {
        guard number == exchangeNumber, machine.isActive else { return }
        policies.job = id
        settle(answer, now: worker.now)
        stream?.deadlineChanged()
    }
}
