/// What a client does and expects.
package struct WireClient: Sendable {
    package enum Action: Sendable {
        case send([UInt8], piece: Int?)
        case shutdownWrite
        case close
        case reset
        case signal(String)
        case wait(String)
        /// An interim answer, 1xx.
        case expectInterim(Int)
        /// The head of the next final answer; without body for an answer to HEAD.
        case expectStatus(Int, withoutBody: Bool)
        /// A refusal of stent's own: status, problem document, reason.
        case expectRefusal(Int, reason: String)
        case expectHeader(String, WireMatch)
        case expectBody(WireMatch)
        case expectJSON(String, WireMatch)
        case expectClosed
        case expectReset
        case expectTruncated
        case expectOpen
        case expectNoMore
    }

    package var name: String
    package var steps: [WireStep<Action>]

    /// It leaves without waiting for an answer, so that there is nothing that it could see.
    package var endsBadly: Bool {
        guard let last = steps.last else { return false }
        switch last.action {
        case .close, .reset: return true
        case .send, .shutdownWrite, .signal, .wait, .expectInterim, .expectStatus, .expectRefusal, .expectHeader,
            .expectBody, .expectJSON, .expectClosed, .expectReset, .expectTruncated, .expectOpen, .expectNoMore:
            return false
        }
    }

    package var asserts: Bool {
        steps.contains { step in
            switch step.action {
            case .send, .shutdownWrite, .close, .reset, .signal, .wait: false
            case .expectInterim, .expectStatus, .expectRefusal, .expectHeader, .expectBody, .expectJSON, .expectClosed,
                .expectReset, .expectTruncated, .expectOpen, .expectNoMore:
                true
            }
        }
    }
}

extension WireClient.Action {
    /// What it does to its peer, for comparing cases; empty for an expectation.
    package var conduct: String {
        switch self {
        case .send(let bytes, let piece): "client sends \(bytes.count) bytes, \(bytes.hashValue), in \(piece ?? 0)\n"
        case .shutdownWrite: "client shuts down\n"
        case .close: "client closes\n"
        case .reset: "client resets\n"
        case .expectOpen: "client asks again\n"
        case .signal, .wait, .expectInterim, .expectStatus, .expectRefusal, .expectHeader, .expectBody, .expectJSON,
            .expectClosed, .expectReset, .expectTruncated, .expectNoMore:
            ""
        }
    }
}
