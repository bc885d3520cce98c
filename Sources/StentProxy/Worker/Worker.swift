import NIOCore
import StentAudit
import StentCodec
import StentExchange
import StentModel
import StentPolicy

/// Everything of one event loop: settings snapshot, pools, timers, audit buffer, counters. Not `Sendable`; touched on its
/// loop only.
package final class Worker {
    package let loop: any EventLoop
    package private(set) var snapshot: Snapshot
    package var metrics = WorkerMetrics()
    let audit: any AuditTrail
    let limiter: ConnectionLimiter
    /// Shared by all workers.
    let gate: Gate
    let timers: LoopTimers
    private(set) var upstreams: [UpstreamPool] = []
    var balancer: Balancer
    private(set) var isDraining = false
    private var connections: [ObjectIdentifier: HTTP1Connection] = [:]
    /// Exchanges whose client has gone and whose write is seen through.
    private var detached: [ObjectIdentifier: ExchangeDriver] = [:]
    /// Exchanges of stent's own.
    private var own: [ObjectIdentifier: OwnExchange] = [:]
    let world: WorkerWorld
    private var random: Xoshiro256
    private var isTicking = false
    /// What the wall clock is ahead of the monotonic one, in nanoseconds.
    private(set) var wallOffset: Int64 = 0
    private var dateSecond: Int64 = -1
    private var dateLine: [UInt8] = []
    private var drained: EventLoopPromise<Void>?
    var routeTimes: RouteTimes
    /// Content of requests in memory, for whoever is yet to send it.
    var keptBytes = 0
    /// Memory in which heads are built, for whoever writes one just now.
    var headBytes: [UInt8] = []

    package init(
        loop: any EventLoop, snapshot: Snapshot, audit: any AuditTrail, limiter: ConnectionLimiter, gate: Gate,
        upstreamTLS: UpstreamTLS?, world: WorkerWorld = WorkerWorld()
    ) {
        loop.assertInEventLoop()
        self.loop = loop
        self.snapshot = snapshot
        self.audit = audit
        self.limiter = limiter
        self.gate = gate
        self.world = world
        let now = Moment(nanoseconds: Int64(loop.now.uptimeNanoseconds))
        timers = LoopTimers(now: now)
        random = world.random()
        routeTimes = RouteTimes(snapshot.hedges)
        let upstream = snapshot.settings.upstream
        balancer = Balancer(
            servers: upstream.servers.count, ejection: upstream.ejection, slowStart: TimeSpan(upstream.slowStart))
        readWallClock(now: now)
        upstreams = snapshot.settings.upstream.servers.map {
            UpstreamPool(worker: self, server: $0, settings: snapshot.settings, tls: upstreamTLS)
        }
    }

    /// The monotonic clock.
    var now: Moment { Moment(nanoseconds: Int64(loop.now.uptimeNanoseconds)) }

    func wallTime(at now: Moment) -> WallTime { WallTime(nanoseconds: now.nanoseconds &+ wallOffset) }

    /// From 0 to 1.
    func draw() -> Double { Double.random(in: 0...1, using: &random) }

    func mintID(now: Moment) -> RequestID {
        .mint(
            unixMilliseconds: wallTime(at: now).nanoseconds / 1_000_000, random: (random.next(), random.next()))
    }

    /// `Date: ...` CR LF (RFC 9110 §6.6.1), made once a second.
    func dateLine(now: Moment) -> [UInt8] {
        let second = wallTime(at: now).nanoseconds / 1_000_000_000
        if second != dateSecond {
            dateSecond = second
            dateLine.removeAll(keepingCapacity: true)
            dateLine.append("Date: ")
            HTTPDate.append(unixSeconds: Int(second), to: &dateLine)
            dateLine.append("\r\n")
        }
        return dateLine
    }

    func record(_ record: borrowing ExchangeRecord, head: borrowing RequestHead) {
        metrics.count(record)
        audit.record(record, head: head)
        ensureTicking()
    }

    /// A copy of the counters, gauges brought up to date.
    package func currentMetrics() -> WorkerMetrics {
        metrics.keptBytes = keptBytes
        metrics.upstreamOpen = upstreams.reduce(0) { $0 + $1.openCount }
        metrics.upstreamIdle = upstreams.reduce(0) { $0 + $1.idleCount }
        metrics.upstreamWaiting = upstreams.reduce(0) { $0 + $1.waitingCount }
        metrics.upstreamServers = serverMetrics()
        return metrics
    }
}

