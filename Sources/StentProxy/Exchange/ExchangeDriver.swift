import NIOCore
import StentAudit
import StentCodec
import StentExchange
import StentModel
import StentPolicy

/// Carries out what `ExchangeMachine` decides for one stream: connections, bytes, pauses, the record.
///
/// It serves one request after another on the same stream, so that a request costs no new objects.
final class ExchangeDriver: StreamHandler {
    /// What is known of the connection that the stream belongs to.
    struct Origin {
        var listener: ExchangeRecord.Listener
        var peer: PeerAddress
        var peerPort: Int
        /// The peer is a proxy whose forwarding fields are believed.
        var isTrustedProxy: Bool
    }

    /// Content that waits for a connection, in bytes, beyond which the client is not read on.
    static let pendingLimit = 65_536

    /// Memory for content that a connection keeps while nothing is under way, in bytes.
    static let keptCapacity = 4_096

    /// Tries told in Server-Timing; the audit record has them all.
    static let triesShown = 12

    let worker: Worker
    let origin: Origin
    var snapshot: Snapshot
    var machine: ExchangeMachine
    var id = RequestID.minted(0, 0)
    var client = PeerAddress.unknown
    var headIsReadable = false

    /// Content received and still needed: for this attempt's rest, or for another attempt.
    var content = ByteBuffer()
    /// How much of `content` the current attempt has sent.
    var sent = 0
    var requestHasEnded = false
    /// Bytes of the request wait for the end of what was read with them.
    var awaitsFlush = false
    /// How much of `content` is counted in the worker's memory.
    var countedContent = 0

    var pool: UpstreamPool?
    /// The balancer awaits this attempt's end.
    var attemptIsCounted = false
    var pending: UpstreamPool.Pending?
    var connection: UpstreamConnection?
    var held = ByteBuffer()
    var answerIsHeadOnly = false
    var bytesOut = 0
    /// The answer's head went to the client before the answer was complete.
    var isStreaming = false
    /// When the current attempt's connection was asked for, for `Server-Timing`.
    var attemptStart = Moment(nanoseconds: 0)
    /// When the attempt got its connection, and when its answer began: the time at the upstream, whoever reads slowly.
    var requestStart = Moment(nanoseconds: 0)
    var answerStart = Moment(nanoseconds: 0)
    var pauseGeneration = 0
    var pause: Scheduled<Void>?
    var awaitsDelivery = false
    var isDetached = false
    var scratch: [UInt8] = []
    /// Counts the exchanges, so that what comes back late is known to be late.
    var exchangeNumber = 0
    /// The exchange counts as active in the metrics.
    var isCounted = false
    var caller = CallerKey(0)

    // Admission of the attempt that waits or runs.
    var waiter: AdmissionMachine.WaiterID?
    var ticket: AdmissionMachine.Ticket?
    /// What a refusal said about when to come again.
    var retryAfter: TimeSpan?

    /// A second attempt beside the one under way.
    var hedge: Hedge?

    /// The turn among creates of equal content.
    enum Turn {
        case none
        case waiting(CreateRegister.WaiterID)
        case mine
    }

    // A write that may have to be verified.
    var turn = Turn.none
    var expectation: ResendRule.Expectation?
    /// The first try of an earlier exchange with the same Idempotency-Key.
    var earlierTry: WallTime?
    /// The record that a verifying request found.
    var found: (id: String, record: [UInt8])?

    var policies = PolicyState()
    /// The last credentials on this connection that could be read.
    struct LastCredential {
        /// Of the whole field, by the process's own key (`Hasher`, SipHash): who doesn't know that can't make another
        /// field that has it, and a chance one would only stand for credentials that came on the same connection.
        var digest: Int
        var user: String
        var key: CredentialKey
    }

    var lastCredential: LastCredential?
    /// `nil` where the cache has no say.
    var cache: CacheTurn?
    /// The upstream's answer to a question that was asked before the request.
    var relayed: OwnExchange.Answer?

    // Idempotency-Key.
    var scope: IdempotencyScope?
    /// The end of this exchange is owed to the store.
    var ownsScope = false
    /// The answer that an earlier request with the same key had.
    var kept: KeptAnswer?

