import StentAudit
import StentExchange
import StentModel
import StentPolicy
import Testing

/// A driver that does to the machine, in random order, everything that a real one may do, and keeps its own account of what
/// must come of it.
private struct Simulation: ~Copyable {
    /// What the driver knows of a running attempt.
    struct Attempt {
        var kind = ExchangeMachine.Kind.request
        var isConnected = false
        var isReused = false
        var status: Int?
    }

    var random: SeededRandom
    var now = Moment(nanoseconds: 1)
    var machine: ExchangeMachine
    var plan: RoutePlan
    let limits: ExchangeMachine.Limits
    var violations: [String] = []
    var reasons: Set<Reason> = []

    // Of one exchange:
    var method = Method.get
    var start = Moment(nanoseconds: 1)
    var attempt: Attempt?
    var isPausing = false
    var isPreparing = false
    var isQueueing = false
    var isStreaming = false
    var isDelivering = false
    var isOver = false
    var requestHasEnded = false
    var clientIsThere = true
    var clientStatus = 0
    var attemptCount = 0
    /// Attempts that sent the client's request, less probes.
    var sentCount = 0
    var canVerify = false
    /// The status that an earlier request with the same key had; `nil` where this is the first.
    var replayedStatus: Int?
    /// How often the upstream has carried out this write, and when it will yet.
    var effects = 0
    var lateEffects: [Moment] = []
    var bytesHaveLeft = false
    var bytesIn = 0

    /// The methods of requests, each as likely as it stands here often.
    let methods: [Method]

    init(seed: UInt64, methods: [Method]) {
        random = SeededRandom(seed: seed)
        self.methods = methods
        var settings = Settings()
        settings.retry.attempts = Int(random.next() % 4) + 1
        if random.once(in: 3) { settings.retry.methods = [.get, .put, .delete] }
        settings.retry.holdResponse = ByteCount(100)
        settings.retry.replayRequest = ByteCount(40)
        settings.limits.body = ByteCount(120)
        settings.upstream.deadline = random.once(in: 2) ? nil : .seconds(20)
        settings.upstream.firstByteTimeout = .seconds(5)
        settings.upstream.attemptTimeout = .seconds(8)
        settings.upstream.idleTimeout = .seconds(3)
        plan = RouteTable(settings).fallback
        if !random.once(in: 4) { plan.settle = Self.settle }
        limits = ExchangeMachine.Limits(settings.upstream)
        machine = ExchangeMachine(plan: plan, limits: limits)
    }

    /// A write takes effect at most this long after its attempt failed.
    static let settle = TimeSpan.seconds(4)

    mutating func check(_ holds: Bool, _ rule: StaticString) {
        if !holds { violations.append("\(rule): \(method), \(attemptCount) attempts, client got \(clientStatus)") }
    }

    // MARK: the exchange

    mutating func run() {
        start = now
        method = methods[Int(random.next() % UInt64(methods.count))]
        (attempt, isPausing, isStreaming, isDelivering, isOver) = (nil, false, false, false, false)
        (requestHasEnded, clientIsThere, clientStatus) = (false, true, 0)
        (attemptCount, bytesHaveLeft, bytesIn) = (0, false, 0)
        (isPreparing, isQueueing, canVerify, replayedStatus, sentCount) = (false, false, false, nil, 0)
        (effects, lateEffects) = (0, [])
        var needs = ExchangeMachine.Needs()
        needs.admission = random.once(in: 2)
        needs.insistsOnPreparation = !method.isSafe && random.once(in: 4)
        needs.preparation = needs.insistsOnPreparation || method == .post && plan.settle != nil
        if random.once(in: 10) {
            let reason: Reason = random.once(in: 2) ? .requestDotSegment : .admissionAuditUnavailable
            perform(machine.refuse(reason, method: method, record: ExchangeRecord(), now: now))
        } else {
            perform(
                machine.begin(
                    method: method, plan: plan, limits: limits, needs: needs, record: ExchangeRecord(), now: now))
        }
        var steps = 0
        while !isOver, violations.isEmpty, steps < 150 {
            steps += 1
            now = now.advanced(by: .milliseconds(Int64(random.next() % 500)))
            step()
        }
        if !isOver, violations.isEmpty { perform(machine.shutDown(now: now)) }
        if isDelivering { deliver() }
        check(isOver, "a shutdown ends everything")
        check(machine.isFinished && !machine.isActive, "what is over is finished")
        guard violations.isEmpty else { return }
        afterTheEnd()
    }

