import NIOCore
import StentExchange
import StentModel
import StentPolicy

extension ExchangeDriver {
    func run(_ action: ExchangeMachine.Action, now: Moment) {
        switch action {
        case .none, .hold, .forward: break
        case .prepare: prepare(now: now)
        case .admit:
            dropAttempt(now: now)
            admit(now: now)
        case .hedge: beginHedge(now: now)
        case .examine: return examine(now: now)
        case .conclude(let conclusion):
            dropAttempt(now: now)
            conclude(conclusion, now: now)
        case .attempt(let fresh):
            dropAttempt(now: now, keepsTicket: true)
            startAttempt(fresh: fresh, now: now)
        case .pause(let span):
            dropAttempt(now: now)
            schedulePause(span)
        case .sendHead:
            sendHead(now: now)
        case .finishStream:
            if let connection, let copy = cache?.copy { storeAnswer(connection.head, copy, now: now) }
            releaseConnection()
            stream?.end()
            settleDelivery(now: now)
        case .deliver:
            deliver(now: now)
        case .answer(let reason):
            dropAttempt(now: now)
            answer(reason, now: now)
        case .abort:
            dropAttempt(now: now)
            record()
            stream?.abort()
            return
        case .cancel:
            dropAttempt(now: now)
            record()
            return
        case .detach:
            detach(now: now)
        }
        deadlineChanged()
    }

    func deadlineChanged() {
        if isDetached {
            worker.schedule(detachedTimer, due: machine.due)
        } else {
            stream?.deadlineChanged()
        }
    }

    func startAttempt(fresh: Bool, now: Moment) {
        guard let pool = worker.pool(avoiding: pool, now: now) else {
            let failure = UpstreamFailure(reason: .upstreamConnectFailed, phase: .queueing, requestLeft: false)
            settleAttempt(.failed, now: now)
            return run(
                machine.attemptFailed(failure, now: now, jitter: worker.draw(), budgetAllows: budgetAllows), now: now)
        }
        self.pool = pool
        attemptIsCounted = true
        worker.attemptBegan(on: pool)
        attemptStart = now
        sent = 0
        pending = pool.acquire(for: self, fresh: fresh, verify: !head.method.isSafe && machine.attemptKind == .request)
    }

    /// Whatever the current attempt still holds is let go.
    func dropAttempt(now: Moment, keepsTicket: Bool = false) {
        if !keepsTicket { settleAttempt(.abandoned, now: now) }
        endHedge(now: now)
        if let pending { pool?.cancel(pending) }
        pending = nil
        awaitsFlush = false
        if let connection {
            self.connection = nil
            connection.finish()
        }
        held = ByteBuffer()
        pauseGeneration &+= 1
        pause?.cancel()
        pause = nil
    }

    func releaseConnection() {
        guard let connection else { return }
        self.connection = nil
        awaitsFlush = false
        connection.finish()
    }

    func schedulePause(_ span: TimeSpan) {
        pauseGeneration &+= 1
        let generation = pauseGeneration
        let bound = NIOLoopBound(self, eventLoop: worker.loop)
        pause = worker.loop.assumeIsolated().scheduleTask(in: .nanoseconds(span.nanoseconds)) {
            bound.value.pauseElapsed(generation)
        }
    }

    func pauseElapsed(_ generation: Int) {
        guard generation == pauseGeneration else { return }  // cancelled, yet it fired
        pause = nil
        let now = worker.now
        run(machine.pauseElapsed(now: now), now: now)
    }

    func upload(_ buffer: ByteBuffer) {
        guard let connection else { return }
        if machine.keepsContent {
            content.writeImmutableBuffer(buffer)
            sent = content.readableBytes
        } else if content.readableBytes > 0 {
            content.clear()
            sent = 0
        }
        countContent()
        connection.send(content: buffer)
        flushUpload(connection, now: worker.now)
    }

    /// The client has gone, its write has not: the driver lives on without a stream until the upstream has answered.
    func detach(now: Moment) {
        isDetached = true
        worker.detach(self)
        detachedTimer.fire = { [unowned self] in timerFired(now: $0) }
    }

    /// The exchange is over and its answer is with the client's transport.
    func finish() {
        letOutboxGoOn()
        record()
        stream?.exchangeFinished()
    }

    func letOutboxGoOn() {
        if let job = policies.job { worker.gate.outbox?.delivered(job, now: worker.wallTime(at: worker.now)) }
    }

    /// The record goes to the trail, memory back.
    func record() {
        guard var record = machine.takeRecord(bytesOut: bytesOut) else { return }
        policies.waiter?.forget()
        policies.complete(&record, snapshot.ownership)
        let now = worker.now
        record.cache = cache?.use
        record.isCollapsed = cache?.status.isCollapsed ?? false
        leaveCache(now: now)
        invalidateStored(after: record.outcome, now: now)
        if record.outcome == .unknown { forgetIdentities(now: now) }
        lastOutcome = record.outcome
        lastReason = record.reason
        settleAttempt(.abandoned, now: now)
        leaveTurn(claimed: nil, now: now)
        leaveScope(record.outcome, now: now)
        scope = nil
        expectation = nil
        found = nil
        kept = nil
        relayed = nil
        policies.clear()
        if isCounted {
            isCounted = false
            worker.metrics.exchangesActive -= 1
            if snapshot.isGoverned, (200..<500).contains(record.status), !record.attempts.isEmpty {
                worker.gate.admission.succeeded()
            }
        }
        worker.record(record, head: head)
        held = ByteBuffer()
        // Small ones are kept for the next request on this connection.
        if content.capacity <= Self.keptCapacity { content.clear() } else { content = ByteBuffer() }
        countContent()
        sent = 0
        pool = nil
        if isDetached {
            isDetached = false
            worker.timers.cancel(detachedTimer)
            worker.attachedAgain(self)
        }
    }
}