    /// What is different where stent itself is the client.
    struct Own {
        var purpose: ExchangeRecord.Purpose
        /// The exchange or job that it is made for.
        var parent: [UInt8]
        var earlier: OwnExchange.EarlierTry?
        var refresh: OwnExchange.Refresh?
    }

    var own: Own?
    /// How the last exchange ended.
    var lastOutcome: WriteOutcome?
    var lastReason = Reason.exchangeInternal
    /// Where in an answer's fields those begin that stent adds.
    var ownFieldsStart = 0

    /// For a client that is gone, the stream's timer is too.
    lazy var detachedTimer = TimerNode()

    init(worker: Worker, origin: Origin) {
        self.worker = worker
        self.origin = origin
        snapshot = worker.snapshot
        machine = ExchangeMachine(plan: snapshot.routes.fallback, limits: snapshot.attemptLimits)
    }

    override var due: Moment { machine.due }
    override var isActive: Bool { machine.isActive }

    // MARK: the request

    override func begin(now: Moment) {
        snapshot = worker.snapshot
        headIsReadable = true
        var plan = snapshot.routes.plan(for: head)
        if worker.keptBytes >= snapshot.replayShare { plan.replayLimit = 0 }
        let record = prepare(route: plan.name, now: now)
        if let reason = refusal(plan, now: now) {
            return run(machine.refuse(reason, method: head.method, record: record, now: now), now: now)
        }
        // judged whole, and so there to be sent again
        if policies.needsPreparation { plan.replayLimit = plan.bodyLimit }
        beginCaching(plan)
        worker.metrics.exchangesActive += 1
        isCounted = true
        let action = machine.begin(
            method: head.method, plan: plan, limits: snapshot.attemptLimits, needs: needs(plan), record: record,
            now: now)
        requestHasEnded = !head.framing.hasContent
        let next = requestHasEnded ? machine.requestEnd(now: now) : .none
        run(action, now: now)
        if machine.isGathering, head.expectsContinue { stream?.sendContinue() }
        if next != .none { run(next, now: now) }
    }

    /// What this exchange takes beyond its plan.
    func needs(_ plan: RoutePlan) -> ExchangeMachine.Needs {
        var needs = ExchangeMachine.Needs()
        if snapshot.isGoverned {
            needs.admission = true
            needs.quickest = worker.routeTimes.quickest(route: plan.index)
            worker.gate.admission.began()
        }
        if plan.hedge != nil, !head.framing.hasContent {
            needs.hedgeAfter = worker.routeTimes.hedgeDelay(route: plan.index)
        }
        needs.insistsOnPreparation = scope != nil
        needs.heldAnswer = policies.recordsAnswer
        needs.preparation =
            scope != nil || policies.needsPreparation || cache != nil
            || plan.settle != nil && head.method == .post && head.framing.hasContent
        return needs
    }

    override func refuse(_ reason: Reason, headIsReadable: Bool, now: Moment) {
        snapshot = worker.snapshot
        self.headIsReadable = headIsReadable
        let record = prepare(route: "", now: now)
        run(machine.refuse(reason, method: headIsReadable ? head.method : .get, record: record, now: now), now: now)
    }

    override func receive(content buffer: ByteBuffer, now: Moment) {
        let action = machine.requestContent(buffer.readableBytes, now: now)
        switch action {
        case .forward:
            upload(buffer)
        case .hold:
            content.writeImmutableBuffer(buffer)
            countContent()
            if policies.needsPreparation, worker.keptBytes > snapshot.heldShare {
                return run(machine.requestFailed(.admissionMemory, now: now), now: now)
            }
            if content.readableBytes > Self.pendingLimit, !machine.isGathering { stream?.setReading(false) }
        case .none: break
        case .attempt, .admit:
            content.writeImmutableBuffer(buffer)
            countContent()
            stream?.setReading(false)
            run(action, now: now)
        case .prepare, .hedge, .examine, .conclude, .pause, .sendHead, .finishStream, .deliver, .answer, .abort,
            .cancel, .detach:
            run(action, now: now)
        }
    }

    /// Keeps the worker's account of what is in memory.
    func countContent() {
        worker.keptBytes += content.readableBytes - countedContent
        countedContent = content.readableBytes
    }

