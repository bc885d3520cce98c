import StentModel
import StentPolicy

/// Which attempts go to one upstream now, which wait, and which are refused: limit, queue, breaker and budget together.
///
/// One for all workers. Every attempt enters, the repeated ones too; what is admitted leaves exactly once with a verdict.
/// After each call the shell acts on the grants it got and sees to it that `wake` is called when `due` says.
///
/// While the breaker is open the time in the queue stands still: who waits for recovery has only the deadline of its
/// exchange against it.
package struct AdmissionMachine: Sendable {
    /// An admitted attempt's number, never used twice.
    package typealias TicketID = Int
    /// A waiting attempt's number, never used twice.
    package typealias WaiterID = Int

    package struct Request: Sendable {
        package var priority: Priority
        package var caller: CallerKey
        /// Its method changes nothing (RFC 9110 §9.2.1): preferred for probing.
        package var isSafe: Bool
        /// The index of its route.
        package var route: Int
        /// When its exchange ends.
        package var deadline: Moment

        package init(priority: Priority, caller: CallerKey, isSafe: Bool, route: Int, deadline: Moment) {
            self.priority = priority
            self.caller = caller
            self.isSafe = isSafe
            self.route = route
            self.deadline = deadline
        }
    }

    package struct Ticket: Sendable, Equatable {
        package var id: TicketID
        /// It was admitted while the breaker was open, to see whether the upstream is back.
        package var isProbe: Bool
    }

    package enum Entry: Sendable, Equatable {
        case admit(Ticket)
        case wait(WaiterID)
        case refuse(Reason, retryAfter: TimeSpan)
    }

    /// What the shell does for a waiter now.
    package enum Grant: Sendable, Equatable {
        case admit(WaiterID, Ticket)
        case refuse(WaiterID, Reason, retryAfter: TimeSpan)
    }

    /// How an attempt ended.
    package enum Verdict: Sendable, Equatable {
        /// A complete answer that is no failure of the upstream, after this time there.
        case answered(TimeSpan)
        /// 5xx, reset, malformed, truncated, no connection.
        case failed
        /// It took longer than an attempt may.
        case timedOut
        /// It says nothing of the upstream: the client went away.
        case abandoned
    }

    struct Flight: Sendable {
        var route: Int
        /// Attempts in flight when it was admitted, with it.
        var inFlight: Int
        /// The breaker's when it was admitted.
        var epoch: Int
        /// Its ticket's number, which tells the order of admission.
        var number: TicketID
        var isProbe: Bool
    }

    /// Waiters where there are no concurrency settings: they wait for the breaker only.
    static let boundWithoutLimit = 1_024
    /// The time an answer takes, until one has come.
    private static let presumedSeconds = 1.0
    /// Time constant of the mean time at the upstream, in answers.
    private static let meanAnswers = 20.0
    private static let longestRetryAfter = TimeSpan.seconds(120)

    var limit: ConcurrencyLimit?
    var breaker: Breaker?
    /// Retries that may still be made; the shell asks it and tells it.
    package var budget: RetryBudget
    var queue: AdmissionQueue
    var queueTimeout: TimeSpan
    var whileOpen: BreakerSettings.WhileOpen

    private var nextNumber = 0
    var flights: [TicketID: Flight] = [:]
    /// Those of the breaker's current epoch.
    private var inFlightOfEpoch = 0
    /// Refusals that `enter` had no way to tell: waiters that gave their place to a newcomer.
    var displaced: [Grant] = []
    private var displacedAt = Moment.distantFuture
    /// Since when the time in the queue stands still.
    private var openSince: Moment?
    /// How long it has stood still before.
    private var heldNanoseconds: Int64 = 0
    private var meanSeconds = presumedSeconds
    var refusals: [Reason: Int] = [:]

    /// - Parameters:
    ///   - concurrency: `nil` is as many attempts at once as there are requests.
    ///   - breaker: `nil` is none.
    ///   - routeCount: the routes of requests are below it.
    package init(
        concurrency: ConcurrencySettings?, breaker: BreakerSettings?, retry: RetrySettings, routeCount: Int
    ) {
        limit = concurrency.map { ConcurrencyLimit($0, routeCount: routeCount) }
        self.breaker = breaker.map { Breaker($0) }
        budget = RetryBudget(retry)
        queue = AdmissionQueue(bound: concurrency?.queue ?? Self.boundWithoutLimit)
        queueTimeout = TimeSpan((concurrency ?? ConcurrencySettings()).queueTimeout)
        whileOpen = breaker?.whileOpen ?? .wait
    }

    // MARK: Events

    /// An attempt wants to begin.
    package mutating func enter(_ request: Request, now: Moment) -> Entry {
        if queue.count == 0, mayAdmit(now: now) { return .admit(admit(route: request.route)) }
        if isOpen {
            switch whileOpen {
            case .wait: break
            case .refuse: return refuse(.breakerOpen, now: now)
            }
        }
        guard request.deadline > now else { return refuse(reasonAtDeadline, now: now) }
        let waiter = AdmissionQueue.Waiter(
            id: number(), priority: request.priority, caller: request.caller, isSafe: request.isSafe,
            route: request.route, deadline: request.deadline, since: queueTime(now))
        switch queue.push(waiter) {
        case .queued: break
        case .displacing(let loser):
            displaced.append(refusal(of: loser, .admissionQueueFull, now: now))
            displacedAt = min(displacedAt, now)
        case .full: return refuse(.admissionQueueFull, now: now)
        }
        return .wait(waiter.id)
    }

    /// An admitted attempt has ended.
    package mutating func leave(_ ticket: Ticket, _ verdict: Verdict, now: Moment) -> [Grant] {
        guard let flight = flights.removeValue(forKey: ticket.id) else {
            preconditionFailure("a ticket leaves once")
        }
        if flight.epoch == epoch { inFlightOfEpoch -= 1 }
        switch verdict {
        case .answered(let time):
            limit?.answered(in: time, route: flight.route, inFlight: flight.inFlight)
            meanSeconds += (Double(max(0, time.nanoseconds)) / 1e9 - meanSeconds) / Self.meanAnswers
            record(.good, of: flight, now: now)
        case .failed: record(.failed, of: flight, now: now)
        case .timedOut:
            // A probe that hangs is no sign of too much load.
            if !flight.isProbe { limit?.timedOut() }
            record(.failed, of: flight, now: now)
        case .abandoned: break
        }
        return settle(now: now)
    }

    /// A waiter no longer wants its turn. One that has been granted something meanwhile is not known any more, and what
    /// it was granted still counts.
    package mutating func cancel(_ waiter: WaiterID, now: Moment) -> [Grant] {
        _ = queue.remove(waiter)
        return settle(now: now)
    }

    /// When `wake` is to be called at the latest; the distant future where nothing waits. Changes with every call: after an
    /// `enter` that took a worse waiter's place it is past, since that waiter has yet to be told.
    package var due: Moment {
        guard displaced.isEmpty else { return displacedAt }
        guard let urgent = queue.mostUrgent, let oldest = queue.oldest else { return .distantFuture }
        if isOpen {
            let probe = inFlightOfEpoch == 0 && flights.count < normalLimit ? breaker?.nextProbe : nil
            return min(urgent.deadline, probe ?? .distantFuture)
        }
        let turn = oldest.since.advanced(by: queueTimeout).advanced(by: TimeSpan(nanoseconds: heldNanoseconds))
        return min(urgent.deadline, turn)
    }

    /// Time has passed.
    package mutating func wake(now: Moment) -> [Grant] { settle(now: now) }

    /// Other settings from now on; who waits and what was learned is kept.
    package mutating func reconfigure(
        concurrency: ConcurrencySettings?, breaker: BreakerSettings?, retry: RetrySettings, routeCount: Int, now: Moment
    ) -> [Grant] {
        if let concurrency {
            if limit == nil { limit = ConcurrencyLimit(concurrency, routeCount: routeCount) }
            limit?.reconfigure(concurrency, routeCount: routeCount)
        } else {
            limit = nil
        }
        if let breaker {
            if self.breaker == nil { adopt(Breaker(breaker)) }
            self.breaker?.reconfigure(breaker)
        } else {
            self.breaker = nil
        }
        budget.reconfigure(retry)
        queue.bound = max(0, concurrency?.queue ?? Self.boundWithoutLimit)
        queueTimeout = TimeSpan((concurrency ?? ConcurrencySettings()).queueTimeout)
        whileOpen = breaker?.whileOpen ?? .wait
        holdQueueTime(now: now)
        return settle(now: now)
    }

    /// An honest Retry-After for somebody refused now, at least a second: when those who wait already will have had their
    /// turn, counted from the next probe where nothing is served before it.
    package func retryAfter(now: Moment) -> TimeSpan {
        let turns = Double(queue.count + 1) / Double(normalLimit)
        let seconds = min(turns * meanSeconds, Self.longestRetryAfter.milliseconds / 1_000)
        let untilProbe = isOpen ? (breaker?.nextProbe ?? now).since(now) : .zero
        let span = Moment(nanoseconds: 0).advanced(by: untilProbe)
            .advanced(by: TimeSpan(nanoseconds: Int64(seconds * 1e9)))
        return min(max(TimeSpan(nanoseconds: span.nanoseconds), .seconds(1)), Self.longestRetryAfter)
    }

    // MARK: Steps

    var normalLimit: Int { limit?.current ?? .max }
    var isOpen: Bool { breaker?.state == .open }
    private var epoch: Int { breaker?.epoch ?? 0 }
    private var reasonAtDeadline: Reason { isOpen ? .breakerOpen : .admissionQueueTimeout }

    private func mayAdmit(now: Moment) -> Bool {
        let normal = normalLimit
        guard flights.count < normal else { return false }
        return inFlightOfEpoch < breaker?.limit(normal: normal, now: now) ?? .max
    }

    private mutating func admit(route: Int) -> Ticket {
        let ticket = Ticket(id: number(), isProbe: isOpen)
        let inFlight = flights.count + 1
        flights[ticket.id] = Flight(
            route: route, inFlight: inFlight, epoch: epoch, number: ticket.id, isProbe: ticket.isProbe)
        inFlightOfEpoch += 1
        limit?.began(inFlight: inFlight)
        return ticket
    }

    private mutating func record(_ result: Breaker.Result, of flight: Flight, now: Moment) {
        let old = epoch
        let normal = normalLimit
        breaker?.record(result, epoch: flight.epoch, admitted: flight.number, normal: normal, now: now)
        if epoch != old { inFlightOfEpoch = 0 }
        holdQueueTime(now: now)
    }

    /// A breaker where there was none: what is in flight was admitted before its first epoch.
    private mutating func adopt(_ new: Breaker) {
        breaker = new
        for id in flights.keys { flights[id]?.epoch = -1 }
        inFlightOfEpoch = 0
    }

    /// The clock of the queue's time-out, which stands still while the breaker is open.
    private func queueTime(_ now: Moment) -> Moment {
        Moment(nanoseconds: (openSince ?? now).nanoseconds - heldNanoseconds)
    }

    private mutating func holdQueueTime(now: Moment) {
        if isOpen {
            if openSince == nil { openSince = now }
        } else if let since = openSince {
            heldNanoseconds += now.since(since).nanoseconds
            openSince = nil
        }
    }

    /// Who gets what now: nobody waits longer than it may, and nobody waits while there is room.
    private mutating func settle(now: Moment) -> [Grant] {
        var grants = displaced
        displaced.removeAll()
        displacedAt = .distantFuture
        while let waiter = queue.mostUrgent, waiter.deadline <= now {
            _ = queue.remove(waiter.id)
            grants.append(refusal(of: waiter, reasonAtDeadline, now: now))
        }
        if isOpen {
            switch whileOpen {
            case .wait: break
            case .refuse:
                while let waiter = queue.pop() { grants.append(refusal(of: waiter, .breakerOpen, now: now)) }
            }
        } else {
            let time = queueTime(now)
            while let waiter = queue.oldest, waiter.since.advanced(by: queueTimeout) <= time {
                _ = queue.remove(waiter.id)
                grants.append(refusal(of: waiter, .admissionQueueTimeout, now: now))
            }
        }
        while queue.count > 0, mayAdmit(now: now), let waiter = isOpen ? queue.popProbe() : queue.pop() {
            grants.append(.admit(waiter.id, admit(route: waiter.route)))
        }
        return grants
    }

    private mutating func refuse(_ reason: Reason, now: Moment) -> Entry {
        refusals[reason, default: 0] += 1
        return .refuse(reason, retryAfter: retryAfter(now: now))
    }

    private mutating func refusal(of waiter: AdmissionQueue.Waiter, _ reason: Reason, now: Moment) -> Grant {
        refusals[reason, default: 0] += 1
        return .refuse(waiter.id, reason, retryAfter: retryAfter(now: now))
    }

    private mutating func number() -> Int {
        nextNumber += 1
        return nextNumber
    }
}
