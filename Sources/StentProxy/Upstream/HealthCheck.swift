import NIOCore
import StentExchange
import StentModel
import StentPolicy

/// Asks one upstream server at intervals whether it is well, and says so when that has changed.
///
/// Each question is a GET on a connection of its own, through the same pool and decoder as a client's: a server is well if
/// it accepts connections and gives a whole, well-formed answer of 2xx or 3xx in time.
final class HealthCheck: UpstreamPool.Borrower, UpstreamConnection.Exchange {
    private enum State {
        case resting
        case connecting(UpstreamPool.Pending)
        case reading(UpstreamConnection)
        case stopped
    }

    let server: UpstreamServer
    private let worker: Worker
    private let pool: UpstreamPool
    private let request: [UInt8]
    private let every: TimeSpan
    private let timeout: TimeSpan
    private let changed: (Balancer.Health) -> Void
    private var judge: HealthJudge
    private var state = State.resting
    private var status = 0
    private var askedAt = Moment(nanoseconds: 0)
    /// For the next question, or for the end of this one.
    private var timer: Scheduled<Void>?
    private var generation = 0

    /// - Parameters:
    ///   - settings: those in force.
    ///   - health: the verdict so far.
    ///   - changed: called on the worker's loop.
    init(
        worker: Worker, server: UpstreamServer, settings: Settings, checks: HealthSettings, tls: UpstreamTLS?,
        health: Balancer.Health, changed: @escaping (Balancer.Health) -> Void
    ) {
        self.worker = worker
        self.server = server
        self.changed = changed
        every = TimeSpan(checks.every)
        timeout = TimeSpan(checks.timeout)
        judge = HealthJudge(checks, health: health)
        var own = settings
        own.upstream.connectTimeout = checks.timeout
        own.upstream.pool.maximumIdle = 0
        pool = UpstreamPool(worker: worker, server: server, settings: own, tls: tls)
        var request = Array("GET \(checks.path) HTTP/1.1\r\nHost: ".utf8)
        request += pool.authority
        request += Array("\r\nUser-Agent: stent-health\r\nConnection: close\r\n\r\n".utf8)
        self.request = request
    }

    var health: Balancer.Health { judge.health }

    /// Asks now, and from then on at intervals.
    func start() { ask() }

    func stop() {
        letGo()
        state = .stopped
        generation &+= 1
        timer?.cancel()
        timer = nil
        pool.retire()
    }

    private func ask() {
        guard case .resting = state else { return }
        status = 0
        askedAt = worker.now
        schedule(in: timeout) { $0.settle(.bad) }
        if let pending = pool.acquire(for: self, fresh: true, verify: false) { state = .connecting(pending) }
    }

    private func settle(_ answer: HealthJudge.Answer) {
        letGo()
        state = .resting
        // A tenth either way, so that several stents don't ask in step.
        let pause = Double(every.nanoseconds) * (0.9 + 0.2 * worker.draw())
        let elapsed = worker.now.since(askedAt).nanoseconds
        schedule(in: TimeSpan(nanoseconds: max(0, (Int64(exactly: pause.rounded()) ?? .max) - elapsed))) { $0.ask() }
        switch judge.judge(answer) {
        case .unchanged: break
        case .changed(let health): changed(health)
        }
    }

    /// Whatever the question still holds is let go.
    private func letGo() {
        switch state {
        case .connecting(let pending): pool.cancel(pending)
        case .reading(let connection): connection.finish()
        case .resting, .stopped: break
        }
    }

    private func schedule(in span: TimeSpan, _ action: @escaping (HealthCheck) -> Void) {
        timer?.cancel()
        generation &+= 1
        let scheduled = generation
        let bound = NIOLoopBound(self, eventLoop: worker.loop)
        timer = worker.loop.assumeIsolated().scheduleTask(in: .nanoseconds(span.nanoseconds)) {
            guard bound.value.generation == scheduled else { return }  // cancelled, yet it fired
            action(bound.value)
        }
    }

    // MARK: the pool and the connection

    func lent(_ connection: UpstreamConnection, reused: Bool) {
        state = .reading(connection)
        connection.begin(self, method: .get, head: request, isChunked: false)
        connection.sendEnd()
        connection.flush()
    }

    func notLent(_ failure: UpstreamFailure) { settle(.bad) }

    func interimHead(_ connection: UpstreamConnection) {}

    func answerHead(_ connection: UpstreamConnection) { status = connection.head.status }

    func answerContent(_ content: ByteBuffer, _ connection: UpstreamConnection) {}

    func answerEnd(_ connection: UpstreamConnection) { settle((200...399).contains(status) ? .good : .bad) }

    func answerFailed(_ failure: UpstreamFailure, _ connection: UpstreamConnection) { settle(.bad) }

    func answerBatchEnd() {}

    func upstreamWritabilityChanged(isWritable: Bool) {}
}
