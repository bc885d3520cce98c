import NIOCore

/// The simulated service: takes requests, lets them wait, spoils them and answers. Everything in it belongs to one event loop.
final class HospCore: ConversationOwner {
    private static let logCapacity = 100_000

    let eventLoop: any EventLoop
    let timeScale: Double
    private(set) var application = Application()
    private(set) var profile: Profile
    private(set) var schedule: Schedule
    private(set) var injections: [Injection] = []
    private(set) var counters = Counters()
    private(set) var log = ArrivalLog(capacity: logCapacity)
    private var gate: ThreadGate<Job>
    private var jobs: [Int: Job] = [:]
    private var conversations: [Int: Conversation] = [:]
    private var lastConversation = 0
    private var lastStamp = Timestamp(milliseconds: 0)
    private var identifiers: SplitMix64
    private var isStarting = false

    init(eventLoop: any EventLoop, seed: UInt64, timeScale: Double, profile: Profile) {
        self.eventLoop = eventLoop
        self.timeScale = timeScale
        self.profile = profile
        schedule = Schedule(seed: seed)
        gate = ThreadGate(threads: profile.threads)
        identifiers = SplitMix64(seed: ~seed)
    }

    /// Requests that wait for a thread.
    var queued: Int { gate.queued }

    /// Switches the behaviour. Requests in flight keep the fate they drew, but do not survive an outage.
    func setProfile(_ profile: Profile) {
        self.profile = profile
        gate.threads = profile.threads
        switch profile.outage {
        case .refuse, .reset: crash()
        case .none, .errors: startWaiting()
        }
    }

    /// Adds an order; the earlier ones are served first.
    func inject(_ injection: Injection) {
        injections.append(injection)
    }

    /// Back to the seed data, the first dice and zero, whatever was in flight is lost. The profile stays.
    func reset(seed: UInt64?) {
        for conversation in jobs.values.map(\.conversation) { conversation.reset() }
        lose()
        application = Application()
        schedule = Schedule(seed: seed ?? schedule.seed)
        injections = []
        counters = counters.restarted()
        log = ArrivalLog(capacity: Self.logCapacity)
    }

    /// Ends every connection at once; what was in flight is never done.
    func crash() {
        lose()
        for conversation in conversations.values { conversation.reset() }
    }

    private func lose() {
        for job in jobs.values {
            job.isLost = true
            job.isAnswered = true
            job.service?.cancel()
            job.gatewayTimeout?.cancel()
            log.amend(job.sequence) { $0.isFinished = true }
        }
        jobs.removeAll()
        gate.clear()
        counters.inFlight = 0
        counters.inService = 0
    }

    func opened(_ conversation: Conversation) {
        lastConversation += 1
        conversation.number = lastConversation
        conversations[conversation.number] = conversation
        counters.connectionsOpened += 1
        counters.connectionsOpen += 1
        let isDown = profile.outage == .refuse || profile.outage == .reset
        if isDown || takeInjection(where: { $0.kind == .refuse }) != nil {
            counters.connectionsRefused += 1
            if !isDown { counters.faults["refuse", default: 0] += 1 }
            conversation.reset()
            return
        }
        watchIdleness(of: conversation)
    }

    func closed(_ conversation: Conversation) {
        if conversations.removeValue(forKey: conversation.number) != nil { counters.connectionsOpen -= 1 }
    }

    func foundUnparsable(on conversation: Conversation) {
        counters.unparsable += 1
    }

    func received(_ request: HospRequest, on conversation: Conversation) {
        let job = admit(request, conversation)
        jobs[job.sequence] = job
        gate.enqueue(job)
        if profile.gatewayTimeout > 0, timeScale > 0 {
            job.gatewayTimeout = schedule(after: scaled(profile.gatewayTimeout)) { self.giveUp(job) }
        }
        startWaiting()
    }

    /// Rolls the dice, looks for orders and notes the arrival.
    private func admit(_ request: HospRequest, _ conversation: Conversation) -> Job {
        let method = Parameters.effectiveMethod(of: request)
        let route = Route(method: method, target: request.target)
        let sequence = schedule.drawn
        var plan = schedule.next(route: route, profile: profile)
        if let injection = takeInjection(where: { if case .fault = $0.kind { $0.matches(request) } else { false } }) {
            injection.apply(to: &plan, profile: profile)
        }
        var delay = 0
        if let injection = takeInjection(where: { if case .delay = $0.kind { $0.matches(request) } else { false } }),
            case .delay(let milliseconds) = injection.kind
        {
            delay = milliseconds
            counters.faults["delay", default: 0] += 1
        }
        let job = Job(
            sequence: sequence, request: request, route: route, method: method, plan: plan, delayMilliseconds: delay,
            conversation: conversation)
        log.append(Arrival(job, at: .now(), connection: conversation.number))
        counters.arrived += 1
        counters.arrivedByMethod[request.method, default: 0] += 1
        counters.arrivedByRoute["\(method) \(route.pattern)", default: 0] += 1
        if let fault = plan.fault { counters.faults[fault.rawValue, default: 0] += 1 }
        counters.inFlight += 1
        counters.maximumInFlight = max(counters.maximumInFlight, counters.inFlight)
        return job
    }

