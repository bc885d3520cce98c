/// `upstream`: the service behind stent.
package struct UpstreamSettings: Sendable, Equatable {
    /// At least one.
    package var servers: [UpstreamServer] = []
    /// Name resolution, TCP and TLS together.
    package var connectTimeout = Duration.seconds(2)
    /// From the request's last byte to the answer's first.
    package var firstByteTimeout = Duration.seconds(25)
    /// One whole attempt, until its answer is complete or begins to stream to the client.
    package var attemptTimeout = Duration.seconds(25)
    /// Between two reads of an answer that streams.
    package var idleTimeout = Duration.seconds(30)
    /// The whole exchange: attempts, pauses, queueing and streaming; `nil` is no deadline.
    package var deadline: Duration? = .seconds(55)
    package var pool = PoolSettings()
    package var tls = UpstreamTLSSettings()

    package init() {}
}

/// One upstream server by URL.
package struct UpstreamServer: Sendable, Hashable {
    package var isTLS: Bool
    /// A name or an IP literal, without brackets.
    package var host: String
    package var port: Int

    package init(isTLS: Bool, host: String, port: Int) {
        self.isTLS = isTLS
        self.host = host
        self.port = port
    }
}

/// `upstream.pool`: connections kept for the next request; one pool for each worker and server.
package struct PoolSettings: Sendable, Equatable {
    /// How long a connection may lie idle. Below the upstream's own keep-alive time, so that stent closes first.
    package var idleTimeout = Duration.seconds(15)
    /// How long a connection is used at all, so that changed DNS answers take effect.
    package var maximumAge = Duration.seconds(600)
    /// Idle connections kept for each worker.
    package var maximumIdle = 64
    /// Connections open at once for each worker; more requests wait.
    package var maximumConnections = 1_024

    package init() {}
}

/// `upstream.tls`: how an https upstream is verified.
package struct UpstreamTLSSettings: Sendable, Equatable {
    /// PEM file with the authorities to trust; `nil` is the system's.
    package var authorities: String?
    /// The name to verify and to send as SNI; `nil` is the server's host.
    package var serverName: String?

    package init() {}
}

/// `retry`: when an attempt that failed is made again.
package struct RetrySettings: Sendable, Equatable {
    /// A kind of failure that may be retried.
    package enum Cause: String, Sendable, CaseIterable, Hashable {
        case connect, reset, malformed, truncated, timeout
        case status500 = "500"
        case status502 = "502"
        case status503 = "503"
        case status504 = "504"
    }

    /// Attempts in total, the first included; 1 is no retries.
    package var attempts = 1
    package var causes: Set<Cause> = Set(Cause.allCases)
    /// Methods that are repeated on any route.
    package var methods: Set<Method> = [.get, .head, .options]
    /// Ceiling of the first pause; doubled for each further one (full jitter).
    package var backoffBase = Duration.milliseconds(100)
    /// Longest pause.
    package var backoffMaximum = Duration.seconds(2)
    /// Longest Retry-After of an upstream that is waited for; a longer one ends the attempts.
    package var retryAfterMaximum = Duration.seconds(10)
    /// Content of a request kept for another attempt; larger ones are not repeated.
    package var replayRequest = ByteCount.mebibytes(1)
    /// Answer held back until it is complete; a larger one streams and is no longer repeatable.
    package var holdResponse = ByteCount.mebibytes(1)

    package init() {}
}

/// One element of `routes`: what holds for the requests it matches. First match wins.
package struct RouteSettings: Sendable, Equatable {
    /// `METHOD /path`, `{PATCH,PUT} /notes/{id}`, `GET /hospitals/**`; the route's name in audit and metrics.
    package var match: RoutePattern
    /// Attempts in total on this route; `nil` is `retry.attempts`.
    package var attempts: Int?
    /// The largest content of a request; `nil` is `limits.body`.
    package var body: ByteCount?
    /// The whole exchange; `nil` is `upstream.deadline`.
    package var deadline: Duration?

    package init(match: RoutePattern) { self.match = match }
}
