/// What an upstream does and expects. Without `accept`, `expect request` or `send` it answers every request with a
/// plain 200.
package struct WireUpstream: Sendable {
    package enum Action: Sendable {
        case accept
        /// Nobody listens on the upstream's port.
        case refuse
        case send([UInt8], piece: Int?)
        case shutdownWrite
        case close
        case reset
        case signal(String)
        case wait(String)
        /// The head of the next request: its whole first line, or method and target of it.
        case expectRequest(String)
        /// Every byte of the head; `<any>` stands for any text without a line break.
        case expectHead([UInt8])
        case expectHeader(String, WireMatch)
        case expectBody(WireMatch)
        /// The content broke off before its end.
        case expectTruncated
        /// stent gives the connection up, orderly or not, without another byte on it.
        case expectClosed
        case expectNoConnection
        case expectNoRequest
        /// So many requests in all, when the case is over.
        case expectRequests(Int)
        /// So many requests whose content came to its end, when the case is over.
        case expectWholeRequests(Int)
        /// So many connections in all, when the case is over.
        case expectConnections(Int)
    }

    package var name: String
    package var steps: [WireStep<Action>]

    package var asserts: Bool {
        steps.contains { step in
            switch step.action {
            case .accept, .refuse, .send, .shutdownWrite, .close, .reset, .signal, .wait: false
            case .expectRequest, .expectHead, .expectHeader, .expectBody, .expectTruncated, .expectClosed,
                .expectNoConnection, .expectNoRequest, .expectRequests, .expectWholeRequests, .expectConnections:
                true
            }
        }
    }

    /// The steps act on connections themselves; otherwise every request is answered with a plain 200.
    var isScripted: Bool {
        steps.contains { step in
            switch step.action {
            case .expectNoConnection, .expectNoRequest, .expectRequests, .expectWholeRequests, .expectConnections,
                .refuse:
                false
            case .accept, .send, .shutdownWrite, .close, .reset, .signal, .wait, .expectRequest, .expectHead,
                .expectHeader, .expectBody, .expectTruncated, .expectClosed:
                true
            }
        }
    }

    var refusesConnections: Bool {
        steps.contains { step in if case .refuse = step.action { true } else { false } }
    }
}

extension WireUpstream.Action {
    /// What it does to its peer, for comparing cases; empty for an expectation.
    package var conduct: String {
        switch self {
        case .accept: "upstream accepts\n"
        case .refuse: "upstream refuses\n"
        case .send(let bytes, let piece): "upstream sends \(bytes.count) bytes, \(bytes.hashValue), in \(piece ?? 0)\n"
        case .shutdownWrite: "upstream shuts down\n"
        case .close: "upstream closes\n"
        case .reset: "upstream resets\n"
        case .signal, .wait, .expectRequest, .expectHead, .expectHeader, .expectBody, .expectTruncated, .expectClosed,
            .expectNoConnection, .expectNoRequest, .expectRequests, .expectWholeRequests, .expectConnections:
            ""
        }
    }
}
