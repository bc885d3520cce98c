import StentCodec
import StentModel

package let limits = HeadLimits(bytes: 1 << 20, fields: 10_000, target: 1 << 20)

/// Reads the pipelined requests of a connection with our decoders.
package func readRequests(_ input: [UInt8], _ delivery: Delivery?) -> Transcript {
    var delivery = delivery
    var transcript = Transcript()
    var decoder = RequestDecoder(limits: limits)
    var head = RequestHead()
    var body: BodyDecoder?
    var begin = 0
    var end = 0
    do throws(Reason) {
        while !transcript.isClosed {
            let rest = input.span.bytes.extracting(begin..<end)
            if var decoding = body {
                let step = try decoding.decode(rest)
                let last = transcript.messages.count - 1
                transcript.messages[last].body.append(contentsOf: input[begin..<end][from: step.content])
                let overhead = input[begin..<begin + step.consumed].dropFirst(step.content.upperBound)
                if step.isComplete, holdsFramingTrailer(overhead) {
                    transcript.comparable = min(transcript.comparable, last)
                }
                begin += step.consumed
                body = decoding
                if step.isComplete {
                    transcript.messages[last].isComplete = true
                    transcript.isClosed = !head.keepsConnection
                    body = nil
                } else if step.consumed == 0 {
                    guard end < input.count else { return transcript }
                    end = delivery?.next(after: end, of: input.count) ?? input.count
                }
            } else if let length = try decoder.decode(rest, into: &head) {
                begin += length
                // llhttp knows a closed list of methods, and leaves the protocol at a CONNECT or an upgrade.
                if head.method == .other || head.method == .connect || head.fields.first(.upgrade) != nil
                    || hasTab(in: head.fields, .contentLength, .transferEncoding)
                {
                    transcript.comparable = min(transcript.comparable, transcript.messages.count)
                }
                // To llhttp it is Connection by another name, which no standard says: it may end the connection early.
                if head.fields.first(.proxyConnection) != nil || hasTab(in: head.fields, .connection, .connection) {
                    transcript.comparable = min(transcript.comparable, transcript.messages.count + 1)
                }
                transcript.messages.append(
                    Message(
                        start: head.fields.text(head.methodText) + " " + head.fields.text(head.target),
                        version: "\(head.version)", fields: fieldTexts(head.fields)))
                body = BodyDecoder(framing: head.framing, side: .request)
            } else {
                guard end < input.count else { return transcript }
                end = delivery?.next(after: end, of: input.count) ?? input.count
            }
        }
    } catch {
        transcript.failure = error.rawValue
        dropPartialBody(&transcript)
    }
    return transcript
}

/// Reads the responses of a connection with our decoders, to the end of the connection.
package func readResponses(_ input: [UInt8], to method: Method, _ delivery: Delivery?) -> Transcript {
    var delivery = delivery
    var transcript = Transcript()
    var decoder = ResponseDecoder(limits: limits)
    var head = ResponseHead()
    var body: BodyDecoder?
    var begin = 0
    var end = 0
    do throws(Reason) {
        while !transcript.isClosed {
            let rest = input.span.bytes.extracting(begin..<end)
            if var decoding = body {
                let step = try decoding.decode(rest)
                let last = transcript.messages.count - 1
                transcript.messages[last].body.append(contentsOf: input[begin..<end][from: step.content])
                let overhead = input[begin..<begin + step.consumed].dropFirst(step.content.upperBound)
                if step.isComplete, holdsFramingTrailer(overhead) {
                    transcript.comparable = min(transcript.comparable, last)
                }
                begin += step.consumed
                body = decoding
                if step.isComplete {
                    transcript.messages[last].isComplete = true
                    transcript.isClosed = !head.keepsConnection
                    body = nil
                } else if step.consumed == 0 {
                    if end == input.count {
                        try decoding.endOfInput()
                        transcript.messages[last].isComplete = decoding.isComplete
                        return transcript
                    }
                    end = delivery?.next(after: end, of: input.count) ?? input.count
                }
            } else if let length = try decoder.decode(rest, toRequestMethod: method, into: &head) {
                begin += length
                // llhttp leaves the protocol at a 101 and never ends it.
                if head.status == 101 || hasTab(in: head.fields, .contentLength, .transferEncoding) {
                    transcript.comparable = min(transcript.comparable, transcript.messages.count)
                }
                if head.fields.first(.proxyConnection) != nil || hasTab(in: head.fields, .connection, .connection) {
                    transcript.comparable = min(transcript.comparable, transcript.messages.count + 1)
                }
                transcript.messages.append(
                    Message(
                        start: "\(head.status)", version: "\(head.version)",
                        fields: fieldTexts(head.fields)))
                transcript.isClosed = head.status == 101
                body = BodyDecoder(framing: head.framing, side: .response)
            } else {
                guard end < input.count else { return transcript }
                end = delivery?.next(after: end, of: input.count) ?? input.count
            }
        }
    } catch {
        transcript.failure = error.rawValue
        dropPartialBody(&transcript)
    }
    return transcript
}

/// llhttp takes no tab beside a length, a coding or a connection option, though it is optional white space
/// (RFC 9110 §5.6.3).
private func hasTab(in section: FieldSection, _ field: FieldName, _ other: FieldName) -> Bool {
    for line in section.lines where line.field == field || line.field == other {
        var end = line.value.lowerBound
        while section.bytes[end] != 0x0D {
            if section.bytes[end] == 0x09 { return true }
            end += 1
        }
    }
    return false
}

/// llhttp takes a trailer field for one of the head, and fails or changes its mind where it is about the framing or the
/// connection. We check the form of trailers and drop them, so that they mean nothing behind us.
///
/// - Parameter overhead: what stands behind the last content of a chunked body.
private func holdsFramingTrailer(_ overhead: ArraySlice<UInt8>) -> Bool {
    let text = String(decoding: overhead, as: UTF8.self).lowercased()
    return ["content-length", "transfer-encoding", "connection", "upgrade"].contains { text.contains($0) }
}

/// How much content was reported before a fault depends on the split; none of it counts.
private func dropPartialBody(_ transcript: inout Transcript) {
    if let last = transcript.messages.indices.last, !transcript.messages[last].isComplete {
        transcript.messages[last].body = []
    }
}

package func fieldTexts(_ section: FieldSection) -> [String] {
    section.lines.map { section.text($0.name) + ": " + section.text($0.value) }
}

extension ArraySlice<UInt8> {
    /// The bytes at these distances from the slice's start.
    fileprivate subscript(from range: Range<Int>) -> ArraySlice<UInt8> {
        self[startIndex + range.lowerBound..<startIndex + range.upperBound]
    }
}