    mutating func step() {
        let earlyDue = machine.due
        if now < earlyDue {
            check(machine.timerFired(now: now, jitter: 0) == .none, "nothing fires before it is due")
        }
        switch random.next() % 16 {
        case 0...6: upstreamStep()
        case 7...10: if clientIsThere, !requestHasEnded { requestStep() }
        case 11:
            now = earlyDue == .distantFuture ? now : max(now, earlyDue)
            interrupt(machine.timerFired(now: now, jitter: jitter(), budgetAllows: !random.once(in: 10)))
        case 12: if random.once(in: 6) { clientStep() }
        case 13: if random.once(in: 16) { interrupt(machine.shutDown(now: now)) }
        case 14: machine.answerHeldUp(now: now)
        case _: if isDelivering { deliver() }
        }
    }

    mutating func jitter() -> Double { Double(random.next() % 101) / 100 }

    mutating func requestStep() {
        switch random.next() % 12 {
        case 0:
            interrupt(
                machine.requestFailed(random.once(in: 2) ? .requestBodyTimeout : .requestBodyTruncated, now: now))
        case 1...5:
            requestHasEnded = true
            perform(machine.requestEnd(now: now))
        case _:
            let count = random.once(in: 5) ? 90 : Int(random.next() % 25) + 1
            let isCounted = !isDelivering && !isOver
            let wasGathering = machine.isGathering
            if isCounted { bytesIn += count }
            let action = machine.requestContent(count, now: now)
            if isCounted, bytesIn <= plan.bodyLimit, !wasGathering {
                check(
                    action == (attempt?.isConnected ?? false ? .forward : .hold), "content goes where a connection is")
            }
            perform(action)
        }
    }

    mutating func clientStep() {
        guard clientIsThere else { return }
        if random.once(in: 3) {
            interrupt(machine.clientStalled(now: now))
        } else {
            clientIsThere = false
            interrupt(machine.clientGone(now: now))
        }
    }

    mutating func upstreamStep() {
        if isPausing { return perform(machine.pauseElapsed(now: now)) }
        if isPreparing { return prepare() }
        if isQueueing { return admit() }
        guard let running = attempt else { return }
        if !running.isConnected {
            if random.once(in: 4) {
                let reason: Reason = random.once(in: 3) ? .upstreamPoolTimeout : .upstreamConnectFailed
                return fail(UpstreamFailure(reason: reason, phase: .connecting, requestLeft: false))
            }
            attempt?.isConnected = true
            attempt?.isReused = random.once(in: 2)
            if running.kind == .request { bytesHaveLeft = true }
            machine.connected(reused: attempt?.isReused ?? false, now: now)
        } else if random.once(in: 5) {
            mayTakeEffect(isDone: running.status != nil)
            let metIdle = running.isReused && running.status == nil
            fail(
                UpstreamFailure(
                    reason: metIdle ? .upstreamStaleConnection : .upstreamTruncated,
                    phase: running.status == nil ? .awaitingAnswer : .readingAnswer, requestLeft: true,
                    metIdleConnection: metIdle))
        } else if running.status == nil {
            let status = [200, 201, 302, 404, 422, 500, 502, 503][Int(random.next() % 8)]
            attempt?.status = status
            if status < 400, running.kind == .request { effects += 1 }
            let length: Int? = random.once(in: 2) ? nil : Int(random.next() % 200)
            let after: TimeSpan? = random.once(in: 8) ? .seconds(Int64(random.next() % 15)) : nil
            perform(machine.answerHead(status: status, declaredLength: length, retryAfter: after, now: now))
        } else if random.once(in: 2) {
            perform(machine.answerContent(Int(random.next() % 80), now: now))
        } else {
            if running.status ?? 0 >= 500 { mayTakeEffect(isDone: running.status == 500) }
            perform(machine.answerEnd(now: now, jitter: jitter(), budgetAllows: !random.once(in: 10)))
        }
    }

