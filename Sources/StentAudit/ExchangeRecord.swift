import StentModel

/// What became of a write, for the client and for the trail (`Stent-Outcome`).
package enum WriteOutcome: String, Sendable, CaseIterable {
    /// No byte of the request reached the upstream.
    case notSent = "not-sent"
    /// The upstream refused it (4xx), or stent did before it was sent.
    case rejected
    /// The upstream confirmed it.
    case committed
    /// It may have taken effect; nobody can tell from here.
    case unknown
}

/// One attempt at an upstream.
package struct AttemptRecord: Sendable, Equatable {
    /// Since the exchange's start.
    package var start: TimeSpan
    package var duration: TimeSpan
    /// The upstream's status; `nil` where no head came.
    package var status: Int?
    /// Why it failed; `nil` for a complete answer that was taken.
    package var failure: Reason?
    /// The connection had served before.
    package var reusedConnection: Bool
    /// The pause before it.
    package var pause: TimeSpan
    /// A request of stent's own that asks whether an earlier attempt took effect.
    package var isVerification: Bool
    /// It felt whether the upstream is back.
    package var isProbe: Bool
    /// It was made beside another one that took long.
    package var isHedge = false

    package init(
        start: TimeSpan, duration: TimeSpan = .zero, status: Int? = nil, failure: Reason? = nil,
        reusedConnection: Bool = false, pause: TimeSpan = .zero, isVerification: Bool = false, isProbe: Bool = false
    ) {
        self.start = start
        self.pause = pause
        self.isVerification = isVerification
        self.isProbe = isProbe
        self.duration = duration
        self.status = status
        self.failure = failure
        self.reusedConnection = reusedConnection
    }
}

/// What the audit trail keeps of one exchange: facts only, no body, no credential.
///
/// Texts that the request's head holds (method, path, agent) are read from there when the line is written.
package struct ExchangeRecord: Sendable {
    /// Where the request came in.
    package enum Listener: String, Sendable {
        case http, https
        /// stent made it itself.
        case own
    }

    /// Why stent made a request of its own.
    package enum Purpose: String, Sendable {
        /// To know who is calling.
        case identity
        /// To know whose record it is.
        case ownership
        /// To write down what an earlier request was answered.
        case record
        /// To refresh a stored answer.
        case refresh
    }

    /// What a policy said of the request.
    package struct Decision: Sendable, Equatable {
        package enum Policy: String, Sendable, CaseIterable {
            case contract, identity, ownership
        }

        package enum Result: String, Sendable, CaseIterable {
            case allowed, refused
        }

        package var policy: Policy
        package var mode: PolicyMode
        package var result: Result
        package var reason: Reason

        package init(_ policy: Policy, _ mode: PolicyMode, _ result: Result, _ reason: Reason) {
            self.policy = policy
            self.mode = mode
            self.result = result
            self.reason = reason
        }
    }

    /// What the cache had to do with it.
    package enum CacheUse: Sendable, Hashable {
        /// A stored answer was sent.
        case hit
        /// One that is older than it should be.
        case stale
        /// One that the upstream has just said to be good.
        case validated
        /// It went upstream, and why.
        case forwarded(CacheForward)

        package var text: StaticString {
            switch self {
            case .hit: "hit"
            case .stale: "stale"
            case .validated: "validated"
            case .forwarded(.stale): "stale-forwarded"
            case .forwarded(let reason): reason.text
            }
        }
    }

    /// What the request was about.
    package struct Resource: Sendable, Equatable {
        package var type: String
        /// `nil`: the collection.
        package var id: String?
        /// `nil`: not known, or not asked for.
        package var owner: String?

        package init(type: String, id: String?, owner: String? = nil) {
            self.type = type
            self.id = id
            self.owner = owner
        }
    }

    package var id: RequestID
    package var startedAt: WallTime
    package var listener: Listener
    package var version: HTTPVersion
    /// The client's address: the peer, or what a trusted proxy says of it.
    package var client: PeerAddress
    /// The peer of the connection.
    package var peer: PeerAddress
    package var peerPort: Int
    /// The head could be read as far as method and target; otherwise the record has neither.
    package var headIsReadable: Bool
    /// The name of the route; empty where none matched.
    package var route: String
    /// The status that the client was sent; 0 where it was sent none.
    package var status: Int
    package var reason: Reason
    /// Why there was no further attempt after the last failed one.
    package var retry: Reason?
    /// Only of methods that are not safe.
    package var outcome: WriteOutcome?
    /// Content received from the client, without framing.
    package var bytesIn: Int
    /// Content sent to the client, without framing.
    package var bytesOut: Int
    /// From the head's last byte to the end of the exchange.
    package var duration: TimeSpan
    /// Waiting for an upstream connection.
    package var queued: TimeSpan
    /// Pauses between attempts.
    package var paused: TimeSpan
    package var attempts: [AttemptRecord]
    /// The name that the client gave, proven or not; empty where it gave none.
    package var user = ""
    /// The id that the upstream knows the caller by, where it was asked for.
    package var actor = ""
    package var resource: Resource?
    package var decisions: [Decision] = []
    /// Why the caller has overridden an owner, in their words.
    package var override = ""
    /// `nil`: the cache was not asked.
    package var cache: CacheUse?
    /// It waited for what another request fetched.
    package var isCollapsed = false
    /// Of a request of stent's own.
    package var purpose: Purpose?
    /// The exchange or job that a request of stent's own was made for.
    package var parent: [UInt8] = []

    package init() {
        id = .minted(0, 0)
        startedAt = WallTime(nanoseconds: 0)
        listener = .http
        version = .http11
        client = .unknown
        peer = .unknown
        peerPort = 0
        headIsReadable = false
        route = ""
        status = 0
        reason = .exchangeAnswered
        retry = nil
        outcome = nil
        bytesIn = 0
        bytesOut = 0
        duration = .zero
        queued = .zero
        paused = .zero
        attempts = []
    }
}
