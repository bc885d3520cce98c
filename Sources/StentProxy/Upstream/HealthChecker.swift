import NIOCore
import StentModel
import StentPolicy

/// The active health checks of all upstream servers, made by one worker and told to every worker: servers are not asked
/// once for each core.
///
/// There are none where `upstream.health` is not set, or where there is one server, which is used in any case.
package final class HealthChecker {
    private let worker: Worker
    private let workers: [NIOLoopBound<Worker>]
    private var checks: [HealthCheck] = []
    /// What the checks were made from.
    private var followed: UpstreamSettings?
    private var isStopped = false

    private init(on worker: Worker, telling workers: [NIOLoopBound<Worker>]) {
        self.worker = worker
        self.workers = workers
    }

    /// Runs on the first worker's loop; `follow` begins.
    ///
    /// - Returns: `nil` where there are no workers.
    package static func make(for workers: [NIOLoopBound<Worker>]) async throws -> NIOLoopBound<HealthChecker>? {
        guard let first = workers.first else { return nil }
        return try await first.eventLoop.submit {
            NIOLoopBound(HealthChecker(on: first.value, telling: workers), eventLoop: first.eventLoop)
        }.get()
    }

    /// Checks by the settings that the worker has now. Verdicts on servers that stay are kept.
    package func follow(upstreamTLS: UpstreamTLS?) {
        worker.loop.assertInEventLoop()
        guard !isStopped else { return }
        let settings = worker.snapshot.settings
        let new = settings.upstream
        if let followed, followed.servers == new.servers, followed.health == new.health, followed.tls == new.tls,
            new.tls.authorities == nil
        {
            return
        }
        followed = new
        let verdicts = Dictionary(checks.map { ($0.server, $0.health) }) { first, _ in first }
        for check in checks { check.stop() }
        checks = []
        guard let health = new.health, new.servers.count > 1 else { return }
        for server in Set(new.servers) {
            let verdict = verdicts[server] ?? .healthy
            if verdict == .unhealthy { tell(server, verdict) }
            checks.append(
                HealthCheck(
                    worker: worker, server: server, settings: settings, checks: health, tls: upstreamTLS,
                    health: verdict
                ) { [weak self] in self?.tell(server, $0) })
        }
        for check in checks { check.start() }
    }

    /// No more checks; the last verdicts stand.
    package func stop() {
        worker.loop.assertInEventLoop()
        isStopped = true
        for check in checks { check.stop() }
        checks = []
    }

    private func tell(_ server: UpstreamServer, _ health: Balancer.Health) {
        for worker in workers {
            worker.eventLoop.execute { worker.value.checked(server, health) }
        }
    }
}
