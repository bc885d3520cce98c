import StentAudit
import StentModel
import StentPolicy

/// The order of the rules for one request and its answer: what happens next, and why.
///
/// It knows no clock, no socket and no HTTP version. The driver feeds it what happened and carries out the action that
/// comes back. The outcome record leaves it exactly once, on every path.
package struct ExchangeMachine: ~Copyable, Sendable {
    /// What the driver does next. Every action but `none`, `hold`, `forward` and `sendHead` ends the current attempt: the
    /// driver drops it where it is still running.
    package enum Action: Sendable, Equatable {
        case none
        /// The request is whole and kept: find out what `prepared` wants to know, then report it.
        case prepare
        /// Ask for admission to the upstream, then report `admitted` or `notAdmitted`.
        case admit
        /// Get a connection, a new one where `fresh`, and send the request from its start.
        case attempt(fresh: Bool)
        /// Wait, then report `pauseElapsed`.
        case pause(TimeSpan)
        /// Keep this part of the answer back.
        case hold
        /// Make a second attempt beside the one under way, which goes on: the first good answer wins.
        case hedge
        /// Send the answer's head, and what was held so far, to the client; the rest follows piece by piece.
        case sendHead
        /// Pass this part of the answer on.
        case forward
        /// The answer was passed on to its end.
        case finishStream
        /// Send the held answer whole.
        case deliver
        /// The held answer is that to a verifying request: look into it, then report `examined`.
        case examine
        /// Answer with what is known by other means than this attempt's answer.
        case conclude(Conclusion)
        /// Answer with a problem of stent's own.
        case answer(Reason)
        /// The client has part of an answer that can't be completed: cut the connection visibly.
        case abort(Reason)
        /// The client is gone: end everything silently.
        case cancel
        /// The client is gone, but its write is at the upstream: see it through for the record's sake.
        case detach
    }

    /// A good answer that no attempt of this exchange brought.
    package enum Conclusion: Sendable, Equatable {
        /// 201 with the record that a verifying request found.
        case found
        /// 204: a repeated DELETE found nothing left to delete.
        case deleted
        /// The answer that the first request with this Idempotency-Key had.
        case replayed
        /// A stored answer.
        case stored
        /// The upstream's answer to a question that was asked before the request: it is the answer to the request, too.
        case relayed
    }

    /// What an exchange needs beyond its route's plan.
    package struct Needs: Sendable, Equatable {
        /// Attempts are admitted one by one.
        package var admission = false
        /// The whole request before the first attempt: for its fingerprint, or to recognise its record later.
        package var preparation = false
        /// Without preparation the request must not be sent at all.
        package var insistsOnPreparation = false
        /// The whole answer before any of it is delivered, also where nothing is retried.
        package var heldAnswer = false
        /// No attempt on this route was ever quicker.
        package var quickest = TimeSpan.zero
        /// Time after which a safe request is hedged; `nil` never.
        package var hedgeAfter: TimeSpan?

        package init() {}
    }

    /// What a verifying request brought to light.
    package enum Finding: Sendable, Equatable {
        case found
        case absent
        /// The answer does not tell.
        case unclear
    }

    /// How long the phases of an attempt may take.
    package struct Limits: Sendable, Equatable {
        package var firstByte: TimeSpan
        package var attempt: TimeSpan
        package var idle: TimeSpan

        package init(_ settings: UpstreamSettings) {
            firstByte = TimeSpan(settings.firstByteTimeout)
            attempt = TimeSpan(settings.attemptTimeout)
            idle = TimeSpan(settings.idleTimeout)
        }
    }

    /// What an attempt sends.
    package enum Kind: Sendable, Equatable {
        /// The client's request.
        case request
        /// A GET of stent's own that asks whether an earlier attempt took effect.
        case verification
    }

    /// The attempt that comes next.
    struct Next: Sendable {
        var kind = Kind.request
        var fresh = false
        /// The pause that comes before it.
        var pause = TimeSpan.zero
    }

    struct Attempt: Sendable {
        var kind = Kind.request
        var start: Moment
        /// A connection was lent; the request is being sent or has been.
        var isConnected = false
        /// When the request's last byte was handed over.
        var requestSent: Moment?
        /// Since when the upstream takes no more of the request.
        var blockedSince: Moment?
        /// A second attempt was asked for.
        var isHedged = false
        /// The answer's status, once its head is there.
        var status: Int?
        var retryAfter: TimeSpan?
        /// Answer content held back.
        var held = 0
        /// When the answer last moved.
        var lastProgress: Moment
    }

    enum State: Sendable {
        /// No request yet.
        case idle
        /// The whole request is needed before anything is sent.
        case gathering
        /// The request is whole; what is known of its like is being asked.
        case preparing
        /// An attempt waits for its turn at the upstream.
        case queueing(since: Moment, Next)
        /// An attempt is under way and the client has seen nothing.
        case attempting(Attempt)
        /// Between two attempts.
        case pausing(since: Moment, Next)
        /// The client has the head of this attempt's answer.
        case streaming(Attempt)
        /// The last bytes are on their way to the client.
        case delivering
        /// The record is complete, or already taken.
        case finished(recordTaken: Bool)
    }

    /// How much later than the deadline an exchange ends that waits for admission, should nobody answer it.
    static let admissionGrace = TimeSpan.seconds(1)
    /// Content of a verifying request's answer that is looked into; a longer one does not tell.
    static let verificationLimit = 4 << 20
    /// Verifying requests without a clear answer after which the outcome stays unknown.
    static let unclearLimit = 3

    // Changed by the events alone, which stand in the files beside this one.
    var state = State.idle
    package internal(set) var plan: RoutePlan
    package internal(set) var limits: Limits
    var method = Method.get
    var start = Moment(nanoseconds: 0)
    /// When the exchange ends at the latest.
    package internal(set) var deadline = Moment.distantFuture
    var requestIsComplete = false
    /// All content received so far is still there to be sent again.
    var contentIsKept = true
    var attemptCount = 0
    /// Those of them that only felt whether the upstream is back: time bounds them, not their number.
    var probeCount = 0
    var needs = Needs()
    /// An ambiguous failure can be cleared up by a verifying request.
    var canVerify = false
    /// When the write can no longer take effect unseen.
    var settled = Moment(nanoseconds: 0)
    /// Another attempt is allowed, should the record turn out not to be there.
    var mayResend = false
    /// Verifying requests without a clear answer, in a row.
    var unclearCount = 0
    /// When the first attempt that may have acted began.
    package internal(set) var firstTry: Moment?
    /// The last attempt has begun and its record is still open.
    var attemptIsOpen = false
    /// An attempt failed after a byte of the request had left: the upstream may have acted on it.
    var mayHaveActed = false
    /// A closed idle connection was met once.
    var metIdleConnection = false
    var clientIsGone = false
    /// Others wait for this answer: it is awaited though the client has gone. Set once the exchange has begun.
    package var outlivesClient = false
    /// The whole answer is wanted before any of it is delivered, for another may be sent instead. Set once the exchange has
    /// begun.
    package var holdsAnswer = false
    /// The answer being delivered is stent's own.
    var answerIsOurs = false
    var record = ExchangeRecord()

    package init(plan: RoutePlan, limits: Limits) {
        self.plan = plan
        self.limits = limits
    }

    // MARK: what the driver may ask

    /// Content received from the client so far.
    package var bytesIn: Int { record.bytesIn }
    /// Attempts begun so far.
    package var attempts: Int { attemptCount }
    /// Whether content that is forwarded is to be kept for another attempt.
    package var keepsContent: Bool { contentIsKept && (plan.retry.mayRepeat(method) || method.isSafe || canVerify) }
    package var isFinished: Bool { if case .finished = state { true } else { false } }
    /// An exchange is under way.
    package var isActive: Bool {
        switch state {
        case .idle, .finished: false
        case .gathering, .preparing, .queueing, .attempting, .pausing, .streaming, .delivering: true
        }
    }
    /// What the attempt under way sends.
    package var attemptKind: Kind {
        if case .attempting(let attempt) = state { attempt.kind } else { .request }
    }
    /// What the attempt that waits for its turn will send.
    package var nextKind: Kind {
        if case .queueing(_, let next) = state { next.kind } else { attemptKind }
    }
    /// The whole request is awaited before anything is sent.
    package var isGathering: Bool { if case .gathering = state { true } else { false } }
    /// What has to be known before the request is sent is being found out.
    package var isPreparing: Bool { if case .preparing = state { true } else { false } }
    /// The attempts so far, in their order.
    package var attemptRecords: [AttemptRecord] { record.attempts }
    /// Pauses so far, and waiting for connections: what stent itself added.
    package var queued: TimeSpan { record.queued }

    /// `Stent-Outcome` for the answer that the client is about to be sent: what the record says, too. `nil` for safe
    /// methods, good answers, and while there is no answer.
    package func outcomeField(status: Int) -> WriteOutcome? {
        guard !method.isSafe, status >= 400 else { return nil }
        switch state {
        case .idle, .gathering, .preparing, .queueing, .attempting, .pausing: return nil
        case .streaming: return outcome(upstreamStatus: record.status)
        case .delivering, .finished: return record.outcome
        }
    }

    /// When `timerFired` is to be called next, unless something else happens before.
    package var due: Moment {
        switch state {
        case .idle, .finished: return .distantFuture
        case .gathering, .preparing, .pausing: return deadline
        // Whoever admits knows the deadline, and better reasons why it came.
        case .queueing: return deadline.advanced(by: Self.admissionGrace)
        case .delivering: return .distantFuture  // only the client holds it up; its stalling is watched by the stream
        case .attempting(let attempt):
            guard attempt.isConnected else { return deadline }
            guard let sent = attempt.requestSent else {
                return min(deadline, attempt.blockedSince?.advanced(by: limits.idle) ?? .distantFuture)
            }
            var due = sent.advanced(by: limits.attempt)
            if attempt.status == nil { due = min(due, sent.advanced(by: limits.firstByte)) }
            if let hedge = hedgeDue(attempt) { due = min(due, hedge) }
            return min(due, deadline)
        case .streaming(let attempt):
            return min(deadline, attempt.lastProgress.advanced(by: limits.idle))
        }
    }
}
