import NIOCore
import StentAudit
import StentExchange
import StentModel
import StentPolicy

/// What answers and writes mean for the cache.
extension ExchangeDriver {
    /// The head of an answer to this request is there: whether what follows is stored is decided now.
    func offerToCache(_ answer: borrowing ResponseHead, now: Moment) {
        guard var turn = cache, turn.groups != nil, machine.attemptKind == .request else { return }
        turn.lifetime = nil
        turn.copy = ByteBuffer()
        turn.status.forwardStatus = nil
        if answer.status == 304, turn.outdated != nil {
            cache = turn
            return
        }
        let timing = ResponseTiming(requested: requestStart, received: now, receivedAt: worker.wallTime(at: now))
        let verdict = StoreRule().decide(
            CacheableResponse(answer), to: head, timing, sharing: turn.plan.sharing, override: turn.plan.override,
            control: turn.control)
        switch verdict {
        case .store(let lifetime):
            if let length = answer.framing.declaredLength, length > snapshot.largestStored {
                turn.status.storing = .refused(.tooLarge)
            } else if let groups = turn.groups, let stamp = turn.stamp,
                worker.gate.cache?.mayStore(stamp, groups, began: turn.began) != true
            {
                turn.status.storing = .refused(.superseded)
            } else {
                turn.lifetime = lifetime
                turn.status.storing = .stored
            }
        case .refuse(let refusal): turn.status.storing = .refused(refusal)
        }
        cache = turn
        // A failure may yet be followed by a good answer, for which others go on waiting.
        guard turn.lifetime == nil, answer.status < 500, case .refused(let refusal) = turn.status.storing else {
            return
        }
        land(refusal == .superseded ? .failed : .uncacheable, now: now)
    }

    /// Content that is passed on is kept as well.
    func copyForCache(_ content: ByteBuffer, now: Moment) {
        guard cache?.lifetime != nil else { return }
        cache?.copy.writeImmutableBuffer(content)
        guard let count = cache?.copy.readableBytes, count > snapshot.largestStored else { return }
        cache?.lifetime = nil
        cache?.copy = ByteBuffer()
        land(.uncacheable, now: now)
    }

    /// What is sent instead of a whole answer that is held: what is stored, where it concerns that, or what the client's
    /// own condition or range makes of it, which the upstream has not seen; `nil` where it is sent as it is.
    func cachedAnswer(for answer: borrowing ResponseHead, now: Moment) -> WholeAnswer? {
        if let whole = answerInstead(of: answer, now: now) { return whole }
        guard let entry = storeAnswer(answer, held, now: now), cache?.condition != nil, head.method == .get,
            head.fields.lines.contains(where: { !RevalidationRule.passes($0.field) })
        else { return nil }
        let whole = storedAnswer(entry, now: now)
        machine.substitute(status: whole.status, reason: .exchangeAnswered)
        return whole
    }

    /// The answer is whole.
    @discardableResult
    func storeAnswer(_ answer: borrowing ResponseHead, _ content: ByteBuffer, now: Moment) -> CacheEntry? {
        guard let store = worker.gate.cache, let turn = cache, let lifetime = turn.lifetime, let groups = turn.groups,
            let stamp = turn.stamp
        else { return nil }
        cache?.lifetime = nil
        cache?.copy = ByteBuffer()
        guard content.readableBytes <= snapshot.largestStored else {
            land(.uncacheable, now: now)
            return nil
        }
        let time = worker.wallTime(at: now)
        var fields: [UInt8] = []
        StoredFields.append(answer, receivedAt: time, to: &fields)
        let entry = stored(
            status: answer.status, fields, content, lifetime, receivedAt: time, vary: answer.fields, groups, stamp)
        if let refusal = put(entry, turn, in: store) {
            cache?.status.storing = .refused(refusal)
            land(refusal == .superseded ? .failed : .uncacheable, now: now)
        } else {
            land(.stored, now: now)
        }
        return entry
    }

    private func stored(
        status: Int, _ fields: [UInt8], _ content: ByteBuffer, _ lifetime: CacheLifetime, receivedAt time: WallTime,
        vary: borrowing FieldSection, _ groups: CacheGroups, _ stamp: CacheStamp
    ) -> CacheEntry {
        var names: [UInt8] = []
        var key: [UInt8] = []
        if case .names(let text) = VaryRule.fields(of: vary) {
            names = text
            VaryRule.appendKey(names: names, of: head.fields, to: &key)
        }
        return CacheEntry(
            status: status, fields: fields, content: content, lifetime: lifetime, receivedAt: time,
            varyNames: names, varyKey: key, groups: groups, stamp: stamp)
    }

