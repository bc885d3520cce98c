import FuzzOracle
import StentCodec
import StentModel

/// What we forward is what we read: a head re-written from its slots, and content in chunks of our own, decode to the same.
///
/// The input's first byte is the size of the chunks.
func fuzzForwarding(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let all = bytes(data, count)
    guard let size = all.first else { return 0 }
    let input = Array(all.dropFirst())
    forwardRequest(input)
    forwardResponse(input)
    forwardContent(input, chunkSize: Int(size) + 1)
    return 0
}

private func forwardRequest(_ input: [UInt8]) {
    var decoder = RequestDecoder(limits: limits)
    var head = RequestHead()
    guard let read = try? decoder.decode(input.span.bytes, into: &head), read <= input.count else { return }
    var output: [UInt8] = []
    append(head.methodText, of: head.fields, to: &output)
    output.append(" ")
    append(head.target, of: head.fields, to: &output)
    output.append(head.version == .http10 ? " HTTP/1.0\r\n" : " HTTP/1.1\r\n")
    appendLines(of: head.fields, to: &output)
    var again = RequestHead()
    do {
        let length = try decoder.decode(output.span.bytes, into: &again)
        expectEqual(length, output.count, "a forwarded request head is complete")
    } catch {
        finding("a forwarded request head is accepted", "\(error)")
    }
    expectEqual(again.method, head.method, "the method is forwarded")
    expectEqual(again.fields.text(again.target), head.fields.text(head.target), "the target is forwarded")
    expectEqual(
        again.fields.text(again.pathAndQuery), head.fields.text(head.pathAndQuery), "path and query are forwarded")
    expectEqual(fieldTexts(again.fields), fieldTexts(head.fields), "the fields are forwarded")
    expectEqual(again.fields.lines.map(\.field), head.fields.lines.map(\.field), "the fields are recognised again")
    expectEqual(again.fields.lines.allSatisfy(\.isCanonical), true, "what we write is canonical")
    expectEqual(again.framing, head.framing, "the framing is forwarded")
    expectEqual(again.keepsConnection, head.keepsConnection, "the connection is forwarded")
    expectEqual(again.nominatesFields, head.nominatesFields, "the nominations are forwarded")
    expectEqual(again.expectsContinue, head.expectsContinue, "the expectation is forwarded")
}

private func forwardResponse(_ input: [UInt8]) {
    var decoder = ResponseDecoder(limits: limits)
    var head = ResponseHead()
    guard let read = try? decoder.decode(input.span.bytes, toRequestMethod: .get, into: &head), read <= input.count
    else { return }
    var output: [UInt8] = []
    HeadEncoder.appendStatusLine(head.status, to: &output)
    appendLines(of: head.fields, to: &output)
    var again = ResponseHead()
    do {
        let length = try decoder.decode(output.span.bytes, toRequestMethod: .get, into: &again)
        expectEqual(length, output.count, "a forwarded response head is complete")
    } catch {
        // We answer in HTTP/1.1, where only the framing of an HTTP/1.0 head could mean something else; it doesn't.
        finding("a forwarded response head is accepted", "\(error)")
    }
    expectEqual(again.status, head.status, "the status is forwarded")
    expectEqual(fieldTexts(again.fields), fieldTexts(head.fields), "the fields are forwarded")
    expectEqual(again.framing, head.framing, "the framing is forwarded")
    expectEqual(again.fields.lines.allSatisfy(\.isCanonical), true, "what we write is canonical")
}

private func forwardContent(_ content: [UInt8], chunkSize: Int) {
    var output: [UInt8] = []
    var start = 0
    while start < content.count {
        let end = min(start + chunkSize, content.count)
        ChunkEncoder.appendHead(size: end - start, to: &output)
        output.append(copying: content.span.bytes.extracting(start..<end))
        ChunkEncoder.appendLineBreak(to: &output)
        start = end
    }
    ChunkEncoder.appendEnd(to: &output)
    let coded = output.count
    output.append("next")
    var decoder = BodyDecoder(framing: .chunked, side: .response)
    var read: [UInt8] = []
    var consumed = 0
    while !decoder.isComplete {
        do {
            let step = try decoder.decode(output.span.bytes.extracting(consumed..<output.count))
            guard step.consumed > 0 else { finding("forwarded chunks are complete") }
            for offset in step.content { read.append(output[consumed + offset]) }
            consumed += step.consumed
        } catch {
            finding("forwarded chunks are accepted", "\(error)")
        }
    }
    expectEqual(consumed, coded, "forwarded chunks end where they end")
    expectEqual(read, content, "the content is forwarded")
}

private func append(_ slot: Slot, of section: FieldSection, to output: inout [UInt8]) {
    output.append(copying: section.bytes.span.bytes.extracting(slot.range))
}

/// Canonical lines as they stand, the others anew, and the empty line.
private func appendLines(of section: FieldSection, to output: inout [UInt8]) {
    for line in section.lines {
        if line.isCanonical {
            output.append(copying: section.bytes.span.bytes.extracting(line.wholeLine))
        } else {
            append(line.name, of: section, to: &output)
            output.append(": ")
            append(line.value, of: section, to: &output)
            HeadEncoder.appendLineBreak(to: &output)
        }
    }
    HeadEncoder.appendLineBreak(to: &output)
}
