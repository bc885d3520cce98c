import NIOCore
import StentExchange
import StentModel
import StentPolicy

/// Starts and ends the second attempt of a request that takes long.
extension ExchangeDriver {
    func beginHedge(now: Moment) {
        guard budgetAllows, let pool = worker.pool(avoiding: pool, now: now) else { return }
        var ticket: AdmissionMachine.Ticket?
        if snapshot.isGoverned {
            let request = AdmissionMachine.Request(
                priority: machine.plan.priority ?? .read, caller: caller, isSafe: true, route: machine.plan.index,
                deadline: machine.deadline)
            // It is extra: it never waits, nor does it feel whether the upstream is back.
            switch worker.gate.admission.enter(request, driver: self, on: worker.loop, now: now) {
            case .admit(let given) where given.isProbe:
                return worker.gate.admission.leave(given, .abandoned, now: now)
            case .admit(let given): ticket = given
            case .wait(let waiter): return worker.gate.admission.cancel(waiter, now: now)
            case .refuse: return
            }
            worker.gate.admission.spend()
        }
        let hedge = Hedge(driver: self, pool: pool, ticket: ticket, begun: now)
        self.hedge = hedge
        worker.attemptBegan(on: pool)
        hedge.begin()
    }

    /// It is not needed any more.
    func endHedge(now: Moment) {
        guard let hedge else { return }
        self.hedge = nil
        machine.hedgeLost(begun: hedge.begun, failure: nil, status: nil, now: now)
        hedge.end(.abandoned, now: now)
    }

    /// It failed; the first attempt is still there.
    func hedgeFailed(_ failure: UpstreamFailure, status: Int?) {
        guard let hedge else { return }
        let now = worker.now
        self.hedge = nil
        machine.hedgeLost(begun: hedge.begun, failure: failure.reason, status: status, now: now)
        hedge.end(Self.verdict(failure), now: now)
    }

    /// It has a whole good answer, and the first attempt has not even begun one.
    func hedgeWon(_ winner: UpstreamConnection) {
        guard let hedge else { return }
        let now = worker.now
        self.hedge = nil
        worker.routeTimes.outran(route: machine.plan.index, after: now.since(requestStart))
        dropAttempt(now: now)
        pool = hedge.pool
        connection = winner
        held = hedge.content
        answerIsHeadOnly = winner.head.framing == .none
        attemptStart = hedge.begun
        let length = held.readableBytes
        machine.hedgeWon(begun: hedge.begun, reused: hedge.isReused, now: now)
        hedge.settle(.answered(hedge.answerStart.since(hedge.requestStart)), now: now)
        // Held back, or where retries are off sent at once with all that is held.
        run(machine.answerHead(status: winner.head.status, declaredLength: length, retryAfter: nil, now: now), now: now)
        if length > 0 { _ = machine.answerContent(length, now: now) }
        run(machine.answerEnd(now: now, jitter: worker.draw(), budgetAllows: budgetAllows), now: now)
    }
}

/// The second attempt: its connection, and its answer, which is kept back until it is whole.
final class Hedge: UpstreamPool.Borrower, UpstreamConnection.Exchange {
    let pool: UpstreamPool
    let begun: Moment
    private(set) var content = ByteBuffer()
    private(set) var isReused = false
    private(set) var requestStart: Moment
    private(set) var answerStart: Moment
    private unowned let driver: ExchangeDriver
    private var ticket: AdmissionMachine.Ticket?
    private var isCounted = true
    private var pending: UpstreamPool.Pending?
    private var connection: UpstreamConnection?

    init(driver: ExchangeDriver, pool: UpstreamPool, ticket: AdmissionMachine.Ticket?, begun: Moment) {
        self.driver = driver
        self.pool = pool
        self.ticket = ticket
        self.begun = begun
        requestStart = begun
        answerStart = begun
    }

    func begin() { pending = pool.acquire(for: self, fresh: false, verify: false) }

    /// Lets go of everything.
    func end(_ verdict: AdmissionMachine.Verdict, now: Moment) {
        settle(verdict, now: now)
        if let pending { pool.cancel(pending) }
        pending = nil
        if let connection {
            self.connection = nil
            connection.finish()
        }
        content = ByteBuffer()
    }

    func settle(_ verdict: AdmissionMachine.Verdict, now: Moment) {
        if isCounted {
            isCounted = false
            driver.worker.attemptEnded(on: pool, verdict.ofServer, now: now)
        }
        guard let ticket else { return }
        self.ticket = nil
        driver.worker.gate.admission.leave(ticket, verdict, now: now)
    }

    func lent(_ connection: UpstreamConnection, reused: Bool) {
        pending = nil
        self.connection = connection
        isReused = reused
        requestStart = driver.worker.now
        var head: [UInt8] = []
        driver.appendRequestHead(for: pool, to: &head)
        connection.begin(self, method: driver.head.method, head: head, isChunked: false)
        connection.sendEnd()
        connection.flush()
    }

    func notLent(_ failure: UpstreamFailure) {
        pending = nil
        driver.hedgeFailed(failure, status: nil)
    }

    func interimHead(_ connection: UpstreamConnection) {}

    func answerHead(_ connection: UpstreamConnection) { answerStart = driver.worker.now }

    func answerContent(_ content: ByteBuffer, _ connection: UpstreamConnection) {
        self.content.writeImmutableBuffer(content)
        // Too large to be kept back: the first attempt streams it.
        if self.content.readableBytes > driver.machine.plan.holdLimit { driver.endHedge(now: driver.worker.now) }
    }

    func answerEnd(_ connection: UpstreamConnection) {
        guard connection.head.status < 500 else {
            return driver.hedgeFailed(
                UpstreamFailure(
                    reason: .upstreamStatus, phase: .readingAnswer, requestLeft: true, status: connection.head.status),
                status: connection.head.status)
        }
        self.connection = nil
        driver.hedgeWon(connection)
    }

    func answerFailed(_ failure: UpstreamFailure, _ connection: UpstreamConnection) {
        driver.hedgeFailed(failure, status: nil)
    }

    func answerBatchEnd() {}

    func upstreamWritabilityChanged(isWritable: Bool) {}
}
