import NIOCore
import StentCodec
import StentExchange
import StentModel
import StentPolicy

/// The settings in the form in which exchanges use them; immutable, taken once by each exchange.
package final class Snapshot: Sendable {
    package let settings: Settings
    let routes: RouteTable
    let requestRule: RequestRule
    let clientAddress: ClientAddress
    let attemptLimits: ExchangeMachine.Limits
    let headLimits: HeadLimits
    let timeouts: Timeouts
    /// Field line of Strict-Transport-Security; empty where it is off.
    let hsts: [UInt8]
    /// Port of the HTTPS listener, for redirects.
    let httpsPort: Int
    let redirectsToHTTPS: Bool
    /// How writes are verified, by the index of their route.
    let resendRules: [ResendRule?]
    /// Attempts are admitted one by one: there is a limit, a breaker, or a budget of retries.
    let isGoverned: Bool
    let limitsCallers: Bool
    /// Content that one worker keeps for further attempts, in bytes.
    let replayShare: Int
    /// Largest answer kept for Idempotency-Key, in bytes.
    let keptAnswerLimit: Int
    let forwarding: RequestForwarding
    /// `nil`: any request may be made.
    let contract: ContractRule?
    /// Answers are compared with the contract.
    let reportsAnswers: Bool
    let ownership: OwnershipRule
    /// Name of the field with the reason for overriding an owner, in lower case.
    let breakGlassField: [UInt8]?
    private let identityChanges: [RouteMatcher]
    /// How answers are written down, by the index of their route.
    let recordRules: [(rule: RecordRule, target: String)?]
    /// Content of requests that one worker holds to judge it, in bytes.
    let heldShare: Int

    /// A client's own Cache-Control has a say.
    let heedsRequestCacheControl: Bool
    /// Content of an answer that is stored, in bytes, at most.
    let largestStored: Int
    /// Endings of a path that name the same resource.
    let suffixes: [[UInt8]]
    /// What else a write makes invalid, by the index of its route.
    private let invalidations: [InvalidatedPaths]

    /// `timeouts` as spans.
    struct Timeouts: Sendable {
        var tlsHandshake: TimeSpan
        var head: TimeSpan
        var bodyIdle: TimeSpan
        /// Bytes for each second.
        var bodyMinimumRate: Int
        var keepaliveIdle: TimeSpan
        var writeStall: TimeSpan
    }

    /// - Parameter httpsPort: the port that is really listened on; differs from the settings where those say 0.
    package init(_ settings: Settings, httpsPort: Int? = nil) {
        self.settings = settings
        routes = RouteTable(settings)
        requestRule = RequestRule(settings.requests)
        clientAddress = ClientAddress(trustedProxies: settings.listen.trustedProxies)
        attemptLimits = ExchangeMachine.Limits(settings.upstream)
        headLimits = HeadLimits(
            bytes: settings.limits.head.value, fields: settings.limits.fields, target: settings.limits.target.value)
        timeouts = Timeouts(
            tlsHandshake: TimeSpan(settings.timeouts.tlsHandshake),
            head: TimeSpan(settings.timeouts.head),
            bodyIdle: TimeSpan(settings.timeouts.bodyIdle),
            bodyMinimumRate: max(1, settings.timeouts.bodyMinimumRate.value),
            keepaliveIdle: TimeSpan(settings.timeouts.keepaliveIdle),
            writeStall: TimeSpan(settings.timeouts.writeStall))
        var line: [UInt8] = []
        if let age = settings.listen.https?.hsts {
            line.append("Strict-Transport-Security: max-age=")
            line.append(decimal: Int(age.components.seconds))
            line.append("\r\n")
        }
        hsts = line
        self.httpsPort = httpsPort ?? settings.listen.https?.address.port ?? 443
        redirectsToHTTPS = settings.listen.http?.redirectToHTTPS ?? false
        resendRules = settings.routes.map { $0.resend.map { ResendRule($0) } } + [nil]
        isGoverned =
            settings.upstream.concurrency != nil || settings.breaker != nil || settings.retry.attempts > 1
            || settings.routes.contains { $0.attempts ?? 1 > 1 }
        limitsCallers = settings.limits.perCaller != nil
        replayShare = settings.retry.replayTotal.value / max(1, settings.workers ?? System.coreCount)
        keptAnswerLimit = settings.idempotency?.response.value ?? 0
        let breakGlass = settings.ownership.breakGlass?.header
        forwarding = RequestForwarding(ownFields: breakGlass.map { [$0] } ?? [])
        breakGlassField = breakGlass.map { Array($0.lowercased().utf8) }
        contract = settings.contract.flatMap { try? ContractRule($0) }
        reportsAnswers = settings.contract?.responses == .report
        ownership = OwnershipRule(settings.ownership)
        identityChanges = settings.identity?.changedBy.map { RouteMatcher($0) } ?? []
        recordRules = settings.routes.map { $0.recordAsNote.map { (RecordRule($0), $0.to) } } + [nil]
        heedsRequestCacheControl = settings.cache?.requestDirectives == .honour
        largestStored = settings.cache?.largestEntry.value ?? 0
        suffixes = settings.contract?.suffixes.map { Array($0.utf8) } ?? []
        invalidations = settings.routes.map { InvalidatedPaths($0) } + [InvalidatedPaths()]
        heldShare = (settings.contract?.held.value ?? .max) / max(1, settings.workers ?? System.coreCount)
    }

    /// A good answer to this request may make credentials mean something else.
    func changesIdentity(_ head: borrowing RequestHead) -> Bool {
        for matcher in identityChanges where matcher.matches(head) { return true }
        return false
    }

    /// The further paths that a write makes invalid.
    ///
    /// - Parameter path: of the request, canonical.
    func invalidatedPaths(by route: Int, path: [UInt8]) -> [[UInt8]] {
        invalidations.indices.contains(route) ? invalidations[route].paths(from: path) : []
    }

    /// Reads a head of stent's own making as strictly as a client's; `nil` where it is none.
    func decode(_ bytes: [UInt8]) -> RequestHead? {
        var decoder = RequestDecoder(limits: headLimits)
        var head = RequestHead()
        guard let count = try? decoder.decode(bytes.span.bytes, into: &head), count == bytes.count else { return nil }
        return head
    }

    /// Names of the routes by index, for metrics.
    package var routeNames: [String] { routes.names }

    /// The routes by index, and after which share of their answers a second attempt is made.
    var hedges: [(name: String, hedge: Int?)] { routes.plans.map { ($0.name, $0.hedge) } }
}
