/// Everything an operator sets, as one immutable value: a snapshot that each exchange takes once.
///
/// The defaults are those of the settings table in StentConfig; a test there holds the two together.
package struct Settings: Sendable, Equatable {
    /// Event loops; `nil` is one for each core.
    package var workers: Int?
    package var listen = ListenSettings()
    package var state = StateSettings()
    package var upstream = UpstreamSettings()
    package var retry = RetrySettings()
    /// `nil`: the upstream is asked whatever state it is in.
    package var breaker: BreakerSettings?
    /// `nil`: Idempotency-Key is passed on as any other field.
    package var idempotency: IdempotencySettings?
    /// `nil`: nobody is asked who they are.
    package var identity: IdentitySettings?
    /// `nil`: any request may be made.
    package var contract: ContractSettings?
    package var ownership = OwnershipSettings()
    package var outbox = OutboxSettings()
    /// `nil`: nothing is kept.
    package var cache: CacheSettings?
    package var limits = LimitSettings()
    package var timeouts = TimeoutSettings()
    package var requests = RequestSettings()
    package var routes: [RouteSettings] = []
    package var audit = AuditSettings()
    package var log = LogSettings()

    package init() {}
}

/// `listen`: where stent accepts connections.
package struct ListenSettings: Sendable, Equatable {
    package var https: HTTPSListener?
    package var http: HTTPListener?
    package var admin: AdminListener?
    /// Peers whose X-Forwarded-For, -Proto and -Host are believed.
    package var trustedProxies: [AddressBlock] = []
    /// Connections the kernel holds before they are accepted.
    package var backlog = 4096

    package init() {}
}

/// `listen.https`.
package struct HTTPSListener: Sendable, Equatable {
    package enum TLSVersion: String, Sendable, CaseIterable {
        case tls12 = "1.2"
        case tls13 = "1.3"
    }

    /// A certificate chain and its private key, both PEM files. With both paths empty stent makes a development
    /// certificate in the state directory.
    package struct Certificate: Sendable, Equatable {
        package var chain: String
        package var key: String

        package init(chain: String, key: String) {
            self.chain = chain
            self.key = key
        }
    }

    package var address: ListenAddress
    /// The first is presented where no name matches.
    package var certificates: [Certificate] = [Certificate(chain: "", key: "")]
    package var minimumTLS = TLSVersion.tls12
    /// `max-age` of Strict-Transport-Security (RFC 6797); `nil` sends none.
    package var hsts: Duration? = .seconds(365 * 86_400)

    package init(address: ListenAddress) { self.address = address }
}

/// `listen.http`.
package struct HTTPListener: Sendable, Equatable {
    package var address: ListenAddress
    /// Answer everything with a 308 to the same URL on the HTTPS port.
    package var redirectToHTTPS = false

    package init(address: ListenAddress) { self.address = address }
}

/// `listen.admin`: health, metrics and, later, the live page.
package struct AdminListener: Sendable, Equatable {
    package var address: ListenAddress

    package init(address: ListenAddress) { self.address = address }
}

/// A literal IP address and a port to listen on.
package struct ListenAddress: Sendable, Hashable {
    /// An IPv4 or IPv6 literal, without brackets.
    package var host: String
    /// 0 asks the system for a free port.
    package var port: Int

    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }
}

/// `state`: where stent keeps what must outlive it.
package struct StateSettings: Sendable, Equatable {
    package var directory = "./var"

    package init() {}
}

/// `limits`: the sizes and counts beyond which a request or connection is refused.
package struct LimitSettings: Sendable, Equatable {
    /// Request line and field section together, also of an upstream's answer.
    package var head = ByteCount.kibibytes(32)
    /// Field lines in a head, also of an upstream's answer.
    package var fields = 100
    /// The request target.
    package var target = ByteCount.kibibytes(8)
    /// The content of a request; a route may set its own.
    package var body = ByteCount.mebibytes(2)
    /// Connections open at once, all listeners together.
    package var connections = 20_000
    /// Connections open at once from one address.
    package var connectionsPerAddress = 1_000
    /// Requests a second of one caller, in the long run; `nil` is no limit.
    package var perCaller: Int?
    /// Requests of one caller at once, above that rate.
    package var burst = 100

    package init() {}
}

/// `timeouts`: how long a client may take.
package struct TimeoutSettings: Sendable, Equatable {
    /// From accepting a connection to the end of the TLS handshake.
    package var tlsHandshake = Duration.seconds(10)
    /// From a head's first byte (a connection's start, for the first) to its end.
    package var head = Duration.seconds(10)
    /// Between two reads of a request's content.
    package var bodyIdle = Duration.seconds(20)
    /// A request's content may take `bodyIdle` and a second for each of these.
    package var bodyMinimumRate = ByteCount.kibibytes(1)
    /// A connection without a request.
    package var keepaliveIdle = Duration.seconds(75)
    /// A client that takes no byte of its answer.
    package var writeStall = Duration.seconds(30)
    /// From the signal to the end, for what is in flight.
    package var drain = Duration.seconds(60)

    package init() {}
}

/// `requests`: how strictly the form of a request is read, beyond what is always refused.
package struct RequestSettings: Sendable, Equatable {
    /// How the path is read.
    package enum Paths: String, Sendable, CaseIterable {
        /// Refuse what no upstream should be asked to interpret: dot segments, control bytes, bad encodings.
        case plain
        /// Refuse also what servers read differently: empty segments, encoded slashes, matrix parameters.
        case canonical
    }

    package var paths = Paths.canonical
    /// Refuse X-HTTP-Method-Override and its like; off passes them on.
    package var refuseMethodOverride = true

    package init() {}
}

/// `log`: stent's own log on standard error.
package struct LogSettings: Sendable, Equatable {
    package enum Level: String, Sendable, CaseIterable {
        case trace, debug, info, notice, warning, error
    }

    package var level = Level.info

    package init() {}
}
