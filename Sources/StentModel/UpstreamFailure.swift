/// How an attempt failed: who, in which phase, and whether the upstream may have acted on it.
///
/// Retry, blame and `Stent-Outcome` depend on nothing else.
package struct UpstreamFailure: Sendable, Equatable {
    /// How far the attempt had come.
    package enum Phase: UInt8, Sendable {
        /// Waiting for a connection of the pool.
        case queueing
        /// Resolving, connecting, handshaking.
        case connecting
        /// The request was being sent, or had been; no byte of the answer had come.
        case awaitingAnswer
        /// The answer had begun.
        case readingAnswer
    }

    /// One of `upstream.*`.
    package var reason: Reason
    package var phase: Phase
    /// A byte of the request was handed to the transport: the upstream may have acted on it.
    package var requestLeft: Bool
    /// The status, where the failure is the answer itself (`upstream.status`).
    package var status: Int?
    /// What that answer's Retry-After asks for (RFC 9110 §10.2.3).
    package var retryAfter: TimeSpan?
    /// The connection had lain idle in the pool, and no byte of an answer came (RFC 9112 §9.3.1).
    package var metIdleConnection: Bool

    package init(
        reason: Reason, phase: Phase, requestLeft: Bool, status: Int? = nil, retryAfter: TimeSpan? = nil,
        metIdleConnection: Bool = false
    ) {
        self.reason = reason
        self.phase = phase
        self.requestLeft = requestLeft
        self.status = status
        self.retryAfter = retryAfter
        self.metIdleConnection = metIdleConnection
    }
}
