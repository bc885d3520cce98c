import NIOCore
import StentExchange
import StentModel
import StentPolicy

/// A final answer that is held whole, without the fields that every answer gets.
struct WholeAnswer {
    var status: Int
    /// Field lines, each with its CR LF.
    var fields: [UInt8]
    var content: ByteBuffer
    var framing: OutgoingHead.Content
}

/// Answers that are not passed on as they come: known by other means, or kept for the next request with the same key.
extension ExchangeDriver {
    func conclude(_ conclusion: ExchangeMachine.Conclusion, now: Moment) {
        var fields = worker.dateLine(now: now)
        switch conclusion {
        case .stored:
            guard let answer = cache?.answer else { return }
            send(answer, now: now)
        case .found:
            guard let found else { return }
            forgetIdentities(now: now)
            invalidateStored(after: .committed, now: now)
            leaveTurn(claimed: found.id, now: now)
            fields.append("Content-Type: application/json; charset=utf-8\r\nLocation: ")
            appendCollection(to: &fields)
            fields.append(0x2F)
            fields.append(contentsOf: found.id.utf8.filter { (0x21...0x7E).contains($0) })
            fields.append("\r\n")
            let content = ByteBuffer(bytes: found.record)
            settle(
                WholeAnswer(
                    status: 201, fields: fields, content: content, framing: .length(content.readableBytes)), now: now)
        case .deleted:
            forgetIdentities(now: now)
            invalidateStored(after: .committed, now: now)
            settle(WholeAnswer(status: 204, fields: fields, content: ByteBuffer(), framing: .none), now: now)
        case .relayed:
            guard let relayed else { return }
            let content = ByteBuffer(bytes: relayed.content)
            settle(
                WholeAnswer(
                    status: relayed.status, fields: relayed.fields, content: content,
                    framing: .length(content.readableBytes)), now: now)
        case .replayed:
            guard let kept else { return }
            fields = kept.fields
            fields.append("Idempotent-Replayed: true\r\n")
            let hasContent = kept.status != 204 && kept.status != 304
            send(
                WholeAnswer(
                    status: kept.status, fields: fields, content: ByteBuffer(bytes: kept.content),
                    framing: hasContent ? .length(kept.content.count) : .none), now: now)
        }
    }

    /// The path that the record was posted to, in its canonical spelling.
    private func appendCollection(to output: inout [UInt8]) {
        var path = head.fields.bytes[head.path.range]
        if path.last == 0x2F { path.removeLast() }
        if path.suffix(5).elementsEqual(".json".utf8) { path.removeLast(5) }
        output.append(contentsOf: path)
    }

    /// Delivers the held answer once it is kept.
    func deliverKept(_ answer: ResponseHead, now: Moment) {
        let fields = passedFields(of: answer, now: now)
        let content = held
        held = ByteBuffer()
        let framing: OutgoingHead.Content = answerIsHeadOnly ? headOnly(answer) : .length(content.readableBytes)
        releaseConnection()
        settle(WholeAnswer(status: answer.status, fields: fields, content: content, framing: framing), now: now)
    }

    /// The field lines of the upstream's answer that pass, with a date.
    func passedFields(of answer: ResponseHead, now: Moment) -> [UInt8] {
        var fields: [UInt8] = []
        ResponseForwarding().append(answer, to: &fields)
        if answer.fields.first(.date) == nil { fields.append(contentsOf: worker.dateLine(now: now)) }
        return fields
    }

    func send(_ answer: WholeAnswer, now: Moment) {
        guard let stream else { return settleDelivery(now: now) }
        scratch.removeAll(keepingCapacity: true)
        scratch.append(contentsOf: answer.fields)
        appendOwnFields(status: answer.status, now: now)
        stream.send(head: OutgoingHead(status: answer.status, fields: scratch, content: answer.framing))
        if answer.content.readableBytes > 0 {
            bytesOut += answer.content.readableBytes
            stream.send(content: answer.content)
        }
        stream.end()
        settleDelivery(now: now)
    }
}
