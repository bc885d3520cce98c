import StentAudit
import StentExchange
import StentModel
import StentPolicy
import Testing

/// An exchange machine with small limits and a clock that is moved by hand.
final class Exchange {
    /// Time from an attempt's last request byte to its answer's first.
    static let firstByte = TimeSpan.seconds(5)
    /// Time for a whole attempt.
    static let attempt = TimeSpan.seconds(8)
    /// Time between two parts of an answer that streams.
    static let idle = TimeSpan.seconds(3)
    static let deadline = TimeSpan.seconds(20)

    let method: Method
    let plan: RoutePlan
    let limits: ExchangeMachine.Limits
    var machine: ExchangeMachine
    var now = Moment(nanoseconds: 7_000_000_000)

    init(
        _ method: Method = .get, attempts: Int = 3, deadline: Duration? = .seconds(20), holdLimit: Int = 100,
        bodyLimit: Int = 1_000, replayLimit: Int = 500, settings: RetrySettings = RetrySettings()
    ) {
        self.method = method
        var all = Settings()
        all.retry = settings
        all.retry.attempts = attempts
        all.retry.holdResponse = ByteCount(holdLimit)
        all.retry.replayRequest = ByteCount(replayLimit)
        all.limits.body = ByteCount(bodyLimit)
        all.upstream.deadline = deadline
        all.upstream.firstByteTimeout = .seconds(5)
        all.upstream.attemptTimeout = .seconds(8)
        all.upstream.idleTimeout = .seconds(3)
        plan = RouteTable(all).fallback
        limits = ExchangeMachine.Limits(all.upstream)
        machine = ExchangeMachine(plan: plan, limits: limits)
    }

    /// An exchange whose request has begun, with content to come where `complete` is false.
    static func begun(_ method: Method = .get, attempts: Int = 3, complete: Bool = true) -> Exchange {
        let exchange = Exchange(method, attempts: attempts)
        _ = exchange.begin(complete: complete)
        return exchange
    }

    /// One whose first attempt has its connection.
    static func connected(_ method: Method = .get, attempts: Int = 3, complete: Bool = true) -> Exchange {
        let exchange = begun(method, attempts: attempts, complete: complete)
        exchange.connect()
        return exchange
    }

    /// One whose client has the answer's head; the rest is to come.
    static func streaming(_ method: Method = .get, status: Int = 200, complete: Bool = true) -> Exchange {
        let exchange = connected(method, attempts: 1, complete: complete)
        _ = exchange.head(status)
        return exchange
    }

    /// One that pauses after a first attempt of which nothing was sent.
    static func pausing(_ method: Method = .get, complete: Bool = true) -> Exchange {
        let exchange = begun(method, complete: complete)
        _ = exchange.fail(.upstreamConnectFailed, left: false)
        return exchange
    }

    /// One whose upstream has answered; the client's transport has yet to take the answer.
    static func delivering(_ method: Method = .get, status: Int = 200) -> Exchange {
        let exchange = connected(method)
        _ = exchange.head(status)
        _ = exchange.end()
        return exchange
    }

    // MARK: events

    func advance(_ span: TimeSpan) { now = now.advanced(by: span) }

    func begin(
        complete: Bool = true, needs: ExchangeMachine.Needs = ExchangeMachine.Needs()
    ) -> ExchangeMachine.Action {
        let action = machine.begin(
            method: method, plan: plan, limits: limits, needs: needs, record: ExchangeRecord(), now: now)
        if complete { machine.requestEnd(now: now) }
        return action
    }

    func refuse(_ reason: Reason) -> ExchangeMachine.Action {
        machine.refuse(reason, method: method, record: ExchangeRecord(), now: now)
    }

    func content(_ count: Int) -> ExchangeMachine.Action { machine.requestContent(count, now: now) }

    func requestEnd() { machine.requestEnd(now: now) }

    func requestFailed(_ reason: Reason) -> ExchangeMachine.Action {
        machine.requestFailed(reason, now: now)
    }

    func connect(reused: Bool = false) { machine.connected(reused: reused, now: now) }

    func head(_ status: Int, length: Int? = nil, retryAfter: TimeSpan? = nil) -> ExchangeMachine.Action {
        machine.answerHead(status: status, declaredLength: length, retryAfter: retryAfter, now: now)
    }

    func answer(_ count: Int) -> ExchangeMachine.Action { machine.answerContent(count, now: now) }

    func end(jitter: Double = 1) -> ExchangeMachine.Action { machine.answerEnd(now: now, jitter: jitter) }

    func fail(
        _ reason: Reason, left: Bool = true, metIdle: Bool = false, jitter: Double = 1
    ) -> ExchangeMachine.Action {
        let failure = UpstreamFailure(
            reason: reason, phase: left ? .awaitingAnswer : .connecting, requestLeft: left, metIdleConnection: metIdle)
        return machine.attemptFailed(failure, now: now, jitter: jitter)
    }

    func pauseElapsed() -> ExchangeMachine.Action { machine.pauseElapsed(now: now) }

    /// Moves the clock to when the machine wants to be called, and calls it.
    func timeOut(jitter: Double = 1) -> ExchangeMachine.Action {
        now = max(now, machine.due)
        return machine.timerFired(now: now, jitter: jitter)
    }

    func clientGone() -> ExchangeMachine.Action { machine.clientGone(now: now) }

    func clientStalled() -> ExchangeMachine.Action { machine.clientStalled(now: now) }

    func shutDown() -> ExchangeMachine.Action { machine.shutDown(now: now) }

    func delivered() { machine.delivered(now: now) }

    // `#expect` takes what it is asked of by value, which the machine is not.
    var isActive: Bool { machine.isActive }
    var isPreparing: Bool { machine.isPreparing }
    var keepsContent: Bool { machine.keepsContent }

    /// The record of an exchange whose answer is now delivered, if it had one. There must be one, and no second.
    func record(bytesOut: Int = 0) throws -> ExchangeRecord {
        delivered()
        guard let record = machine.takeRecord(bytesOut: bytesOut) else { throw NoRecord() }
        let second = machine.takeRecord(bytesOut: bytesOut)
        #expect(second == nil, "a record is there once")
        #expect(machine.isFinished && !machine.isActive)
        return record
    }

    struct NoRecord: Error {}
}