// MARK: - Timers

extension Worker {
    func schedule(_ node: TimerNode, due: Moment) {
        timers.set(node, due: due)
        ensureTicking()
    }

    /// Ticks only while there is something to wait for: an idle proxy sleeps.
    private func ensureTicking() {
        guard !isTicking else { return }
        isTicking = true
        let now = self.now
        readWallClock(now: now)
        scheduleTick()
    }

    private func scheduleTick() {
        let bound = NIOLoopBound(self, eventLoop: loop)
        loop.assumeIsolated().scheduleTask(in: .nanoseconds(LoopTimers.tick.nanoseconds)) { bound.value.tick() }
    }

    private func tick() {
        let now = self.now
        readWallClock(now: now)
        timers.advance(to: now)
        audit.flush()
        if snapshot.isGoverned { gate.admission.tick(now: now) }
        for pool in upstreams { pool.expire(now: now) }
        gate.cache?.expire(now: now)
        if timers.isEmpty, metrics.connectionsOpen == 0, upstreams.allSatisfy({ $0.idleCount == 0 }) {
            isTicking = false
        } else {
            scheduleTick()
        }
    }

    private func readWallClock(now: Moment) {
        wallOffset = world.wallClock() &- now.nanoseconds
    }
}

// MARK: - Connections, change and end

extension Worker {
    func opened(_ connection: HTTP1Connection) {
        connections[ObjectIdentifier(connection)] = connection
        metrics.connectionsAccepted &+= 1
        metrics.connectionsOpen += 1
        ensureTicking()
    }

    func closed(_ connection: HTTP1Connection) {
        guard connections.removeValue(forKey: ObjectIdentifier(connection)) != nil else { return }
        metrics.connectionsOpen -= 1
        settleDrain()
    }

    func detach(_ driver: ExchangeDriver) { detached[ObjectIdentifier(driver)] = driver }

    func attachedAgain(_ driver: ExchangeDriver) {
        detached[ObjectIdentifier(driver)] = nil
        settleDrain()
    }

    func began(_ exchange: OwnExchange) { own[ObjectIdentifier(exchange)] = exchange }

    func ended(_ exchange: OwnExchange) {
        own[ObjectIdentifier(exchange)] = nil
        settleDrain()
    }

    /// New settings for the exchanges that begin from now on; those under way keep theirs. Upstream connections stay where
    /// nothing about them changed.
    package func reconfigure(_ snapshot: Snapshot, upstreamTLS: UpstreamTLS?) {
        loop.assertInEventLoop()
        let old = self.snapshot.settings.upstream
        let new = snapshot.settings.upstream
        let limitsChanged = self.snapshot.headLimits != snapshot.headLimits
        routeTimes.reload(snapshot.hedges)
        self.snapshot = snapshot
        if old.servers == new.servers, old.pool == new.pool, old.tls == new.tls,
            old.connectTimeout == new.connectTimeout, !limitsChanged, new.tls.authorities == nil
        {
            return rebalance(new, former: nil)
        }
        rebalance(new, former: old.servers)
        let former = upstreams
        upstreams = new.servers.map {
            UpstreamPool(worker: self, server: $0, settings: snapshot.settings, tls: upstreamTLS)
        }
        for pool in former { pool.retire() }
    }

    /// No further request on any connection; the future is fulfilled when all but those of the admin endpoint are closed.
    package func drain() -> EventLoopFuture<Void> {
        loop.assertInEventLoop()
        if let drained { return drained.futureResult }
        isDraining = true
        let promise = loop.makePromise(of: Void.self)
        drained = promise
        for connection in Array(connections.values) { connection.drain() }
        settleDrain()
        return promise.futureResult
    }

    /// Ends what `drain` has not: exchanges are answered 503 or cut, and recorded.
    package func shutDown() {
        loop.assertInEventLoop()
        for driver in Array(detached.values) { driver.shutDown(now: now) }
        for exchange in Array(own.values) { exchange.shutDown() }
        for connection in Array(connections.values) { connection.shutDown() }
        for pool in upstreams { pool.retire() }
        audit.flush()
    }

    private func settleDrain() {
        guard let drained, detached.isEmpty, own.isEmpty, connections.values.allSatisfy(\.isAdmin) else { return }
        audit.flush()
        drained.succeed()
    }
}
