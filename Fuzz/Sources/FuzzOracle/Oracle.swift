import NIOCore
import NIOEmbedded
import NIOHTTP1

/// Reads the requests of a connection with SwiftNIO's decoder (llhttp).
public func oracleRequests(_ input: [UInt8]) -> Transcript {
    let channel = EmbeddedChannel()
    var transcript = Transcript()
    do {
        try channel.pipeline.syncOperations.addHandler(
            ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes)))
        try channel.writeInbound(ByteBuffer(bytes: input))
    } catch {
        transcript.failure = "\(error)"
    }
    while let part = try? channel.readInbound(as: HTTPServerRequestPart.self) {
        switch part {
        case .head(let head):
            transcript.messages.append(
                Message(
                    start: head.method.rawValue + " " + head.uri, version: name(head.version),
                    fields: texts(head.headers)))
        case .body(let buffer): append(buffer, to: &transcript)
        case .end: complete(&transcript)
        }
    }
    _ = try? channel.finish(acceptAlreadyClosed: true)
    return transcript
}

/// Reads the responses of a connection, to its end, with SwiftNIO's decoder (llhttp).
public func oracleResponses(_ input: [UInt8], toHead: Bool) -> Transcript {
    let channel = EmbeddedChannel()
    var transcript = Transcript()
    do {
        try channel.pipeline.syncOperations.addHandler(
            ByteToMessageHandler(
                HTTPResponseDecoder(leftOverBytesStrategy: .dropBytes, informationalResponseStrategy: .forward)))
        // The decoder answers a response for which it saw no request with an error.
        for _ in 0...input.count / 12 {
            let head = HTTPRequestHead(version: .http1_1, method: toHead ? .HEAD : .GET, uri: "/")
            try channel.writeOutbound(HTTPClientRequestPart.head(head))
        }
        try channel.writeInbound(ByteBuffer(bytes: input))
    } catch {
        transcript.failure = "\(error)"
    }
    // The end of the connection ends a body without a length; and a channel that is not closed is never freed.
    do { _ = try channel.finish(acceptAlreadyClosed: true) } catch { transcript.failure = "\(error)" }
    while let part = try? channel.readInbound(as: HTTPClientResponsePart.self) {
        switch part {
        case .head(let head):
            transcript.messages.append(
                Message(
                    start: "\(head.status.code)", version: name(head.version),
                    fields: texts(head.headers)))
            // SwiftNIO hands out no end behind an informational head.
            if (100..<200).contains(head.status.code) { complete(&transcript) }
        case .body(let buffer): append(buffer, to: &transcript)
        case .end: complete(&transcript)
        }
    }
    return transcript
}

/// SwiftNIO leaves optional white space behind a value in it; RFC 9112 §5.1 has it removed, as we do.
private func texts(_ headers: HTTPHeaders) -> [String] {
    headers.map { name, value in
        var bytes = value.utf8[...]
        while let last = bytes.last, last == 0x20 || last == 0x09 { bytes.removeLast() }
        return name + ": " + String(Substring(bytes))
    }
}

private func name(_ version: HTTPVersion) -> String {
    version == .http1_1 ? "http11" : version == .http1_0 ? "http10" : "\(version)"
}

private func append(_ buffer: ByteBuffer, to transcript: inout Transcript) {
    guard let last = transcript.messages.indices.last else { return }
    transcript.messages[last].body.append(contentsOf: buffer.readableBytesView)
}

private func complete(_ transcript: inout Transcript) {
    guard let last = transcript.messages.indices.last else { return }
    transcript.messages[last].isComplete = true
}
