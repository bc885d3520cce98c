import StentTestKit
import Synchronization

/// The ids of the requests that reached an upstream.
final class SeenRequests: Sendable {
    private let ids = Mutex<Set<String>>([])

    func insert(_ id: String) { ids.withLock { _ = $0.insert(id) } }
    func contains(_ id: String) -> Bool { ids.withLock { $0.contains(id) } }
}

/// An upstream that does with each request what its target asks for: answer it whole, or die at a certain point.
enum DyingUpstream {
    /// Where it dies; the raw value is the last segment of the target.
    enum Phase: String, CaseIterable {
        case whole, chunked, untilEnd, afterRequestHead, midRequest, beforeAnswer, midHead, afterHead, midContent
        case midChunk, betweenChunks, midUntilEnd, afterAnswer
    }

    /// How a connection ends.
    enum Death: String, CaseIterable { case end, reset }

    /// What a whole answer says; no part of it is a whole answer.
    static let content = String(repeating: "0123456789", count: 2_000)

    static func start(seed: UInt64, seen: SeenRequests) async throws -> ScriptedUpstream {
        try await ScriptedUpstream.start { connection, number in
            var dice = Dice(seed: seed ^ UInt64(number) &* 7_919)
            // One in ten dies as it is accepted.
            if Int.random(in: 0..<10, using: &dice) == 0 {
                if Bool.random(using: &dice) { await connection.reset() }
                return
            }
            while true {
                let head = try await connection.head(within: .seconds(600))
                if let id = head["X-Request-Id"] { seen.insert(id) }
                let words = head.target.split(separator: "/").map(String.init)
                let phase = words.first.flatMap(Phase.init(rawValue:)) ?? .whole
                let isReset = words.dropFirst().first == Death.reset.rawValue
                guard try await serve(head, phase, on: connection) else {
                    if isReset { await connection.reset() } else { await connection.close() }
                    return
                }
            }
        }
    }

    /// - Returns: whether the connection lives on.
    private static func serve(_ head: RawMessage, _ phase: Phase, on connection: RawConnection) async throws -> Bool {
        if phase == .afterRequestHead { return false }
        if phase == .midRequest {
            if head["Content-Length"] != nil || head["Transfer-Encoding"] != nil { _ = try await connection.bytes(10) }
            return false
        }
        try await connection.skipContent(of: head)
        let length = "Content-Length: \(content.utf8.count)\r\n"
        let half = content.prefix(content.count / 2)
        let size = String(content.utf8.count, radix: 16)
        switch phase {
        case .whole, .afterAnswer:
            try await connection.send("HTTP/1.1 200 OK\r\n\(length)\r\n\(content)")
            return phase == .whole
        case .chunked:
            try await connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            try await connection.send("\(size)\r\n\(content)\r\n0\r\n\r\n")
            return true
        case .untilEnd:
            try await connection.send("HTTP/1.1 200 OK\r\n\r\n\(content)")
            await connection.close()
        case .beforeAnswer, .afterRequestHead, .midRequest: break
        case .midHead: try await connection.send("HTTP/1.1 200 OK\r\nContent-Le")
        case .afterHead: try await connection.send("HTTP/1.1 200 OK\r\n\(length)\r\n")
        case .midContent: try await connection.send("HTTP/1.1 200 OK\r\n\(length)\r\n\(half)")
        case .midChunk:
            try await connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\(size)\r\n\(half)")
        case .betweenChunks:
            try await connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\(size)\r\n\(content)\r\n")
        case .midUntilEnd:
            // Only a reset tells it from a whole answer.
            try await connection.send("HTTP/1.1 200 OK\r\n\r\n\(half)")
            await connection.reset()
        }
        return false
    }
}

extension RawConnection {
    /// Reads a request's content and throws it away.
    func skipContent(of head: RawMessage) async throws {
        if let length = head["Content-Length"].flatMap({ Int($0) }) {
            _ = try await bytes(length)
        } else if head["Transfer-Encoding"] != nil {
            while true {
                var line = ""
                while !line.hasSuffix("\r\n") { line += String(decoding: try await bytes(1), as: UTF8.self) }
                guard let size = Int(line.dropLast(), radix: 16) else { throw RawConnectionError.malformed(line) }
                _ = try await bytes(size + 2)
                if size == 0 { return }
            }
        }
    }
}
