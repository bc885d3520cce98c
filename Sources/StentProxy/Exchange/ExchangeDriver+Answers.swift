import NIOCore
import StentExchange
import StentModel
import StentPolicy

extension ExchangeDriver {
    func sendHead(now: Moment) {
        guard let stream, let connection else { return }
        isStreaming = true
        let head = connection.head
        if policies.recordsAnswer, head.status == 200 { worker.gate.outbox?.countUnreadable() }  // too large to be held
        let content: OutgoingHead.Content =
            switch head.framing {
            case .none: headOnly(head)
            case .length(let count): .length(count)
            case .chunked, .untilClose: .unknown
            }
        stream.send(head: outgoing(head, content: content, now: now))
        if held.readableBytes > 0 {
            let part = held
            held = ByteBuffer()
            forward(part)
        }
    }

    func deliver(now: Moment) {
        guard let stream, let connection else { return }
        let head = connection.head
        learnCreated(head.status, held, now: now)
        if recordAnswer(head, now: now) { return }
        if cache != nil, let whole = cachedAnswer(for: head, now: now) {
            held = ByteBuffer()
            releaseConnection()
            return send(whole, now: now)
        }
        if ownsScope { return deliverKept(head, now: now) }
        let content: OutgoingHead.Content = answerIsHeadOnly ? headOnly(head) : .length(held.readableBytes)
        stream.send(head: outgoing(head, content: content, now: now))
        let part = held
        held = ByteBuffer()
        releaseConnection()
        if !answerIsHeadOnly {
            bytesOut += part.readableBytes
            stream.send(content: part)
        }
        stream.end()
        settleDelivery(now: now)
    }

    func answer(_ reason: Reason, now: Moment) {
        if let whole = answerInstead(of: reason, now: now) { return send(whole, now: now) }
        if !head.method.isSafe, headIsReadable {
            invalidateStored(after: machine.outcomeField(status: 500), now: now)
        }
        guard let stream else { return settleDelivery(now: now) }
        let (status, title) = reason.answer ?? (500, "Internal Server Error")
        var text: [UInt8] = []
        id.append(to: &text, head: head)
        var body: [UInt8] = []
        ProblemDocument.append(
            reason, status: status, title: title, instance: text,
            problems: policies.problems.map { ($0.pointer, $0.sentence) }, to: &body)
        scratch.removeAll(keepingCapacity: true)
        scratch.append(contentsOf: worker.dateLine(now: now))
        scratch.append(ProblemDocument.contentType)
        scratch.append("Cache-Control: no-store\r\n")
        if status == 429 || status == 503 {
            scratch.append("Retry-After: ")
            scratch.append(decimal: secondsUntilRetry(now: now))
            scratch.append("\r\n")
        }
        if reason == .listenerRedirect { appendRedirect() }
        if status == 405 { appendAllow() }
        if status == 401 { appendChallenge() }
        if reason == .contractContentCoding { scratch.append("Accept-Encoding: identity\r\n") }
        appendOwnFields(status: status, now: now)
        let isHead = headIsReadable && head.method == .head
        stream.send(
            head: OutgoingHead(
                status: status, fields: scratch, content: isHead ? .announced(body.count) : .length(body.count),
                closes: mustClose(after: reason)))
        if !isHead {
            bytesOut += body.count
            stream.send(content: ByteBuffer(bytes: body))
        }
        stream.end()
        settleDelivery(now: now)
    }

    /// For Retry-After (RFC 9110 §10.2.3), at least 1: when it is worth coming again, as far as anybody can tell.
    func secondsUntilRetry(now: Moment) -> Int {
        let span = retryAfter ?? (snapshot.isGoverned ? worker.gate.admission.retryAfter(now: now) : .seconds(1))
        return Int(max(1, (span.nanoseconds + 999_999_999) / 1_000_000_000))
    }

    /// What follows a CONNECT is not HTTP. (Where a request's own end is in doubt, the stream closes by itself.)
    func mustClose(after reason: Reason) -> Bool {
        headIsReadable && head.method == .connect || reason == .exchangeShutdown
    }

    private func appendAllow() {
        guard !policies.allowed.isEmpty else {
            return scratch.append("Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n")
        }
        scratch.append("Allow: ")
        for (index, method) in policies.allowed.enumerated() {
            if index > 0 { scratch.append(", ") }
            if let text = method.text { scratch.append(text) }
        }
        scratch.append("\r\n")
    }

    /// RFC 7235 §3.1: a 401 says what is asked for.
    private func appendChallenge() {
        guard let realm = snapshot.settings.identity?.realm else { return }
        scratch.append("WWW-Authenticate: Basic realm=\"")
        scratch.append(contentsOf: realm.utf8.filter { $0 >= 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x5C })
        scratch.append("\"\r\n")
    }

