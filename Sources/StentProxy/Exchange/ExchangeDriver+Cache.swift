import NIOCore
import StentAudit
import StentExchange
import StentModel
import StentPolicy

/// Answers from the cache.
extension ExchangeDriver {
    /// Waiting in vain so often, a request goes upstream by itself.
    private static let mostWakes = 2

    /// Whether the cache has a say in this request; sets `cache` where it does.
    func beginCaching(_ plan: RoutePlan) {
        guard worker.gate.cache != nil else { return }
        if let refresh = own?.refresh {
            cache = refresh.turn
            policies.canonical = refresh.canonical
            return
        }
        guard let cachePlan = plan.cache, own == nil else { return }
        switch ReuseRule.eligibility(head) {
        case .lookUp: break
        case .forward: return
        }
        var partition: [UInt8] = []
        switch cachePlan.sharing {
        case .everyone: break
        case .proven: guard policies.credential != nil else { return }
        case .caller:
            guard let key = policies.credential else { return }
            partition = CachePartition.bytes(of: key)
        }
        let control = snapshot.heedsRequestCacheControl ? RequestCacheControl(head.fields) : .none
        let target = resourceTarget
        cache = CacheTurn(
            plan: cachePlan,
            key: CacheKey(head, target: target, cachePlan, partition: partition, client: forwardedClient),
            path: CacheResource.path(of: target, suffixes: snapshot.suffixes), control: control, partition: partition)
    }

    /// Path and query as they go upstream.
    var resourceTarget: [UInt8] {
        policies.canonical?.target ?? Array(head.fields.bytes[head.pathAndQuery.range])
    }

    // MARK: look-up

    private func access(_ turn: CacheTurn, now: Moment) -> ReuseRule.Access {
        guard turn.plan.sharing != .everyone else { return .granted }
        guard let key = policies.credential, let proofs = worker.gate.proofs else { return .denied }
        switch proofs.standing(of: key, now: now) {
        case .proven: return .granted
        case .stale: return .whileDown
        case .unknown: return .denied
        }
    }

    /// Answers from what is stored, waits for what is being fetched, or lets the request go upstream.
    func lookUp(now: Moment) {
        guard let store = worker.gate.cache, var turn = cache else { return prepareKeyed(now: now) }
        if own != nil {  // it is made to bring a new answer
            machine.outlivesClient = true
            machine.holdsAnswer = true
            return prepareKeyed(now: now)
        }
        let access = access(turn, now: now)
        let verdict: ReuseRule.Verdict
        turn.outdated = nil
        let found = store.find(turn.key, for: head.fields)
        if access != .denied, found.isMiss, askTier(of: store, &turn, now: now) { return }
        switch found {
        case .nothing: verdict = ReuseRule.decideMiss(.uriMiss, turn.control)
        case .otherVariant: verdict = ReuseRule.decideMiss(.varyMiss, turn.control)
        case .entry(let entry, let standing):
            verdict = ReuseRule.decide(entry.lifetime, standing, access, at: now, turn.control)
            if access != .denied { turn.outdated = entry }
            if access == .granted { turn.entry = entry }
        }
        cache = turn
        switch verdict {
        case .fresh: serve(.hit, .cacheHit, now: now)
        case .staleAsAsked: serve(.stale, .cacheStale, now: now)
        case .staleWhileRevalidating:
            refresh(now: now)
            serve(.stale, .cacheStale, now: now)
        case .gatewayTimeout: run(machine.refusePrepared(.cacheNotStored, now: now), now: now)
        case .revalidate(let reason):
            cache?.entry = nil
            fetch(reason, isAlone: access == .denied && turn.plan.sharing == .proven, now: now)
        }
    }

    /// How long a request waits for a disk; one that hangs must not hold up what the upstream could answer.
    private static let tierPatience = TimeAmount.milliseconds(500)

    /// Looks for a copy below the memory, once.
    ///
    /// - Returns: whether the request waits for it; the look-up is then made again.
    private func askTier(of store: CacheStore, _ turn: inout CacheTurn, now: Moment) -> Bool {
        guard !turn.hasAskedTier, let tier = store.attachedTier else { return false }
        turn.hasAskedTier = true
        // The closure can't hold what is borrowed.
        let fields = head.fields
        guard case .copy(let item) = tier.find(CacheTierKey(turn.key), where: { StoredCopy.isMeant($0, by: fields) }),
            item.standing != .invalid
        else { return false }
        cache = turn
        let number = exchangeNumber
        let waiter = LoopWaiter<[UInt8]?> { [self] payload in
            guard isPreparing(number), let turn = cache else { return }
            let now = worker.now
            if let payload {
                _ = store.promote(payload, of: item, under: turn.key, wallOffset: worker.wallOffset)
            }
            lookUp(now: now)
        }
        let bound = NIOLoopBound(waiter, eventLoop: worker.loop)
        tier.read(item) { payload in bound.eventLoop.execute { bound.value.tell(payload) } }
        worker.loop.assumeIsolated().scheduleTask(in: Self.tierPatience) { waiter.tell(nil) }
        return true
    }

    private func serve(_ use: ExchangeRecord.CacheUse, _ reason: Reason, now: Moment) {
        guard var turn = cache, let entry = turn.entry else { return prepareKeyed(now: now) }
        let isCollapsed = turn.status.isCollapsed
        // Who waited for a fetch was not answered from what was there.
        if isCollapsed {
            turn.status.storing = .untold
        } else {
            turn.status = CacheStatus(.hit)
            turn.use = use
        }
        turn.status.ttl = entry.lifetime.freshness(at: now)
        let whole = storedAnswer(entry, now: now)
        turn.answer = whole
        cache = turn
        run(machine.serve(status: whole.status, reason: reason, now: now), now: now)
    }

