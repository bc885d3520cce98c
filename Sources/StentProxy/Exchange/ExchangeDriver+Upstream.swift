import NIOCore
import StentExchange
import StentModel
import StentPolicy

extension ExchangeDriver: UpstreamPool.Borrower, UpstreamConnection.Exchange {
    func lent(_ connection: UpstreamConnection, reused: Bool) {
        pending = nil
        guard let pool else { return connection.finish() }
        let now = worker.now
        self.connection = connection
        requestStart = now
        machine.connected(reused: reused, now: now)
        if machine.attemptKind == .verification { return ask(connection, pool, now: now) }
        scratch.removeAll(keepingCapacity: true)
        appendRequestHead(for: pool, to: &scratch)
        connection.begin(
            self, method: head.method, head: scratch, isChunked: head.framing == .chunked && !replacesContent)
        if content.readableBytes > 0 {
            connection.send(content: content)
            sent = content.readableBytes
            if !machine.keepsContent {
                content.clear()
                countContent()
                sent = 0
            }
        }
        if requestHasEnded {
            connection.sendEnd()
        } else if head.expectsContinue, machine.bytesIn == 0, machine.attempts == 1 {
            stream?.sendContinue()
        }
        flushUpload(connection, now: now)
        deadlineChanged()
    }

    /// Hands over what was sent, in one piece with what was read together with it.
    func flushUpload(_ connection: UpstreamConnection, now: Moment) {
        guard requestHasEnded || stream?.isInBatch != true else {
            awaitsFlush = true
            return
        }
        awaitsFlush = false
        connection.flush()
        guard !requestHasEnded else { return }
        machine.requestBlocked(!connection.isWritable, now: now)
        stream?.setReading(connection.isWritable)
    }

    /// What was decided on goes upstream in one piece, however it came.
    private var replacesContent: Bool {
        switch policies.canonical?.content {
        case .asReceived, nil: false
        case .none?, .replaced: true
        }
    }

    /// The client's head as it goes to this server.
    func appendRequestHead(for pool: UpstreamPool, to output: inout [UInt8]) {
        snapshot.forwarding.append(
            head, as: policies.canonical, condition: head.method == .get ? cache?.condition : nil, id: id,
            client: forwardedClient, authority: pool.authority, to: &output)
    }

    /// What the forwarding fields say of the client.
    var forwardedClient: RequestForwarding.Client {
        .init(
            address: origin.peer, isTLS: own?.refresh?.isTLS ?? (origin.listener == .https),
            isTrustedProxy: origin.isTrustedProxy)
    }

    /// Sends the verifying request instead of the client's.
    private func ask(_ connection: UpstreamConnection, _ pool: UpstreamPool, now: Moment) {
        guard let question = verificationHead() else {
            settleAttempt(.abandoned, now: now)
            return run(machine.examined(.unclear, now: now, jitter: worker.draw()), now: now)
        }
        scratch.removeAll(keepingCapacity: true)
        RequestForwarding().append(
            question, id: .minted(0, 0),
            client: .init(address: client, isTLS: origin.listener == .https, isTrustedProxy: false),
            authority: pool.authority, to: &scratch)
        connection.begin(self, method: .get, head: scratch, isChunked: false)
        connection.sendEnd()
        connection.flush()
        deadlineChanged()
    }

    func notLent(_ failure: UpstreamFailure) {
        pending = nil
        failed(failure)
    }

    private func failed(_ failure: UpstreamFailure) {
        let now = worker.now
        settleAttempt(Self.verdict(failure), now: now)
        run(machine.attemptFailed(failure, now: now, jitter: worker.draw(), budgetAllows: budgetAllows), now: now)
    }

    /// Retries of all exchanges together are within what the upstream can bear.
    var budgetAllows: Bool { !snapshot.isGoverned || worker.gate.admission.allowsRetry }