    mutating func fail(_ failure: UpstreamFailure) {
        perform(machine.attemptFailed(failure, now: now, jitter: jitter(), budgetAllows: !random.once(in: 10)))
    }

    /// Something else than the upstream has ended the attempt, if there was one and it ended.
    mutating func interrupt(_ action: ExchangeMachine.Action) {
        if action != .none, action != .detach { mayTakeEffect(isDone: attempt?.status != nil) }
        perform(action)
    }

    /// The attempt under way ends without a good answer: the write behind it may be done, or may yet be.
    ///
    /// - Parameter isDone: the upstream has finished with it.
    mutating func mayTakeEffect(isDone: Bool) {
        guard let running = attempt, running.kind == .request, running.isConnected, random.once(in: 2) else { return }
        if let status = running.status, status < 500 { return }  // it has taken effect already, or never will
        guard !isDone else { return effects += 1 }
        lateEffects.append(now.advanced(by: .milliseconds(Int64(random.next() % 4_000))))
    }

    mutating func prepare() {
        isPreparing = false
        switch random.next() % 8 {
        case 0: perform(machine.refusePrepared(.idempotencyKeyReused, now: now))
        case 1:
            bytesHaveLeft = true  // those of an earlier exchange
            perform(machine.refusePrepared(.idempotencyInFlight, now: now))
        case 2:
            let status = random.once(in: 2) ? 201 : 422
            replayedStatus = status
            perform(machine.replay(status: status, now: now))
        case 3 where plan.settle != nil && method == .post:
            canVerify = true
            bytesHaveLeft = true
            if random.once(in: 2) { effects += 1 }
            perform(machine.prepared(canVerify: true, firstTry: now, now: now))
        case _:
            canVerify = plan.settle != nil && method == .post
            perform(machine.prepared(canVerify: canVerify, now: now))
        }
    }

    mutating func admit() {
        isQueueing = false
        if random.once(in: 12) {
            perform(machine.notAdmitted(random.once(in: 2) ? .breakerOpen : .admissionQueueTimeout, now: now))
        } else {
            let isProbe = random.once(in: 6)
            if isProbe, machine.nextKind == .request { sentCount -= 1 }
            perform(machine.admitted(isProbe: isProbe, now: now))
        }
    }

    /// The upstream is asked whether the write took effect.
    mutating func examine() {
        takeLateEffects(before: now)
        attempt = nil
        let finding: ExchangeMachine.Finding = random.once(in: 3) ? .unclear : effects > 0 ? .found : .absent
        let action = machine.examined(finding, now: now, jitter: jitter())
        if finding == .absent {
            switch action {
            case .attempt, .admit: bytesHaveLeft = false
            case .answer(let reason) where reason != .idempotencyUnknownOutcome: bytesHaveLeft = false
            case _: break
            }
        }
        perform(action)
    }

    mutating func takeLateEffects(before moment: Moment) {
        effects += lateEffects.filter { $0 <= moment }.count
        lateEffects.removeAll { $0 <= moment }
    }
}

extension Simulation {
    // MARK: what the machine wants

