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
    /// `nil`: as many attempts at once as there are requests.
    package var concurrency: ConcurrencySettings?
    /// `nil`: servers are judged by their answers alone.
    package var health: HealthSettings?
    package var ejection = EjectionSettings()
    /// How long a server that has come back gets less than its share of requests.
    package var slowStart = Duration.seconds(30)

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

/// `upstream.concurrency`: how many attempts are at the upstream at once, all workers together.
package struct ConcurrencySettings: Sendable, Equatable {
    /// The limit until something has been measured.
    package var initial = 8
    package var minimum = 2
    package var maximum = 64
    /// Attempts that wait for their turn; more are refused.
    package var queue = 256
    /// How long an attempt waits for its turn.
    package var queueTimeout = Duration.seconds(20)

    package init() {}
}

/// `upstream.health`: each server is asked at intervals; only where there are several.
package struct HealthSettings: Sendable, Equatable {
    /// Path and query of a GET that a healthy server answers with 2xx or 3xx.
    package var path = "/"
    package var every = Duration.seconds(5)
    package var timeout = Duration.seconds(2)
    /// Good answers in a row after which a server counts as healthy again.
    package var healthy = 2
    /// Bad ones in a row after which it counts as unhealthy.
    package var unhealthy = 3

    package init() {}
}

/// `upstream.ejection`: a server that fails is left out for a while; never the last one.
package struct EjectionSettings: Sendable, Equatable {
    /// Failures in a row; 0 never ejects.
    package var failures = 5
    /// The first time out; each further one is longer by as much, up to ten times.
    package var duration = Duration.seconds(30)

    package init() {}
}
