import NIOCore
import StentAudit
import StentExchange
import StentModel
import StentPolicy

/// Idempotency-Key: its meaning for this request, and the answer that is kept for the next one.
extension ExchangeDriver {
    /// - Returns: a reason to refuse the request.
    func readIdempotencyKey(_ plan: RoutePlan) -> Reason? {
        guard let idempotency = worker.gate.idempotency, !head.method.isSafe else { return nil }
        let lines = head.fields.lines.filter { $0.field == .idempotencyKey }
        guard !lines.isEmpty else { return nil }
        switch IdempotencyKey.read(lines.map { head.fields.bytes[$0.value.range] }) {
        case .absent: return nil
        case .malformed: return .idempotencyMalformedKey
        case .key(let key):
            let credentials = head.fields.first(.authorization).map { Array(head.fields.bytes[$0.value.range]) } ?? []
            var route: [UInt8] = methodBytes
            route.append(0x20)
            route.append(contentsOf: plan.name.utf8)
            scope = idempotency.digest.scope(caller: credentials, route: route, key: Array(key.text.utf8))
            return nil
        }
    }

    func fingerprint(_ digest: any IdempotencyDigest) -> [UInt8] {
        let type = head.fields.first(.contentType).map { head.fields.bytes[$0.value.range] }
        var bytes: [UInt8] = []
        RequestFingerprint.append(
            method: methodBytes, target: head.fields.bytes[head.pathAndQuery.range], contentType: type,
            content: content.readableBytesView, to: &bytes)
        return digest.fingerprint(method: methodBytes, target: [], content: bytes)
    }

    private var methodBytes: [UInt8] {
        var bytes: [UInt8] = []
        if let text = head.method.text {
            bytes.append(text)
        } else {
            bytes.append(contentsOf: head.fields.bytes[head.methodText.range])
        }
        return bytes
    }

    /// Sends an answer, kept first where a key was given with the request.
    func settle(_ answer: WholeAnswer, now: Moment) {
        guard ownsScope, let scope, let idempotency = worker.gate.idempotency, answer.status < 500 else {
            return send(answer, now: now)
        }
        ownsScope = false
        guard answer.content.readableBytes <= snapshot.keptAnswerLimit else {
            idempotency.store.abandon(scope, .unknown, now: worker.wallTime(at: now))
            return send(answer, now: now)
        }
        let number = exchangeNumber
        let bound = NIOLoopBound(self, eventLoop: worker.loop)
        let loop = worker.loop
        let kept = KeptAnswer(
            status: answer.status, fields: answer.fields, content: Array(answer.content.readableBytesView))
        idempotency.store.complete(scope, kept, now: worker.wallTime(at: now)) { _ in
            // Not kept is not undone: the client is told what happened, and the store knows the key as one of unknown end.
            loop.execute { bound.value.keptAnswer(answer, number) }
        }
    }

    private func keptAnswer(_ answer: WholeAnswer, _ number: Int) {
        guard number == exchangeNumber, machine.isActive else { return }
        let now = worker.now
        send(answer, now: now)
        stream?.deadlineChanged()
    }

    /// Keeps the answer to a client that is gone: it will come back with its key.
    func keepUndelivered(_ answer: ResponseHead, now: Moment) {
        guard let scope, let idempotency = worker.gate.idempotency,
            held.readableBytes <= snapshot.keptAnswerLimit
        else { return }
        ownsScope = false
        learnCreated(answer.status, held, now: now)
        let kept = KeptAnswer(
            status: answer.status, fields: passedFields(of: answer, now: now), content: Array(held.readableBytesView))
        idempotency.store.complete(scope, kept, now: worker.wallTime(at: now)) { _ in }
    }

    /// The exchange is over without an answer that could be kept.
    func leaveScope(_ outcome: WriteOutcome?, now: Moment) {
        guard ownsScope, let scope else { return }
        ownsScope = false
        switch outcome {
        case .notSent, .rejected, .none:
            worker.gate.idempotency?.store.abandon(scope, .notDone, now: worker.wallTime(at: now))
        case .committed where isRepeatablePost, .unknown where isRepeatablePost:
            worker.gate.idempotency?.store.abandon(scope, .notDone, now: worker.wallTime(at: now))
        case .committed, .unknown:
            worker.gate.idempotency?.store.abandon(scope, .unknown, now: worker.wallTime(at: now))
        }
    }
}