    mutating func perform(_ action: ExchangeMachine.Action) {
        check(!isOver, "an action after the end")
        switch action {
        case .none, .hold: break
        case .prepare:
            check(requestHasEnded && machine.bytesIn <= plan.replayLimit, "prepared without the whole request")
            isPreparing = true
        case .admit: (attempt, isPausing, isQueueing) = (nil, false, true)
        case .examine: examine()
        case .conclude(let conclusion):
            check(clientStatus == 0 && clientIsThere, "a second answer, or one for nobody")
            switch conclusion {
            case .relayed, .stored: check(false, "answered with what nobody asked for")
            case .found:
                check(effects > 0, "found what is not there")
                clientStatus = 201
            case .deleted:
                check(bytesHaveLeft, "a first DELETE that found nothing is said to have deleted")
                clientStatus = 204
            case .replayed: clientStatus = replayedStatus ?? 0
            }
            (attempt, isDelivering) = (nil, true)
        case .hedge: check(attempt?.isConnected ?? false, "a second attempt beside none")
        case .forward: check(attempt?.isConnected ?? false, "forwarded without a connection")
        case .attempt:
            begin()
        case .pause(let span):
            check(!isStreaming && !isDelivering, "a pause within an answer")
            check(span > .zero, "a pause of nothing")
            (attempt, isPausing) = (nil, true)
        case .sendHead:
            check(clientStatus == 0 && clientIsThere, "a second head, or one for nobody")
            clientStatus = attempt?.status ?? 0
            check(clientStatus > 0, "a head before the upstream's")
            isStreaming = true
        case .finishStream:
            check(isStreaming, "the end of an answer that has no head")
            (attempt, isStreaming, isDelivering) = (nil, false, true)
        case .deliver:
            check(clientStatus == 0 && clientIsThere, "a second answer, or one for nobody")
            clientStatus = attempt?.status ?? 0
            (attempt, isDelivering) = (nil, true)
        case .answer(let reason):
            check(clientStatus == 0 && clientIsThere, "a second answer, or one for nobody")
            check(reason.answer != nil, "an answer with a reason that has none")
            clientStatus = reason.answer?.status ?? 0
            checkField()
            (attempt, isPausing, isPreparing, isQueueing, isDelivering) = (nil, false, false, false, true)
        case .abort:
            check(clientStatus > 0, "an answer is cut that has not begun")
            end()
        case .cancel:
            check(!clientIsThere, "cancelled for a client that is there")
            end()
        case .detach:
            check(!method.isSafe && requestHasEnded && bytesHaveLeft, "detached for nothing")
        }
    }

    mutating func begin() {
        check(attempt == nil || !isStreaming, "an attempt while an answer streams")
        check(clientStatus == 0 && clientIsThere, "an attempt behind an answer, or for nobody")
        let mayRepeat = method.isSafe || plan.retry.methods.contains(method)
        let kind = machine.attemptKind
        attemptCount += 1
        if kind == .request {
            check(mayRepeat || !bytesHaveLeft, "sent twice")
            sentCount += 1
        } else {
            check(canVerify && bytesHaveLeft, "verified for nothing")
        }
        check(sentCount <= plan.retry.maximumAttempts + 1, "too many attempts")
        (attempt, isPausing) = (Attempt(kind: kind), false)
    }

    mutating func deliver() {
        machine.delivered(now: now)
        end()
    }

    mutating func end() {
        (attempt, isPausing, isStreaming, isDelivering, isOver) = (nil, false, false, false, true)
        (isPreparing, isQueueing) = (false, false)
        guard let record = machine.takeRecord(bytesOut: 3) else { return violations.append("no record") }
        check(machine.takeRecord(bytesOut: 3) == nil, "two records")
        check(record.status == clientStatus, "another status recorded than the client got")
        check(record.attempts.count == attemptCount, "another number of attempts recorded")
        check(record.bytesIn == bytesIn && record.bytesOut == 3, "another number of bytes recorded")
        check(record.duration == now.since(start), "another duration")
        check(
            record.queued.nanoseconds + record.paused.nanoseconds <= record.duration.nanoseconds,
            "more waiting than time")
        check(
            record.attempts.dropLast().allSatisfy { $0.failure != nil || $0.isVerification },
            "an attempt behind one that did not fail")
        check((record.outcome == nil) == method.isSafe, "an outcome of a read, or none of a write")
        check(record.outcome != .notSent || !bytesHaveLeft, "not sent, but bytes left")
        check(record.outcome != .unknown || bytesHaveLeft, "unknown, but no byte left")
        checkEffects(record)
        reasons.insert(record.reason)
        if let retry = record.retry { reasons.insert(retry) }
    }

    /// What was told is what happened: once where it is committed, not at all where it is refused.
    mutating func checkEffects(_ record: ExchangeRecord) {
        takeLateEffects(before: .distantFuture)
        guard !method.isSafe, !plan.retry.methods.contains(method), replayedStatus == nil else { return }
        check(effects <= 1, "carried out twice")
        switch record.outcome {
        case .committed: check(effects == 1, "committed, and nothing was done")
        case .rejected, .notSent: check(effects == 0, "refused, and yet done")
        case .unknown, .none: break
        }
    }

