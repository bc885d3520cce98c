import StentModel
import StentProxy
import Synchronization

/// What the admin listener answers: health, readiness, metrics, and what an operator asks of the cache.
final class AdminEndpoint: Sendable {
    private let server = Mutex<StentServer?>(nil)

    /// The server exists only once its listeners do.
    func attach(_ server: StentServer) { self.server.withLock { $0 = server } }

    var service: AdminService {
        AdminService { [self] request in
            guard let allowed = Self.paths[request.path] else { return nil }
            guard request.method == allowed else {
                return .problem(.adminMethodNotAllowed, allow: allowed == .get ? "GET, HEAD" : "POST")
            }
            return await answer(request)
        }
    }

    private static let paths: [String: Method] = [
        "/healthz": .get, "/readyz": .get, "/metrics": .get, "/status": .get, "/cache": .get, "/cache/purge": .post,
    ]

    private func answer(_ request: AdminService.Request) async -> AdminService.Answer? {
        let server = self.server.withLock { $0 }
        switch request.path {
        case "/healthz":
            return text(200, "ok\n")
        case "/readyz":
            guard let server else { return text(503, "starting\n") }
            if server.isDraining { return text(503, "draining\n") }
            return server.audit.accepts ? text(200, "ready\n") : text(503, "the audit trail can't be written\n")
        case "/metrics":
            guard let server else { return text(503, "starting\n") }
            return AdminService.Answer(
                status: 200, contentType: "text/plain; version=0.0.4; charset=utf-8",
                body: await MetricsPage.make(server))
        case "/status":
            guard let server else { return text(503, "starting\n") }
            return AdminService.Answer(
                status: 200, contentType: "application/json", body: await StatusDocument.make(server))
        case "/cache":
            guard let server else { return text(503, "starting\n") }
            return await showCache(server, query: request.query)
        case "/cache/purge":
            guard let server else { return text(503, "starting\n") }
            return await purgeCache(server, request)
        case _:
            return nil
        }
    }

    private func text(_ status: Int, _ text: String) -> AdminService.Answer {
        AdminService.Answer(status: status, contentType: "text/plain; charset=utf-8", body: Array(text.utf8))
    }
}
