import StentModel

/// Whom credentials belong to, as far as the upstream has said so.
///
/// Only the upstream knows passwords. Who a credential belongs to is asked of it once for all who want to know at the
/// same time, and believed for a while; whatever it answers to ordinary requests with that credential renews the belief,
/// or ends it. The question is an exchange of stent's own: those who wait for it may go, it is answered all the same.
///
/// One table serves all workers, behind the shell's lock: every call takes constant time, spread over many, but for the
/// list of those to wake.
package struct ProofTable: Sendable {
    /// A request that waits to learn who its caller is; never used twice.
    package struct WaiterID: Sendable, Hashable {
        package let value: UInt64
    }

    package enum Purpose: Sendable, Equatable {
        /// A proof that is too old will do while the upstream can't be asked.
        case read
        case write
    }

    package enum Identification: Sendable, Equatable {
        case known(Principal)
        /// The upstream has just refused it.
        case refused
        /// The upstream is to be asked, by this caller alone; `answered` then names this waiter with the others.
        case ask(WaiterID)
        /// It is being asked already; `answered` will name this waiter.
        case wait(WaiterID)
    }

    /// What came of asking the upstream.
    package enum Answer: Sendable, Equatable {
        case principal(Principal)
        case refused
        /// It could not be found out; the question's own retries are behind it.
        case failed
    }

    package enum Outcome: Sendable, Equatable {
        case known(Principal)
        case refused
        case unavailable
    }

    package struct Wake: Sendable, Equatable {
        package var waiter: WaiterID
        package var outcome: Outcome

        package init(_ waiter: WaiterID, _ outcome: Outcome) {
            self.waiter = waiter
            self.outcome = outcome
        }
    }

    package enum Next: Sendable, Equatable {
        /// In the order they came.
        case wake([Wake])
        /// The answer counts for nothing any more, and there are those who wait: ask again, now.
        case askAgain
    }

    /// What the upstream last said of a credential.
    private enum Knowledge: Sendable {
        case nothing
        /// It accepts it; whose it is was not asked, or is told here.
        case proven(Principal?, at: Moment)
        case refused(at: Moment)
    }

    /// A question under way.
    private struct Question: Sendable {
        /// The table's when it was asked.
        var generation: Int
        /// The upstream has refused the credential since.
        var isContradicted = false
        /// In the order they came; those cancelled still stand in it.
        var queue: [Waiter] = []
        var waiting = 0
    }

    private struct Waiter: Sendable {
        var id: WaiterID
        var purpose: Purpose
    }

    private struct Entry: Sendable {
        var key: CredentialKey
        var knowledge = Knowledge.nothing
        /// The table's when it was learned.
        var generation: Int
        /// Entries with one are in no chain: they stay.
        var question: Question?
    }

    private var lifetime: TimeSpan
    private var negative: TimeSpan
    private var staleWhileDown: TimeSpan
    private var maximum: Int
    private var entries: [Entry] = []
    private var free: [Int] = []
    private var places: [CredentialKey: Int] = [:]
    /// Those without a question, in the order of their last use.
    private var idle = Chain()
    private var links = ChainLinks()
    /// Where those wait who do.
    private var waiters: [WaiterID: Int] = [:]
    private var newest: UInt64 = 0
    private var generation = 0
    /// When everything was last forgotten.
    private var forgotten = Moment(nanoseconds: .min)

    package init(_ settings: ProofSettings) {
        lifetime = TimeSpan(settings.lifetime)
        negative = TimeSpan(settings.negative)
        staleWhileDown = TimeSpan(settings.staleWhileDown)
        maximum = max(1, settings.maximum)
    }

    /// Holds for what is known already, too.
    package mutating func reconfigure(_ settings: ProofSettings) {
        lifetime = TimeSpan(settings.lifetime)
        negative = TimeSpan(settings.negative)
        staleWhileDown = TimeSpan(settings.staleWhileDown)
        maximum = max(1, settings.maximum)
        while places.count > maximum, forgetOldest() {}
    }

    /// Credentials of which something is known or asked, and requests that wait.
    package var size: (entries: Int, waiting: Int) { (places.count, waiters.count) }

    // MARK: Who it is

    /// A request needs to know who its caller is.
    ///
    /// - Parameter isUpstreamDown: it is not worth while to wait for an answer.
    package mutating func identify(
        _ key: CredentialKey, now: Moment, purpose: Purpose, isUpstreamDown: Bool
    ) -> Identification {
        forgetExpired(now)
        let place = use(key)
        switch knowledge(at: place) {
        case .refused(let at) where now.since(at) < negative: return .refused
        case .proven(.some(let principal), let at) where now.since(at) < lifetime: return .known(principal)
        case .nothing, .refused, .proven:
            if isUpstreamDown, let principal = stalePrincipal(at: place, purpose, now) { return .known(principal) }
        }
        newest += 1
        let waiter = WaiterID(value: newest)
        waiters[waiter] = place
        let isAsked = entries[place].question != nil
        if !isAsked {
            links.remove(place, from: &idle)
            entries[place].question = Question(generation: generation)
        }
        entries[place].question?.queue.append(Waiter(id: waiter, purpose: purpose))
        entries[place].question?.waiting += 1
        return isAsked ? .wait(waiter) : .ask(waiter)
    }

    /// Who a credential belongs to, where that is known for certain; not a use that keeps it from being forgotten, for the
    /// request's answer will be one (`observed`).
    package func principal(of key: CredentialKey, now: Moment) -> Principal? {
        guard let place = places[key] else { return nil }
        switch knowledge(at: place) {
        case .proven(let principal, let at): return now.since(at) < lifetime ? principal : nil
        case .nothing, .refused: return nil
        }
    }

    /// The question about this credential has its answer.
    ///
    /// One that failed fails all who wait at that moment, but for reads that an older proof will serve: its retries are
    /// behind it, and a dead upstream is not to be asked once for each of them. Who comes later asks anew. One that
    /// began before everything was forgotten is not believed, whatever it says; nor is a proof that the upstream
    /// contradicted while it was on its way.
    package mutating func answered(_ key: CredentialKey, _ answer: Answer, now: Moment) -> Next {
        guard let place = places[key], let question = entries[place].question else {
            preconditionFailure("only who was told to ask has an answer, and once")
        }
        switch answer {
        case .principal, .refused:
            if question.generation != generation, question.waiting > 0 {
                entries[place].question?.generation = generation
                entries[place].question?.isContradicted = false
                return .askAgain
            }
            if question.generation == generation { learn(answer, at: place, question, now) }
        case .failed: break
        }
        let woken = wake(question, answer, at: place, now)
        entries[place].question = nil
        links.append(place, to: &idle)
        while places.count > maximum, forgetOldest() {}
        return .wake(woken)
    }

    private mutating func learn(_ answer: Answer, at place: Int, _ question: Question, _ now: Moment) {
        switch answer {
        case .principal(let principal):
            if !question.isContradicted { know(.proven(principal, at: now), at: place) }
        case .refused: know(.refused(at: now), at: place)
        case .failed: break
        }
    }

    private mutating func wake(_ question: Question, _ answer: Answer, at place: Int, _ now: Moment) -> [Wake] {
        var woken: [Wake] = []
        woken.reserveCapacity(question.waiting)
        for waiter in question.queue where waiters.removeValue(forKey: waiter.id) != nil {
            let outcome: Outcome
            switch answer {
            case .principal(let principal): outcome = question.isContradicted ? .refused : .known(principal)
            case .refused: outcome = .refused
            case .failed:
                outcome = stalePrincipal(at: place, waiter.purpose, now).map { .known($0) } ?? .unavailable
            }
            woken.append(Wake(waiter.id, outcome))
        }
        return woken
    }

    /// A waiter waits no longer. The question goes on, for the next one who wants to know.
    package mutating func cancel(_ waiter: WaiterID) {
        guard let place = waiters.removeValue(forKey: waiter), var question = entries[place].question else { return }
        question.waiting -= 1
        if question.queue.count > 16, question.waiting < question.queue.count / 2 {
            question.queue.removeAll { waiters[$0.id] == nil }
        }
        entries[place].question = question
    }

    /// A principal that is good enough for this purpose while the upstream can't be asked.
    private func stalePrincipal(at place: Int, _ purpose: Purpose, _ now: Moment) -> Principal? {
        switch (purpose, knowledge(at: place)) {
        case (.read, .proven(let principal, let at)):
            now.since(at) < lifetime.adding(staleWhileDown) ? principal : nil
        case (.read, .nothing), (.read, .refused), (.write, _): nil
        }
    }

    // MARK: What ordinary answers say

    /// The upstream has answered an ordinary request with this credential, at a place where it looks at credentials.
    ///
    /// A 401 ends a proof. An answer that it gives only to those it knows renews one: 2xx, 3xx, 404, 409 and 422. Whose
    /// the credential is, only the question finds. Others say nothing: a 500 or a 400 may come before credentials are
    /// looked at.
    ///
    /// - Parameter began: when the request was sent. An answer to one of before everything was forgotten says nothing,
    ///   nor does a good one of before a refusal.
    package mutating func observed(_ key: CredentialKey, status: Int, began: Moment, now: Moment) {
        guard began > forgotten else { return }
        switch status {
        case 401:
            let place = use(key)
            know(.refused(at: now), at: place)
            entries[place].question?.isContradicted = true
        case 200..<400, 404, 409, 422:
            let place = use(key)
            switch knowledge(at: place) {
            case .nothing: know(.proven(nil, at: now), at: place)
            case .proven(let principal, let at):
                let isKept = now.since(at) < lifetime.adding(staleWhileDown)
                know(.proven(isKept ? principal : nil, at: now), at: place)
            case .refused(let at): if began > at { know(.proven(nil, at: now), at: place) }
            }
        case _: break
        }
    }

    /// Whether the upstream has just refused this credential.
    package func isRefused(_ key: CredentialKey, now: Moment) -> Bool {
        guard let place = places[key] else { return false }
        switch knowledge(at: place) {
        case .refused(let at): return now.since(at) < negative
        case .nothing, .proven: return false
        }
    }

    /// What the upstream thinks of a credential, whoever it belongs to.
    package enum Standing: Sendable, Equatable {
        case proven
        /// It did, longer ago: good enough to read by while it can't be asked.
        case stale
        case unknown
    }

    package func standing(of key: CredentialKey, now: Moment) -> Standing {
        guard let place = places[key] else { return .unknown }
        switch knowledge(at: place) {
        case .proven(_, let at) where now.since(at) < lifetime: return .proven
        case .proven(_, let at) where now.since(at) < lifetime.adding(staleWhileDown): return .stale
        case .proven, .nothing, .refused: return .unknown
        }
    }

    /// Credentials may mean something else from now on: every proof and every refusal is gone.
    package mutating func forgetAll(now: Moment) {
        generation += 1
        forgotten = max(forgotten, now)
    }

    // MARK: Entries

    private func knowledge(at place: Int) -> Knowledge {
        entries[place].generation == generation ? entries[place].knowledge : .nothing
    }

    private mutating func know(_ knowledge: Knowledge, at place: Int) {
        entries[place].knowledge = knowledge
        entries[place].generation = generation
    }

    /// The credential's entry, as the one used last; a new one takes the place of the one used longest ago.
    private mutating func use(_ key: CredentialKey) -> Int {
        if let place = places[key] {
            if entries[place].question == nil {
                links.remove(place, from: &idle)
                links.append(place, to: &idle)
            }
            return place
        }
        // Where everything is being asked at the moment there are more: as many as requests under way, which have a
        // bound of their own.
        if places.count >= maximum { _ = forgetOldest() }
        let entry = Entry(key: key, generation: generation)
        let place: Int
        if let reused = free.popLast() {
            place = reused
            entries[place] = entry
        } else {
            place = entries.count
            entries.append(entry)
        }
        places[key] = place
        links.append(place, to: &idle)
        return place
    }

    /// Forgets what serves nobody any more: more at a time than one call adds, so that none stays for long.
    private mutating func forgetExpired(_ now: Moment) {
        for _ in 0..<2 {
            guard !idle.isEmpty, isExpired(at: idle.first, now) else { return }
            _ = forgetOldest()
        }
    }

    private func isExpired(at place: Int, _ now: Moment) -> Bool {
        switch knowledge(at: place) {
        case .nothing: true
        case .proven(_, let at): now.since(at) >= lifetime.adding(staleWhileDown)
        case .refused(let at): now.since(at) >= negative
        }
    }

    /// - Returns: whether there was one that may be forgotten.
    private mutating func forgetOldest() -> Bool {
        guard !idle.isEmpty else { return false }
        let place = idle.first
        links.remove(place, from: &idle)
        places[entries[place].key] = nil
        entries[place].knowledge = .nothing
        free.append(place)
        return true
    }
}

extension TimeSpan {
    fileprivate func adding(_ other: TimeSpan) -> TimeSpan {
        let (sum, overflow) = nanoseconds.addingReportingOverflow(other.nanoseconds)
        return TimeSpan(nanoseconds: overflow ? .max : sum)
    }
}