    /// The field that goes out with an answer of stent's own.
    mutating func checkField() {
        guard let field = machine.outcomeField(status: clientStatus) else {
            return check(method.isSafe || clientStatus < 400, "a failed write without its outcome")
        }
        check(field != .committed, "a failure that says committed")
        check((field == .unknown) == bytesHaveLeft, "the field does not say whether bytes left")
    }

    mutating func afterTheEnd() {
        let actions = [
            machine.timerFired(now: .distantFuture, jitter: 0), machine.pauseElapsed(now: now),
            machine.requestContent(1, now: now), machine.requestFailed(.requestBodyTimeout, now: now),
            machine.clientGone(now: now), machine.clientStalled(now: now), machine.shutDown(now: now),
        ]
        check(actions.allSatisfy { $0 == .none }, "an action after the record")
        machine.delivered(now: now)
        machine.requestEnd(now: now)
        check(machine.takeRecord(bytesOut: 0) == nil && machine.due == .distantFuture, "something is left")
    }
}

extension Simulation {
    static let everyMethod: [Method] = [.get, .head, .post, .post, .put, .patch, .delete, .other]

    /// Eight exchanges on one machine.
    static func violations(
        seed: UInt64, methods: [Method] = everyMethod
    ) -> (rules: [String], reasons: Set<Reason>) {
        var simulation = Simulation(seed: seed, methods: methods)
        for _ in 0..<8 where simulation.violations.isEmpty { simulation.run() }
        return (simulation.violations, simulation.reasons)
    }
}

@Suite struct `Any order of events` {
    @Test(arguments: 0..<10 as Range<UInt64>)
    func `ends in one record, never in two attempts of what must be done once`(block: UInt64) {
        var reasons: Set<Reason> = []
        for seed in block * 1_000..<(block + 1) * 1_000 {
            let result = Simulation.violations(seed: seed)
            #expect(result.rules.isEmpty, "seed \(seed)")
            reasons.formUnion(result.reasons)
            guard result.rules.isEmpty else { return }
        }
        // The dice reach every ending; a simulation that does not would prove nothing.
        let endings: Set<Reason> = [
            .exchangeAnswered, .exchangeDeadline, .exchangeShutdown, .clientGone, .clientStalled, .requestBodyTooLarge,
            .requestBodyTimeout, .requestBodyTruncated, .upstreamStatus, .upstreamTruncated, .upstreamStaleConnection,
            .upstreamFirstByteTimeout, .upstreamAttemptTimeout, .upstreamIdleTimeout, .upstreamConnectFailed,
            .upstreamPoolTimeout, .retryCause, .retryNeverSent, .retryOff, .retryAttemptsSpent, .retryNotIdempotent,
            .retryCauseNotListed, .retryBodyNotKept, .retryAnswerStreaming, .retryDeadline, .retryBudgetSpent,
            .idempotencyReplayed, .idempotencyKeyReused, .idempotencyInFlight, .idempotencyBodyTooLarge, .breakerOpen,
            .admissionQueueTimeout,
        ]
        #expect(endings.subtracting(reasons).isEmpty)
        // A reason added to the machine's areas is to be reached, too. No event leads to `exchange.internal`, and
        // `exchange.process-died` is what the next process says.
        let areas = Reason.allCases.filter { reason in
            ["client.", "exchange.", "retry."].contains { reason.rawValue.hasPrefix($0) }
        }
        let unreached: Set<Reason> = [.exchangeInternal, .exchangeProcessDied, .retryRepeatedDelete, .retryHedgeLost]
        #expect(Set(areas).subtracting(endings) == unreached)
    }

    @Test func `carries out no create twice and loses none, whatever fails`() {
        var reasons: Set<Reason> = []
        for seed in 20_000..<24_000 as Range<UInt64> {
            let result = Simulation.violations(seed: seed, methods: [.post, .post, .post, .delete])
            #expect(result.rules.isEmpty, "seed \(seed)")
            reasons.formUnion(result.reasons)
            guard result.rules.isEmpty else { return }
        }
        let endings: Set<Reason> = [
            .retryRepeatedDelete, .resendFound, .resendAbsent, .resendNotDone, .resendUnverified,
            .idempotencyUnknownOutcome,
        ]
        #expect(endings.subtracting(reasons).isEmpty)
    }
}