    private func put(_ entry: CacheEntry, _ turn: CacheTurn, in store: CacheStore) -> CacheRefusal? {
        if let refusal = store.store(entry, under: turn.key, began: turn.began) { return refusal }
        store.keep(
            entry, under: turn.key, label: StoredCopy.label(path: turn.path, tags: turn.tags), began: turn.began,
            wallOffset: worker.wallOffset)
        return nil
    }

    // MARK: validation

    /// A 304 that does not concern what is stored, and that the client did not ask for (RFC 9111 §4.3.4): what is stored is
    /// good for nothing, and the request is to be made once more without a condition.
    func isAboutSomethingElse(_ answer: borrowing ResponseHead, now: Moment) -> Bool {
        guard let turn = cache, let outdated = turn.outdated, turn.groups != nil, head.method == .get, !isDetached,
            machine.attemptKind == .request,
            RevalidationRule.outcome(answer, outdated.validators, outdated.lifetime, at: now, turn.control) == .refetch
        else { return false }
        worker.gate.cache?.remove(outdated, under: turn.key)
        cache?.outdated = nil
        cache?.fetchesWhole = true
        return true
    }

    /// What is sent instead of an answer of the upstream that concerns what is stored; `nil` where that is the answer.
    func answerInstead(of answer: borrowing ResponseHead, now: Moment) -> WholeAnswer? {
        guard let turn = cache, let outdated = turn.outdated, turn.groups != nil else { return nil }
        if head.method == .head, answer.status < 500 {
            let length = outdated.contentCount
            switch HeadRule.decide(answer, outdated.validators, status: outdated.status, length: length) {
            case .freshen: _ = update(outdated, by: answer, turn, now: now)
            case .outdated: worker.gate.cache?.remove(outdated, under: turn.key)
            case .unrelated: break
            }
            return nil
        }
        switch RevalidationRule.outcome(answer, outdated.validators, outdated.lifetime, at: now, turn.control) {
        case .replace:
            if answer.status < 500 { worker.gate.cache?.remove(outdated, under: turn.key) }
            return nil
        case .passOn, .refetch: return nil
        case .serveStale: return staleAnswer(outdated, forwardStatus: answer.status, now: now)
        case .freshen: return freshened(outdated, answer, turn, now: now)
        }
    }

    /// What is stored, with the fields of an answer that says that it is still good (RFC 9111 §3.2), stored again where it
    /// may be.
    private func update(
        _ outdated: CacheEntry, by answer: borrowing ResponseHead, _ turn: CacheTurn, now: Moment
    ) -> CacheEntry? {
        guard let store = worker.gate.cache, let groups = turn.groups, let stamp = turn.stamp else { return nil }
        let time = worker.wallTime(at: now)
        let timing = ResponseTiming(requested: requestStart, received: now, receivedAt: time)
        let fields = StoredFields.updated(StoredFields.section(outdated.fields), by: answer, receivedAt: time)
        let updated = StoredFields.section(fields)
        let verdict = StoreRule().decide(
            CacheableResponse(status: outdated.status, updated: updated, by: answer), to: head, timing,
            sharing: turn.plan.sharing, override: turn.plan.override, control: turn.control)
        var lifetime = outdated.lifetime
        if case .store(let new) = verdict { lifetime = new }
        let entry = stored(
            status: outdated.status, fields, outdated.content, lifetime, receivedAt: time, vary: updated, groups, stamp)
        switch verdict {
        case .store:
            let refusal = put(entry, turn, in: store)
            cache?.status.storing = refusal.map { .refused($0) } ?? .stored
            land(refusal == nil ? .stored : .failed, now: now)
        case .refuse(let refusal):
            store.remove(outdated, under: turn.key)
            cache?.status.storing = .refused(refusal)
            land(.uncacheable, now: now)
        }
        return entry
    }

    private func freshened(
        _ outdated: CacheEntry, _ answer: borrowing ResponseHead, _ turn: CacheTurn, now: Moment
    ) -> WholeAnswer? {
        guard let entry = update(outdated, by: answer, turn, now: now) else { return nil }
        cache?.status.forwardStatus = 304
        cache?.status.ttl = entry.lifetime.freshness(at: now)
        cache?.use = .validated
        var whole = storedAnswer(entry, now: now)
        // Cookies are for whoever asked.
        let delivered = StoredFields.updated(
            StoredFields.section(outdated.fields), by: answer, receivedAt: worker.wallTime(at: now), for: .deliver)
        if delivered != entry.fields {
            StoredFields.section(delivered).append(to: &whole.fields) { $0.field == .setCookie }
        }
        machine.substitute(status: whole.status, reason: .cacheValidated)
        return whole
    }