    /// A proxy passes on what comes before the answer (RFC 9110 §15.2); of further attempts it would be the same again.
    func interimHead(_ connection: UpstreamConnection) {
        guard machine.attemptKind == .request, machine.attempts <= 1, head.version != .http10, !isDetached else {
            return
        }
        var fields: [UInt8] = []
        ResponseForwarding().append(connection.head, to: &fields)
        stream?.send(interim: connection.head.status, fields: fields)
    }

    func answerHead(_ connection: UpstreamConnection) {
        let now = worker.now
        let head = connection.head
        answerStart = now
        endHedge(now: now)
        answerIsHeadOnly = head.framing == .none
        let action = machine.answerHead(
            status: head.status, declaredLength: head.framing.declaredLength,
            retryAfter: head.status >= 500 ? Self.retryAfter(head) : nil, now: now)
        invalidateStored(by: head)
        offerToCache(head, now: now)
        run(action, now: now)
    }

    func answerContent(_ content: ByteBuffer, _ connection: UpstreamConnection) {
        let now = worker.now
        let action = machine.answerContent(content.readableBytes, now: now, jitter: worker.draw())
        switch action {
        case .hold:
            if held.readableBytes == 0 { held = content } else { held.writeImmutableBuffer(content) }
        case .sendHead:
            held.writeImmutableBuffer(content)
            run(action, now: now)
        case .forward:
            forward(content)
        case .none:
            // The client is gone, but it may come back with the same key.
            if isDetached, ownsScope, held.readableBytes <= snapshot.keptAnswerLimit {
                held.writeImmutableBuffer(content)
            }
            if isDetached, cache?.lifetime != nil, held.readableBytes <= snapshot.largestStored {
                held.writeImmutableBuffer(content)
            }
        case .prepare, .admit, .hedge, .examine, .conclude, .attempt, .pause, .finishStream, .deliver, .answer, .abort,
            .cancel,
            .detach:
            run(action, now: now)
        }
    }

    func answerEnd(_ connection: UpstreamConnection) {
        let now = worker.now
        let isGood = connection.head.status < 500
        observe(connection.head, now: now)
        let time = answerStart.since(requestStart)
        settleAttempt(isGood ? .answered(time) : .failed, now: now)
        if isGood, isDetached, ownsScope, !policies.recordsAnswer { keepUndelivered(connection.head, now: now) }
        if isGood, isDetached, cache != nil { _ = cachedAnswer(for: connection.head, now: now) }
        if isGood, machine.attemptKind == .request {
            worker.routeTimes.answered(route: machine.plan.index, in: time)
        }
        if isAboutSomethingElse(connection.head, now: now) { return run(machine.askAgain(now: now), now: now) }
        run(machine.answerEnd(now: now, jitter: worker.draw(), budgetAllows: budgetAllows), now: now)
    }

    func answerFailed(_ failure: UpstreamFailure, _ connection: UpstreamConnection) { failed(failure) }

    func answerBatchEnd() {
        guard let stream, connection != nil, isStreaming else { return }
        stream.flush()
        pauseUpstreamWhereNeeded()
    }

    func upstreamWritabilityChanged(isWritable: Bool) {
        guard !requestHasEnded else { return }
        machine.requestBlocked(!isWritable, now: worker.now)
        stream?.setReading(isWritable)
    }

    func forward(_ content: ByteBuffer) {
        bytesOut += content.readableBytes
        copyForCache(content, now: worker.now)
        stream?.send(content: content)
        pauseUpstreamWhereNeeded()
    }

    func pauseUpstreamWhereNeeded() {
        guard let stream, let connection, !stream.isWritable else { return }
        connection.setReading(false)
    }

    /// Retry-After in seconds (RFC 9110 §10.2.3); a date is not read: it would need a clock that agrees with ours.
    static func retryAfter(_ head: borrowing ResponseHead) -> TimeSpan? {
        guard let text = head.fields.text(.retryAfter), let seconds = Int64(text), seconds >= 0 else { return nil }
        return .seconds(min(seconds, 86_400))
    }
}
