import StentTestKit

/// One request, with the points at which its upstream and its client die.
struct Round {
    /// Where the client dies.
    enum ClientPhase: String, CaseIterable {
        case never, midRequestHead, afterRequestHead, midRequest, afterRequest, afterHead, midContent, afterAnswer
    }

    enum Content: String, CaseIterable { case none, length, chunked }

    let id: String
    let phase: DyingUpstream.Phase
    let upstreamDeath: DyingUpstream.Death
    let client: ClientPhase
    let clientDeath: DyingUpstream.Death
    let content: Content
    let startsAnew: Bool

    /// A byte of stent's answer came, so that the request was begun.
    private(set) var wasBegun = false
    /// What went wrong.
    private(set) var problem: String?

    static let body = String(repeating: "abcdefghij", count: 5_000)

    init(id: String, dice: inout Dice) {
        self.id = id
        phase = DyingUpstream.Phase.allCases.randomElement(using: &dice) ?? .whole
        upstreamDeath = DyingUpstream.Death.allCases.randomElement(using: &dice) ?? .end
        // Half of all clients live, or the upstream would never get to its end.
        client = Bool.random(using: &dice) ? .never : ClientPhase.allCases.randomElement(using: &dice) ?? .never
        clientDeath = DyingUpstream.Death.allCases.randomElement(using: &dice) ?? .end
        content = Content.allCases.randomElement(using: &dice) ?? .none
        startsAnew = Int.random(in: 0..<4, using: &dice) == 0
    }

    var plan: String { "\(content) \(phase)/\(upstreamDeath), client \(client)/\(clientDeath)" }

    private var head: String {
        let framing =
            switch content {
            case .none: ""
            case .length: "Content-Length: \(Self.body.utf8.count)\r\n"
            case .chunked: "Transfer-Encoding: chunked\r\n"
            }
        let method = content == .none ? "GET" : "POST"
        return
            "\(method) /\(phase.rawValue)/\(upstreamDeath.rawValue) HTTP/1.1\r\nHost: a\r\nX-Request-Id: \(id)\r\n\(framing)\r\n"
    }

    private var framedBody: String {
        switch content {
        case .none: ""
        case .length: Self.body
        case .chunked: "\(String(Self.body.utf8.count, radix: 16))\r\n\(Self.body)\r\n0\r\n\r\n"
        }
    }

    /// Makes the request on a connection that is left from the round before, or on a new one.
    ///
    /// - Returns: the connection, where it can be used again.
    mutating func play(port: Int, on former: RawConnection?) async throws -> RawConnection? {
        if startsAnew { await former?.close() }
        let connection: RawConnection
        if let former, !startsAnew {
            connection = former
        } else {
            connection = try await RawConnection.open(port: port)
        }
        do {
            if try await request(on: connection), try await answer(on: connection) { return connection }
        } catch RawConnectionError.timedOut {
            problem = "nothing happened for a long time: \(plan)"
        } catch RawConnectionError.malformed(let text) {
            problem = "what came is no HTTP: \(plan): \(text)"
        } catch {
            // Ended or reset: visible to the client, as it must be.
        }
        await die(connection)
        return nil
    }

    private func die(_ connection: RawConnection) async {
        if clientDeath == .reset { await connection.reset() } else { await connection.close() }
    }

    /// - Returns: whether the client lives on.
    private func request(on connection: RawConnection) async throws -> Bool {
        let head = self.head
        guard client != .midRequestHead else {
            try await connection.send(String(head.prefix(head.count / 2)))
            return false
        }
        let body = framedBody
        switch client {
        case .afterRequestHead:
            try await connection.send(head)
            return false
        case .midRequest:
            try await connection.send(head + String(body.prefix(body.count / 2)))
            return false
        case .never, .midRequestHead, .afterRequest, .afterHead, .midContent, .afterAnswer: break
        }
        do {
            try await connection.send(head + body)
        } catch {
            // The answer may have come before stent had read the whole request; it is looked at all the same.
        }
        return client != .afterRequest
    }

    /// - Returns: whether the connection lives on.
    private mutating func answer(on connection: RawConnection) async throws -> Bool {
        var message = try await connection.head()
        wasBegun = true
        if client == .afterHead { return false }
        if client == .midContent {
            _ = try await connection.receive()
            return false
        }
        try await message.readContent(from: connection)
        judge(message)
        if client == .afterAnswer { return false }
        return message["Connection"] != "close" && problem == nil
    }

    /// A whole answer is the upstream's whole answer, or a failure that says so.
    private mutating func judge(_ message: RawMessage) {
        if message.status == 200 {
            if message.text != DyingUpstream.content {
                problem = "a broken answer looks whole: \(plan): \(message.body.count) bytes"
            }
        } else if message.status < 500 || message["Content-Type"] != "application/problem+json" {
            problem = "an unexpected answer: \(plan): \(message.startLine) \(message.text)"
        } else if content != .none, message["Stent-Outcome"] == nil {
            problem = "a failed write without an outcome: \(plan)"
        }
    }
}

extension RawMessage {
    /// Reads the content that belongs to this head.
    mutating func readContent(from connection: RawConnection) async throws {
        body = try await connection.content(of: self)
    }
}
