import StentModel
import StentPolicy

/// Which server an attempt goes to, and what its end says of that server. With one server nothing is counted.
extension Worker {
    /// The pool for the next attempt.
    ///
    /// - Parameter failed: where the exchange's last attempt failed.
    func pool(avoiding failed: UpstreamPool?, now: Moment) -> UpstreamPool? {
        guard upstreams.count > 1 else { return upstreams.first }
        return upstreams[balancer.pick(draw(), draw(), avoiding: failed.flatMap { place(of: $0) }, now: now)]
    }

    /// To be followed by one `attemptEnded`.
    func attemptBegan(on pool: UpstreamPool) {
        guard upstreams.count > 1, let place = place(of: pool) else { return }
        balancer.began(place)
    }

    func attemptEnded(on pool: UpstreamPool, _ result: Balancer.Result, now: Moment) {
        guard upstreams.count > 1, let place = place(of: pool) else { return }
        balancer.ended(place, result, now: now)
    }

    /// `nil` where new settings have replaced the pool since the attempt began.
    private func place(of pool: UpstreamPool) -> Int? { upstreams.firstIndex { $0 === pool } }

    /// Active checks have come to a verdict.
    func checked(_ server: UpstreamServer, _ health: Balancer.Health) {
        // One that was still on its way when the checks were turned off would stand for ever.
        guard snapshot.settings.upstream.health != nil else { return }
        let now = self.now
        for (place, pool) in upstreams.enumerated() where pool.server == server {
            balancer.health(place, health, now: now)
        }
    }

    /// New settings for the balancer; what is known of servers that stay is kept.
    ///
    /// - Parameter former: the servers as they were numbered; `nil` where their pools are the same.
    func rebalance(_ settings: UpstreamSettings, former: [UpstreamServer]?) {
        let slowStart = TimeSpan(settings.slowStart)
        if let former {
            balancer = balancer.rearranged(
                settings.servers.map { former.firstIndex(of: $0) }, ejection: settings.ejection, slowStart: slowStart)
        } else {
            balancer.adopt(ejection: settings.ejection, slowStart: slowStart)
        }
        guard settings.health == nil else { return }
        let now = self.now
        for place in settings.servers.indices { balancer.health(place, .healthy, now: now) }
    }

    /// How the servers stand, for the metrics page.
    func serverMetrics() -> [String: UpstreamServerMetrics] {
        let now = self.now
        var result: [String: UpstreamServerMetrics] = [:]
        for (place, pool) in upstreams.enumerated() {
            result[UpstreamServerMetrics.label(pool.server), default: .init()].add(
                balancer.state(of: place, now: now), ejections: balancer.ejections(of: place))
        }
        return result
    }
}