    override func receiveEnd(now: Moment) {
        requestHasEnded = true
        let action = machine.requestEnd(now: now)
        if action != .none { return run(action, now: now) }
        if let connection, machine.attemptKind == .request {
            connection.sendEnd()
            flushUpload(connection, now: now)
        }
        stream?.deadlineChanged()
    }

    override func batchEnd(now: Moment) {
        guard awaitsFlush, let connection else { return }
        flushUpload(connection, now: now)
    }

    override func requestFailed(_ reason: Reason, now: Moment) {
        run(machine.requestFailed(reason, now: now), now: now)
    }

    /// Why the request is not even tried.
    func refusal(_ plan: RoutePlan, now: Moment) -> Reason? {
        let isRecordable = head.method.isSafe ? worker.audit.acceptsReads : worker.audit.accepts
        guard isRecordable else { return .admissionAuditUnavailable }
        if let reason = snapshot.requestRule.refusal(of: head) { return reason }
        if origin.listener == .http, snapshot.redirectsToHTTPS {
            return head.fields.first(.host) == nil ? .requestMissingHost : .listenerRedirect
        }
        if let reason = judgeHead(plan, now: now) { return reason }
        if let length = head.framing.declaredLength, length > plan.bodyLimit { return .requestBodyTooLarge }
        guard snapshot.isGoverned || snapshot.limitsCallers || worker.gate.idempotency != nil else { return nil }
        caller = callerKey()
        if snapshot.limitsCallers, own == nil, let span = worker.gate.rates.refuses(caller, now: now) {
            retryAfter = span
            return .admissionRateLimited
        }
        if let reason = readIdempotencyKey(plan) { return reason }
        return scope != nil && worker.keptBytes >= snapshot.replayShare ? .idempotencyUnavailable : nil
    }

    func prepare(route: String, now: Moment) -> ExchangeRecord {
        exchangeNumber &+= 1
        retryAfter = nil
        policies.clear()
        relayed = nil
        bytesOut = 0
        isStreaming = false
        awaitsDelivery = false
        client = origin.peer
        if headIsReadable, origin.isTrustedProxy {
            client = snapshot.clientAddress.resolve(head, peer: origin.peer)
        }
        id = headIsReadable && own == nil ? requestID(now: now) : worker.mintID(now: now)
        var record = ExchangeRecord()
        record.id = id
        record.startedAt = worker.wallTime(at: now)
        record.listener = origin.listener
        record.version = head.version
        record.client = client
        record.peer = origin.peer
        record.peerPort = origin.peerPort
        record.headIsReadable = headIsReadable
        record.route = route
        record.purpose = own?.purpose
        record.parent = own?.parent ?? []
        return record
    }

    /// The client's X-Request-Id where it is well-formed: 1 to 128 letters, digits, `-`, `_`, `.`; otherwise a new one.
    func requestID(now: Moment) -> RequestID {
        var found: Slot?
        for line in head.fields.lines where line.field == .xRequestID {
            guard found == nil else { return worker.mintID(now: now) }
            found = line.value
        }
        guard let slot = found, (1...128).contains(slot.length) else { return worker.mintID(now: now) }
        let isWellFormed = head.fields.bytes[slot.range].allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
            case _: false
            }
        }
        return isWellFormed ? .accepted(slot) : worker.mintID(now: now)
    }

    // MARK: the client

    override func writabilityChanged(isWritable: Bool, now: Moment) {
        if awaitsDelivery, isWritable {
            awaitsDelivery = false
            machine.delivered(now: now)
            finish()
            stream?.deadlineChanged()
        } else if isWritable {
            machine.answerHeldUp(now: now)
            connection?.setReading(true)
        }
    }

    override func clientGone(now: Moment) { run(machine.clientGone(now: now), now: now) }

    override func clientStalled(now: Moment) { run(machine.clientStalled(now: now), now: now) }

    override func shutDown(now: Moment) { run(machine.shutDown(now: now), now: now) }

    override func timerFired(now: Moment) {
        if let stream, !stream.isWritable { machine.answerHeldUp(now: now) }
        let action = machine.timerFired(now: now, jitter: worker.draw(), budgetAllows: budgetAllows)
        if action != .none, action != .hedge {
            let isAttempts = machine.attemptRecords.last?.failure != .exchangeDeadline
            settleAttempt(isAttempts ? .timedOut : .abandoned, now: now)
        }
        run(action, now: now)
    }
}