    func appendRedirect() {
        scratch.append("Location: https://")
        if let host = head.fields.first(.host) {
            var slot = host.value
            let bytes = head.fields.bytes
            if let colon = bytes[slot.range].lastIndex(of: 0x3A), !bytes[colon..<slot.upperBound].contains(0x5D) {
                slot.length = UInt32(colon - slot.lowerBound)
            }
            scratch.append(contentsOf: bytes[slot.range])
        }
        if snapshot.httpsPort != 443 {
            scratch.append(":")
            scratch.append(decimal: snapshot.httpsPort)
        }
        let target = head.pathAndQuery
        if target.isEmpty || head.fields.bytes[target.lowerBound] != 0x2F { scratch.append("/") }
        if head.fields.bytes[target.range].first != 0x2A {
            scratch.append(contentsOf: head.fields.bytes[target.range])
        }
        scratch.append("\r\n")
    }

    func headOnly(_ answer: ResponseHead) -> OutgoingHead.Content {
        guard answer.status != 204, let text = answer.fields.text(.contentLength), let length = Int(text) else {
            return .none
        }
        return head.method == .head || answer.status == 304 ? .announced(length) : .length(0)
    }

    func outgoing(_ answer: ResponseHead, content: OutgoingHead.Content, now: Moment) -> OutgoingHead {
        scratch.removeAll(keepingCapacity: true)
        ResponseForwarding().append(answer, to: &scratch)
        if answer.fields.first(.date) == nil { scratch.append(contentsOf: worker.dateLine(now: now)) }
        appendOwnFields(status: answer.status, now: now)
        return OutgoingHead(status: answer.status, fields: scratch, content: content)
    }

    /// The fields that every answer carries.
    func appendOwnFields(status: Int, now: Moment) {
        ownFieldsStart = scratch.count
        scratch.append("X-Request-Id: ")
        id.append(to: &scratch, head: head)
        scratch.append("\r\nServer-Timing: tries;desc=")
        scratch.append(decimal: machine.attempts)
        scratch.append(", queue;dur=")
        appendMilliseconds(machine.queued)
        scratch.append(", upstream;dur=")
        appendMilliseconds(machine.attempts > 0 ? now.since(attemptStart) : .zero)
        if machine.attemptRecords.count > 1 { appendTries() }
        scratch.append("\r\n")
        if let cache, cache.use != nil {
            scratch.append("Cache-Status: ")
            cache.status.append(to: &scratch)
            scratch.append("\r\n")
        }
        if let outcome = machine.outcomeField(status: status) {
            scratch.append("Stent-Outcome: ")
            scratch.append(contentsOf: outcome.rawValue.utf8)
            scratch.append("\r\n")
        }
        if origin.listener == .https { scratch.append(contentsOf: snapshot.hsts) }
    }

    /// Each try and the pause before it, where there was more than one.
    func appendTries() {
        for (index, attempt) in machine.attemptRecords.prefix(Self.triesShown).enumerated() {
            if attempt.pause > .zero {
                scratch.append(", pause-")
                scratch.append(decimal: index + 1)
                scratch.append(";dur=")
                appendMilliseconds(attempt.pause)
            }
            scratch.append(attempt.isVerification ? ", verify-" : attempt.isProbe ? ", probe-" : ", try-")
            scratch.append(decimal: index + 1)
            scratch.append(";dur=")
            appendMilliseconds(attempt.duration)
            if let failure = attempt.failure {
                scratch.append(";desc=\"")
                scratch.append(contentsOf: failure.rawValue.utf8)
                scratch.append("\"")
            }
        }
    }

    func appendMilliseconds(_ span: TimeSpan) {
        let tenths = Int(span.nanoseconds / 100_000)
        scratch.append(decimal: tenths / 10)
        scratch.append(".")
        scratch.append(decimal: tenths % 10)
    }

    /// The record is made once the transport has taken the answer, or as good as.
    func settleDelivery(now: Moment) {
        guard let stream else {
            machine.delivered(now: now)
            return finish()
        }
        if worker.audit.awaitsDurability { return settleDurably(now: now) }
        stream.flush()
        guard machine.isActive else { return }  // the flush found the client gone
        if stream.isWritable {
            machine.delivered(now: now)
            finish()
        } else {
            awaitsDelivery = true
        }
    }

    /// The record is on the disk before the client has all of the answer (`audit.durability: every`). Of one that streams the
    /// first part has gone by then.
    private func settleDurably(now: Moment) {
        machine.delivered(now: now)
        letOutboxGoOn()
        record()
        let waiter = LoopWaiter<AuditCommit> { [self] _ in
            self.stream?.flush()
            guard let stream = self.stream else { return }  // the flush may have found the client gone
            // As without the wait: the next request begins once the client has taken the answer, or as good as.
            if stream.isWritable { stream.exchangeFinished() } else { awaitsDelivery = true }
        }
        let bound = NIOLoopBound(waiter, eventLoop: worker.loop)
        worker.audit.whenDurable { commit in bound.eventLoop.execute { bound.value.tell(commit) } }
        worker.audit.flush()
    }
}