    /// The stored answer to this request: to its condition, its range, its method.
    func storedAnswer(_ entry: CacheEntry, now: Moment) -> WholeAnswer {
        var fields: [UInt8] = []
        fields.reserveCapacity(512)
        // What nearly every request asks for: the whole response, and no question.
        let isPlain = head.method == .get && head.fields.lines.allSatisfy { RevalidationRule.passes($0.field) }
        let part = isPlain ? Part.whole : asked(of: entry, now: now)
        if part == .notModified {
            let section = StoredFields.section(entry.fields)
            section.append(to: &fields) { StoredFields.isOfNotModified($0.field) }
            appendAge(entry, now: now, to: &fields)
            return WholeAnswer(status: 304, fields: fields, content: ByteBuffer(), framing: .none)
        }
        entry.appendFields(to: &fields)
        appendAge(entry, now: now, to: &fields)
        let length = entry.contentCount
        let content: ByteBuffer
        var status = entry.status
        switch part {
        case .notModified, .nothing:
            return WholeAnswer(status: status, fields: fields, content: ByteBuffer(), framing: .announced(length))
        case .whole: content = entry.content
        case .range(.whole): content = entry.content
        case .range(.part(let part)):
            status = 206
            content = entry.content(part)
        case .range(.unsatisfiable):
            status = 416
            content = ByteBuffer()
        }
        if status != entry.status, case .range(let range) = part {
            fields.append("Content-Range: ")
            RangeRule.appendContentRange(range, length: length, to: &fields)
            fields.append("\r\n")
        }
        let hasContent = status != 204 && status != 304
        return WholeAnswer(
            status: status, fields: fields, content: content,
            framing: hasContent ? .length(content.readableBytes) : .none)
    }

    /// What of a stored response is the answer.
    private enum Part: Equatable {
        case whole
        /// The head: it was asked for by HEAD.
        case nothing
        case notModified
        case range(RangeRule.Verdict)
    }

    private func asked(of entry: CacheEntry, now: Moment) -> Part {
        let time = worker.wallTime(at: now)
        let validators = entry.validators
        switch ConditionRule.decide(head.fields, validators, status: entry.status, now: time) {
        case .notModified: return .notModified
        case .whole: break
        }
        guard head.method != .head else { return .nothing }
        return .range(RangeRule.decide(head, validators, status: entry.status, length: entry.contentCount, now: time))
    }

    private func appendAge(_ entry: CacheEntry, now: Moment, to fields: inout [UInt8]) {
        fields.append("Age: ")
        entry.lifetime.appendAge(at: now, to: &fields)
        fields.append("\r\n")
    }

    // MARK: fetches

    /// - Parameter isAlone: its answer is not for those who wait.
    private func fetch(_ reason: CacheForward, isAlone: Bool, now: Moment) {
        guard let store = worker.gate.cache, var turn = cache else { return prepareKeyed(now: now) }
        let isCollapsed = turn.status.isCollapsed
        turn.status = CacheStatus(.forwarded(reason))
        turn.status.isCollapsed = isCollapsed
        turn.use = .forwarded(reason)
        begin(&turn, store, now: now)
        machine.holdsAnswer = turn.outdated != nil
        guard !isAlone, isShareable(turn), turn.wakes <= Self.mostWakes, let stamp = turn.stamp else {
            cache = turn
            return prepareKeyed(now: now)
        }
        let number = exchangeNumber
        let waiter = LoopWaiter<FlightOutcome> { [self] outcome in
            guard isPreparing(number) else { return }
            woken(outcome)
        }
        switch store.join(turn.key, stamp: stamp, now: now, waiter, on: worker.loop) {
        case .lead(let flight):
            turn.flight = flight
            cache = turn
            machine.outlivesClient = true
            prepareKeyed(now: now)
        case .wait(_, let id):
            turn.waiting = (id, waiter)
            turn.status.isCollapsed = true
            cache = turn
        case .alone:
            cache = turn
            prepareKeyed(now: now)
        }
    }

    /// Whether the answer to this request could be another one's, too: not where its own condition or range goes upstream.
    private func isShareable(_ turn: CacheTurn) -> Bool {
        guard head.method == .get, !turn.control.directives.contains(.noStore) else { return false }
        return turn.condition != nil || head.fields.lines.allSatisfy { RevalidationRule.passes($0.field) }
    }

    private func begin(_ turn: inout CacheTurn, _ store: CacheStore, now: Moment) {
        let groups = CacheGroups.read(path: turn.path.span, tags: turn.tags)
        turn.groups = groups
        turn.stamp = store.note(groups)
        turn.began = now
    }

    /// The fetch that this request waited for is over.
    private func woken(_ outcome: FlightOutcome) {
        let now = worker.now
        cache?.waiting = nil
        cache?.wakes += 1
        switch outcome {
        case .stored, .failed: lookUp(now: now)
        case .uncacheable:
            cache?.status.isCollapsed = false
            prepareKeyed(now: now)
        }
    }

    /// Asks the upstream anew for what is served stale, once for all who are served so meanwhile.
    private func refresh(now: Moment) {
        guard let store = worker.gate.cache, var turn = cache else { return }
        turn.outdated = turn.entry
        turn.entry = nil
        begin(&turn, store, now: now)
        guard let stamp = turn.stamp, let flight = store.refresh(turn.key, stamp: stamp, now: now) else { return }
        turn.flight = flight
        turn.use = .forwarded(.stale)
        turn.status = CacheStatus(.forwarded(.stale))
        var parent: [UInt8] = []
        id.append(to: &parent, head: head)
        OwnExchange.refresh(
            head,
            .init(turn: turn, canonical: policies.canonical, isTLS: origin.listener == .https), parent: parent,
            client: client, on: worker)
    }
}