    /// The first order that fits, one count of it used up.
    private func takeInjection(where fits: (Injection) -> Bool) -> Injection? {
        guard let index = injections.firstIndex(where: fits) else { return nil }
        let injection = injections[index]
        injections[index].count -= 1
        if injections[index].count <= 0 { injections.remove(at: index) }
        return injection
    }

    /// Gives free threads to those who wait; a loop, because without service time a job ends inside its own start.
    private func startWaiting() {
        guard !isStarting else { return }
        isStarting = true
        defer { isStarting = false }
        while let job = gate.start() {
            job.startedAt = .now()
            counters.inService += 1
            counters.maximumInService = max(counters.maximumInService, counters.inService)
            let time = scaled(job.plan.serviceMilliseconds) + .milliseconds(Int64(job.delayMilliseconds))
            if time > .zero {
                job.service = schedule(after: time) { self.complete(job) }
            } else {
                complete(job)
            }
        }
    }

    private func complete(_ job: Job) {
        guard !job.isLost else { return }
        job.gatewayTimeout?.cancel()
        jobs.removeValue(forKey: job.sequence)
        gate.finish()
        counters.inService -= 1
        counters.inFlight -= 1
        let answer = work(job)
        if !job.isAnswered {
            job.isAnswered = true
            deliver(answer, job)
        }
        log.amend(job.sequence) {
            $0.isFinished = true
            $0.commit = answer.commit
        }
        startWaiting()
    }

    /// Does the work, where the plan says so, and makes the answer that a sound exchange would give.
    private func work(_ job: Job) -> Answer {
        var answer = ErrorPages.failure(accept: job.request.variable("ACCEPT"))
        if job.plan.doesWork {
            lastStamp = max(lastStamp, .now())  // a clock set back must not make a newer record look older
            let done = application.respond(to: job.request, route: job.route, now: lastStamp)
            if let commit = done.commit {
                counters.commits["\(commit.kind.rawValue) \(commit.resource.rawValue)", default: 0] += 1
            }
            if job.plan.fault == .errorAfter { answer.commit = done.commit } else { answer = done }
        }
        let now = NIODeadline.now()
        let runtime = Duration.nanoseconds((now - (job.startedAt ?? now)).nanoseconds)
        return Middleware.finish(
            answer, to: job.request, method: job.method, runtime: runtime, freshID: Middleware.uuid(&identifiers))
    }

    private func deliver(_ answer: Answer, _ job: Job) {
        let conversation = job.conversation
        var exchange = conversation.exchange
        exchange.isHead = job.method == "HEAD"
        switch job.plan.fault {
        case .reset: conversation.reset()
        case .truncate:
            note(answer.status, job)
            conversation.deliver(.truncated(answer, exchange, job.plan.truncation, cut: job.plan.cut))
        case .malformed: conversation.deliver(.malformed(answer, job.plan.malformation))
        case .errorBefore, .errorAfter, nil:
            note(answer.status, job)
            conversation.deliver(.sound(answer, exchange))
        }
        watchIdleness(of: conversation)
    }

    /// The load balancer has waited long enough. HOSP does not hear of it and will do the work all the same.
    private func giveUp(_ job: Job) {
        guard !job.isAnswered else { return }
        job.isAnswered = true
        note(504, job)
        var exchange = job.conversation.exchange
        exchange.keepsAlive = false
        job.conversation.deliver(.sound(ErrorPages.gatewayTimeout(), exchange))
    }

    private func note(_ status: Int, _ job: Job) {
        counters.answeredByStatus[status, default: 0] += 1
        log.amend(job.sequence) { $0.status = status }
    }

    private func watchIdleness(of conversation: Conversation) {
        guard profile.keepaliveMilliseconds > 0, timeScale > 0, let since = conversation.idleSince else { return }
        _ = schedule(after: scaled(profile.keepaliveMilliseconds)) { conversation.closeIfIdle(since: since) }
    }

    private func scaled(_ milliseconds: Int) -> TimeAmount {
        .nanoseconds(Int64(Double(milliseconds) * 1_000_000 * timeScale))
    }

    private func schedule(after time: TimeAmount, _ action: @escaping () -> Void) -> Scheduled<Void> {
        eventLoop.assumeIsolated().scheduleTask(in: time, action)
    }
}