    private func staleAnswer(_ entry: CacheEntry, forwardStatus: Int?, now: Moment) -> WholeAnswer {
        cache?.status.forwardStatus = forwardStatus
        cache?.status.storing = .untold
        cache?.status.ttl = entry.lifetime.freshness(at: now)
        cache?.use = .stale
        let whole = storedAnswer(entry, now: now)
        machine.substitute(status: whole.status, reason: .cacheStale)
        land(.failed, now: now)
        return whole
    }

    /// What is sent instead of a failure; `nil` where nothing may be.
    func answerInstead(of reason: Reason, now: Moment) -> WholeAnswer? {
        guard let turn = cache, let outdated = turn.outdated, turn.groups != nil, reason != .exchangeShutdown,
            let status = reason.answer?.status, (502...504).contains(status)
        else { return nil }
        switch RevalidationRule.outcome(of: .disconnected, outdated.lifetime, at: now, turn.control) {
        case .serveStale: return staleAnswer(outdated, forwardStatus: nil, now: now)
        case .freshen, .replace, .passOn, .refetch: return nil
        }
    }

    // MARK: those who wait

    func land(_ outcome: FlightOutcome, now: Moment) {
        guard let flight = cache?.flight, let key = cache?.key else { return }
        cache?.flight = nil
        worker.gate.cache?.landed(flight, of: key, outcome, now: now)
    }

    /// The exchange is over.
    func leaveCache(now: Moment) {
        guard cache != nil else { return }
        land(.failed, now: now)
        if let waiting = cache?.waiting, let key = cache?.key {
            waiting.waiter.forget()
            worker.gate.cache?.cancel(waiting.id, of: key)
        }
        cache = nil
    }

    // MARK: writes

    /// A write has, or may have, taken effect: what is stored of its resource, of its collection and of what the route names
    /// is used no more, in no partition. Called before the client has its answer.
    func invalidateStored(by answer: borrowing ResponseHead) {
        guard let store = worker.gate.cache, machine.attemptKind == .request else { return }
        if answer.status == 401, let key = policies.credential {
            store.invalidate(.tagged(CachePartition.bytes(of: key).span))
        }
        guard !head.method.isSafe else { return }
        switch InvalidationRule.decide(method: head.method, status: answer.status) {
        case .targets: invalidateTarget(store)
        // Whether a 5xx came before or after the work was done can't be told.
        case .nothing:
            if answer.status >= 500 { invalidateTarget(store) }
            return
        }
        guard answer.fields.first(.location) != nil || answer.fields.first(.contentLocation) != nil else { return }
        let host = head.fields.first(.host).map { Array(head.fields.bytes[$0.value.range]) } ?? []
        let uri = TargetURI(
            scheme: origin.listener == .https ? .https : .http, authority: host, pathAndQuery: resourceTarget)
        InvalidationRule.forEachTarget(of: answer.fields, at: uri) { named in
            store.invalidate(.read(path: CacheResource.path(of: named, suffixes: snapshot.suffixes).span))
        }
    }

    /// The same where there is no answer to go by.
    ///
    /// - Parameter outcome: of the write.
    func invalidateStored(after outcome: WriteOutcome?, now: Moment) {
        guard let store = worker.gate.cache, let outcome else { return }
        switch outcome {
        case .notSent, .rejected: return
        case .committed: invalidateTarget(store)
        case .unknown:
            let groups = invalidateTarget(store)
            // It may take effect as long as the upstream may work on it. An attempt may last for a day where answers stream,
            // and nobody works so long unseen: then it is the time to the first byte.
            let span = machine.plan.settle ?? min(machine.limits.attempt, machine.limits.firstByte)
            for groups in groups { store.hold(groups, until: now.advanced(by: span)) }
        }
    }

    @discardableResult
    private func invalidateTarget(_ store: CacheStore) -> [CacheGroups] {
        let path = CacheResource.path(of: resourceTarget, suffixes: snapshot.suffixes)
        var groups = [CacheGroups.written(path: path.span)]
        for path in snapshot.invalidatedPaths(by: machine.plan.index, path: path) {
            groups.append(.read(path: path.span))
        }
        for group in groups { store.invalidate(group) }
        return groups
    }
}
