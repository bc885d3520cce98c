import StentModel

/// The audit line: one JSON object (RFC 8259) and a line feed, its keys always in the same order.
///
/// The line is appended straight to the worker's buffer, without a temporary string: it is written on the event loop for
/// every request. A line never holds a query, a body, a credential, or a field value beyond Host and User-Agent.
/// What later proves the trail (sequence, previous hash, hash) is added by the writer, before the closing brace.
package enum AuditLine {
    /// `v`: raised when a key changes its meaning or goes; new keys don't raise it.
    package static let schemaVersion = 2

    /// Bytes of a path that are written; of a longer one the whole length is given beside it.
    package static let pathLimit = 8 << 10
    /// Bytes of User-Agent that are written.
    package static let agentLimit = 200
    /// Bytes of Host that are written: the longest DNS name (RFC 1035 §2.3.4) and a port.
    package static let hostLimit = 261
    /// Bytes of a name or an id that are written.
    package static let nameLimit = 256
    /// Bytes of the reason for an override that are written.
    package static let overrideLimit = 1_000

    /// Appends the line of a finished exchange.
    ///
    /// - Parameters:
    ///   - head: the request's head; method, path, host and agent are taken from it where `record.headIsReadable`.
    ///   - output: whole lines; the new one goes to the end.
    package static func append(
        _ record: borrowing ExchangeRecord, head: borrowing RequestHead, to output: inout [UInt8]
    ) {
        output.append(addingCapacity: maximumLength(of: record, head: head)) { (line: inout OutputSpan<UInt8>) in
            write(record, head: head, to: &line)
        }
    }

    /// No line of this record is longer, in bytes.
    ///
    /// Every text may grow sixfold, where each of its bytes needs an escape.
    package static func maximumLength(of record: borrowing ExchangeRecord, head: borrowing RequestHead) -> Int {
        var length = 1_536 + record.attempts.count * 256 + record.route.utf8.count * 6
        if case .accepted(let slot) = record.id { length += Int(slot.length) * 6 }
        length += 6 * (min(record.user.utf8.count, nameLimit) + min(record.actor.utf8.count, nameLimit))
        length += 6 * (min(record.override.utf8.count, overrideLimit) + record.parent.count)
        length += record.decisions.count * 128
        if let resource = record.resource {
            length += 64 + 6 * resource.type.utf8.count
            length += 6 * min(resource.id?.utf8.count ?? 0, nameLimit)
            length += 6 * min(resource.owner?.utf8.count ?? 0, nameLimit)
        }
        if record.headIsReadable {
            length += 6 * (min(Int(head.pathAndQuery.length), pathLimit) + 2 * agentLimit + hostLimit)
        }
        return length
    }

    private static func write(
        _ record: borrowing ExchangeRecord, head: borrowing RequestHead, to output: inout OutputSpan<UInt8>
    ) {
        appendStart(time: record.startedAt, to: &output)
        output.append(#","phase":"outcome","event":"exchange","id":"#)
        append(record.id, head: head, to: &output)
        switch record.listener {
        case .http: output.append(#","listener":"http""#)
        case .https: output.append(#","listener":"https""#)
        case .own: output.append(#","listener":"own""#)
        }
        switch record.version {
        case .http10: output.append(#","protocol":"HTTP/1.0""#)
        case .http11: output.append(#","protocol":"HTTP/1.1""#)
        case .http2: output.append(#","protocol":"HTTP/2""#)
        }
        appendPurpose(of: record, to: &output)
        appendAddresses(of: record, to: &output)
        appendActor(of: record, to: &output)
        appendRequest(of: record, head: head, to: &output)
        appendPolicies(of: record, to: &output)
        appendAnswer(of: record, to: &output)
        appendTries(record.attempts, to: &output)
        output.append("]}\n")
    }

    /// The keys that every line begins with.
    package static func appendStart(time: WallTime, to output: inout OutputSpan<UInt8>) {
        output.append(#"{"v":"#)
        output.append(integer: schemaVersion)
        output.append(#","time":""#)
        Timestamp.append(time, to: &output)
        output.append(0x22)
    }

    private static func append(_ id: RequestID, head: borrowing RequestHead, to output: inout OutputSpan<UInt8>) {
        switch id {
        case .minted(let high, let low):
            output.append(0x22)
            output.append(uuid: high, low)
            output.append(0x22)
        case .accepted(let slot):
            // Well-formed by the rule that accepted it, but the line's form must not depend on that rule.
            JSONText.append(head.fields.bytes, slot, to: &output)
        }
    }

    private static func appendAddresses(of record: borrowing ExchangeRecord, to output: inout OutputSpan<UInt8>) {
        output.append(#","client":"#)
        append(record.client, to: &output)
        if record.peer != record.client {
            output.append(#","peer":"#)
            append(record.peer, to: &output)
        }
        output.append(#","peer_port":"#)
        output.append(integer: record.peerPort)
    }

    private static func append(_ address: PeerAddress, to output: inout OutputSpan<UInt8>) {
        switch address {
        case .v4(let value):
            output.append(0x22)
            output.append(v4: value)
            output.append(0x22)
        case .v6(let high, let low):
            output.append(0x22)
            output.append(v6: high, low)
            output.append(0x22)
        case .unknown: output.append("null")
        }
    }

    private static func appendRequest(
        of record: borrowing ExchangeRecord, head: borrowing RequestHead, to output: inout OutputSpan<UInt8>
    ) {
        guard record.headIsReadable else {
            output.append(#","method":null"#)
            appendRoute(of: record, to: &output)
            output.append(#","path":null"#)
            return
        }
        output.append(#","method":"#)
        if let method = head.method.text {
            output.append(0x22)
            output.append(method)
            output.append(0x22)
        } else {
            JSONText.append(head.fields.bytes, head.methodText, limit: agentLimit, to: &output)
        }
        let fields = RecordedFields(of: head.fields)
        if let host = fields.host {
            output.append(#","host":"#)
            JSONText.append(head.fields.bytes, withoutUserInformation(host, in: head), limit: hostLimit, to: &output)
        }
        appendRoute(of: record, to: &output)
        output.append(#","path":"#)
        let path = recordedPath(of: head)
        if path.isEmpty {
            output.append(#""/""#)  // an absolute-form target without a path (RFC 9110 §4.2.3)
        } else {
            JSONText.append(head.fields.bytes, path, limit: pathLimit, to: &output)
        }
        if Int(path.length) > pathLimit {
            output.append(#","path_bytes":"#)
            output.append(integer: Int(path.length))
        }
        if let agent = fields.agent {
            output.append(#","agent":"#)
            JSONText.append(head.fields.bytes, agent, limit: agentLimit, to: &output)
        }
    }

    private static func appendRoute(of record: borrowing ExchangeRecord, to output: inout OutputSpan<UInt8>) {
        if record.route.isEmpty {
            output.append(#","route":null"#)
        } else {
            output.append(#","route":"#)
            JSONText.append(record.route, to: &output)
        }
    }

    private static func appendAnswer(of record: borrowing ExchangeRecord, to output: inout OutputSpan<UInt8>) {
        appendStatus(record.status, to: &output)
        output.append(#","reason":""#)
        output.append(ascii: record.reason.rawValue)
        if let retry = record.retry {
            output.append(#"","retry":""#)
            output.append(ascii: retry.rawValue)
        }
        if let outcome = record.outcome {
            output.append(#"","outcome":""#)
            output.append(ascii: outcome.rawValue)
        }
        output.append(#"","bytes_in":"#)
        output.append(integer: record.bytesIn)
        output.append(#","bytes_out":"#)
        output.append(integer: record.bytesOut)
        output.append(#","duration_ms":"#)
        output.append(milliseconds: record.duration)
        output.append(#","queue_ms":"#)
        output.append(milliseconds: record.queued)
        output.append(#","backoff_ms":"#)
        output.append(milliseconds: record.paused)
    }

    private static func appendStatus(_ status: Int?, to output: inout OutputSpan<UInt8>) {
        output.append(#","status":"#)
        if let status, status != 0 {
            output.append(integer: status)
        } else {
            output.append("null")
        }
    }

    private static func appendTries(_ attempts: borrowing [AttemptRecord], to output: inout OutputSpan<UInt8>) {
        output.append(#","tries":["#)
        for index in attempts.indices {
            if index > 0 { output.append(0x2C) }
            output.append(#"{"start_ms":"#)
            output.append(milliseconds: attempts[index].start)
            output.append(#","duration_ms":"#)
            output.append(milliseconds: attempts[index].duration)
            appendStatus(attempts[index].status, to: &output)
            if let failure = attempts[index].failure {
                output.append(#","cause":""#)
                output.append(ascii: failure.rawValue)
                output.append(0x22)
            }
            if attempts[index].pause > .zero {
                output.append(#","pause_ms":"#)
                output.append(milliseconds: attempts[index].pause)
            }
            if attempts[index].isVerification { output.append(#","verifies":true"#) }
            if attempts[index].isHedge { output.append(#","hedge":true"#) }
            if attempts[index].isProbe { output.append(#","probe":true"#) }
            output.append(attempts[index].reusedConnection ? #","reused":true}"# : #","reused":false}"#)
        }
    }

    /// The path without query and without a fragment, which a refused target may hold (RFC 9112 §3.2).
    private static func recordedPath(of head: borrowing RequestHead) -> Slot {
        let span = head.fields.bytes.span
        let slot = head.pathAndQuery
        guard slot.upperBound <= span.count else { return .empty }
        for index in slot.range where span[index] == 0x3F || span[index] == 0x23 {
            return Slot(slot.lowerBound..<index)
        }
        return slot
    }

    /// The Host value behind a last `@`: no valid Host has one, but a refused one may hold a password before it.
    private static func withoutUserInformation(_ host: Slot, in head: borrowing RequestHead) -> Slot {
        let span = head.fields.bytes.span
        guard host.upperBound <= span.count else { return .empty }
        var start = host.lowerBound
        for index in host.range where span[index] == 0x40 { start = index + 1 }
        return Slot(start..<host.upperBound)
    }
}

/// The field values that a line holds, found in one pass.
private struct RecordedFields {
    var host: Slot?
    var agent: Slot?

    init(of section: borrowing FieldSection) {
        for index in section.lines.indices {
            switch section.lines[index].field {
            case .host where host == nil: host = section.lines[index].value
            case .userAgent where agent == nil: agent = section.lines[index].value
            default: continue
            }
        }
    }
}
