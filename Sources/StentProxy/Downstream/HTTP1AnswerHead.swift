import NIOCore
import StentCodec
import StentModel

/// Writes an answer's head in HTTP/1.1: status line, framing and connection fields around the fields of the exchange.
enum HTTP1AnswerHead {
    /// - Parameters:
    ///   - closes: set where the answer's end can only be the connection's.
    ///   - bytes: memory to build it in, kept from answer to answer.
    static func write(
        _ head: OutgoingHead, toOldVersion isOld: Bool, closes: inout Bool, using bytes: inout [UInt8],
        to output: inout ByteBuffer
    ) {
        bytes.removeAll(keepingCapacity: true)
        HeadEncoder.appendStatusLine(head.status, to: &bytes)
        bytes.append(contentsOf: head.fields)
        switch head.content {
        case .none: break
        case .length(let count), .announced(let count):
            bytes.append("Content-Length: ")
            bytes.append(decimal: count)
            bytes.append("\r\n")
        case .unknown:
            if isOld { closes = true } else { bytes.append("Transfer-Encoding: chunked\r\n") }
        }
        if closes {
            bytes.append("Connection: close\r\n")
        } else if isOld {
            bytes.append("Connection: keep-alive\r\n")
        }
        bytes.append("\r\n")
        output.writeBytes(bytes)
    }

    static func writeChunkHead(_ count: Int, to output: inout ByteBuffer) {
        output.writeString(String(count, radix: 16))
        output.writeStaticString("\r\n")
    }
}
