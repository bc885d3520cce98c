import NIOCore

/// An answer as bytes, sound or damaged, and what becomes of the connection after it.
struct AnswerBytes {
    enum Ending: Equatable {
        case keepAlive
        case close
        case reset
    }

    var bytes: ByteBuffer
    var ending: Ending

    /// What the answer has to suit.
    struct Exchange {
        var isHead: Bool
        var isHTTP10: Bool
        var keepsAlive: Bool
    }

    /// HTTP's largest chunk here; bigger bodies come in several.
    private static let chunkLength = 32 * 1024

    /// A sound answer.
    static func sound(_ answer: Answer, _ exchange: Exchange) -> AnswerBytes {
        var bytes = head(answer, exchange, framing: exchange.isHTTP10 ? .contentLength : answer.framing)
        if !answer.isBodiless, !exchange.isHead {
            if answer.framing == .chunked, !exchange.isHTTP10 {
                writeChunks(answer.body[...], to: &bytes)
                bytes.writeString("0\r\n\r\n")
            } else {
                bytes.writeBytes(answer.body)
            }
        }
        return AnswerBytes(bytes: bytes, ending: exchange.keepsAlive ? .keepAlive : .close)
    }

    private static func head(_ answer: Answer, _ exchange: Exchange, framing: Answer.Framing) -> ByteBuffer {
        var bytes = ByteBuffer()
        bytes.reserveCapacity(512 + answer.body.count)
        bytes.writeString("HTTP/1.\(exchange.isHTTP10 ? 0 : 1) \(answer.status) \(Answer.reason(answer.status))\r\n")
        for (name, value) in answer.fields { bytes.writeString("\(name): \(value)\r\n") }
        if !answer.isBodiless {
            switch framing {
            case .contentLength: bytes.writeString("Content-Length: \(answer.body.count)\r\n")
            // as Puma does: no body, no framing of one
            case .chunked where !exchange.isHead: bytes.writeString("Transfer-Encoding: chunked\r\n")
            case .chunked: break
            }
        }
        if exchange.isHTTP10, exchange.keepsAlive { bytes.writeString("Connection: Keep-Alive\r\n") }
        if !exchange.isHTTP10, !exchange.keepsAlive { bytes.writeString("Connection: close\r\n") }
        bytes.writeString("\r\n")
        return bytes
    }

    private static func writeChunks(_ body: ArraySlice<UInt8>, to bytes: inout ByteBuffer) {
        var rest = body
        while !rest.isEmpty {
            let chunk = rest.prefix(chunkLength)
            bytes.writeString("\(String(chunk.count, radix: 16))\r\n")
            bytes.writeBytes(chunk)
            bytes.writeString("\r\n")
            rest = rest.dropFirst(chunkLength)
        }
    }

    /// An answer that breaks off. One without a body, or in HTTP/1.0 without a length to betray it, breaks off in its head.
    ///
    /// - Parameter cut: where, as a share of the body (or head).
    static func truncated(_ answer: Answer, _ exchange: Exchange, _ truncation: Truncation, cut: Double) -> AnswerBytes
    {
        let hasBody = !answer.isBodiless && !exchange.isHead && !answer.body.isEmpty
        var truncation = hasBody ? truncation : .shortHead
        if truncation == .missingFinalChunk, exchange.isHTTP10 { truncation = .shortBody }
        let kept = answer.body.prefix(Int(Double(answer.body.count) * cut))
        switch truncation {
        case .missingFinalChunk, .resetInBody:
            // a reset may also come after the whole body, but never after the final chunk
            var bytes = head(answer, exchange, framing: exchange.isHTTP10 ? .contentLength : .chunked)
            if exchange.isHTTP10 { bytes.writeBytes(kept) } else { writeChunks(kept, to: &bytes) }
            return AnswerBytes(bytes: bytes, ending: truncation == .resetInBody ? .reset : .close)
        case .shortBody:
            var bytes = head(answer, exchange, framing: .contentLength)
            bytes.writeBytes(kept)
            return AnswerBytes(bytes: bytes, ending: .close)
        case .shortHead:
            let whole = head(answer, exchange, framing: answer.framing)
            // at least one byte, and never the empty line that ends the head
            let length = 1 + Int(Double(max(0, whole.readableBytes - 4)) * cut)
            return AnswerBytes(bytes: whole.getSlice(at: whole.readerIndex, length: length) ?? whole, ending: .close)
        }
    }

    /// An answer that is no HTTP.
    static func malformed(_ answer: Answer, _ malformation: Malformation) -> AnswerBytes {
        let type = "Content-Type: application/json; charset=utf-8\r\n"
        let good = "HTTP/1.1 200 OK\r\n"
        let chunked = "Transfer-Encoding: chunked\r\n\r\n"
        let body = answer.body
        let size = String(max(1, body.count), radix: 16)
        var bytes = ByteBuffer()
        switch malformation {
        case .badStatusLine: bytes.writeString("200 OK HTTP/1.1\r\n\(type)Content-Length: \(body.count)\r\n\r\n")
        case .badStatusCode: bytes.writeString("HTTP/1.1 2OO OK\r\n\(type)Content-Length: \(body.count)\r\n\r\n")
        case .badVersion: bytes.writeString("HTTP/7.3 200 OK\r\n\(type)Content-Length: \(body.count)\r\n\r\n")
        case .badChunkSize: bytes.writeString("\(good)\(type)\(chunked)xyz\r\n")
        case .chunkOverrun: bytes.writeString("\(good)\(type)\(chunked)\(size)\r\n+")
        case .fieldWithoutColon:
            bytes.writeString("\(good)Content-Type application/json\r\nContent-Length: \(body.count)\r\n\r\n")
        case .twoLengths:
            bytes.writeString(
                "\(good)\(type)Content-Length: \(body.count)\r\nContent-Length: \(body.count + 7)\r\n\r\n")
        case .lengthNotNumber: bytes.writeString("\(good)\(type)Content-Length: -\(body.count)\r\n\r\n")
        case .controlByteInField:
            bytes.writeString("\(good)\(type)X-Runtime: 0.1\u{0}2\r\nContent-Length: \(body.count)\r\n\r\n")
        }
        bytes.writeBytes(body)
        switch malformation {
        case .badChunkSize, .chunkOverrun: bytes.writeString("\r\n0\r\n\r\n")
        case .badStatusLine, .badStatusCode, .badVersion, .fieldWithoutColon, .twoLengths, .lengthNotNumber,
            .controlByteInField:
            break
        }
        return AnswerBytes(bytes: bytes, ending: .close)
    }
}
