import Glibc
import NIOCore
import StentModel
import StentProxy

/// The listeners of a server while it starts: all are opened, or those that were are closed again.
final class Opening {
    private(set) var channels: [any Channel] = []
    private(set) var ports = StentServer.Ports()
    let admin = AdminEndpoint()
    private let settings: Settings
    private let workers: [NIOLoopBound<Worker>]
    private let loops: [any EventLoop]

    init(settings: Settings, workers: [NIOLoopBound<Worker>], loops: [any EventLoop]) {
        self.settings = settings
        self.workers = workers
        self.loops = loops
    }

    /// - Parameter tls: what new connections are served with.
    func open(tls: @escaping @Sendable () -> ServerTLS?) async throws {
        let listen = settings.listen
        if let listener = listen.https {
            ports.https = try await open(listener.address, "listen.https", everywhere: true) {
                tls().map { .https($0) } ?? .http
            }
        }
        if let listener = listen.http {
            ports.http = try await open(listener.address, "listen.http", everywhere: true) { .http }
        }
        if let listener = listen.admin {
            let service = admin.service
            ports.admin = try await open(listener.address, "listen.admin", everywhere: false) { .admin(service) }
        }
    }

    func close() async {
        for channel in channels { try? await channel.close() }
    }

    /// - Returns: the port that is listened on.
    private func open(
        _ address: ListenAddress, _ key: String, everywhere: Bool, purpose: @escaping @Sendable () -> ListenerPurpose
    ) async throws -> Int {
        try await probe(address, key)
        var port = address.port
        for (worker, loop) in zip(workers, loops).prefix(everywhere ? workers.count : 1) {
            do {
                let channel = try await Listener.open(
                    address, port: port, backlog: settings.listen.backlog, worker: worker, loop: loop, purpose: purpose
                ).get()
                channels.append(channel)
                port = channel.localAddress?.port ?? port
            } catch {
                throw failure(address, key, error)
            }
        }
        return port
    }

    /// SO_REUSEPORT would let a second stent of the same user join the first one's port, and each would get some of the
    /// connections; so a port that somebody listens on is refused by binding it once without that option.
    private func probe(_ address: ListenAddress, _ key: String) async throws {
        guard address.port != 0, let loop = loops.first else { return }
        do {
            try await Listener.probe(address, loop: loop).get()
        } catch {
            throw failure(address, key, error)
        }
    }

    private func failure(_ address: ListenAddress, _ key: String, _ error: any Error) -> StentServer.Failure {
        let shown = address.host.contains(":") ? "[\(address.host)]:\(address.port)" : "\(address.host):\(address.port)"
        guard let error = error as? IOError else {
            return StentServer.Failure("\(key): can't listen on \(shown): \(error)")
        }
        let advice: String
        switch error.errnoCode {
        case EADDRINUSE: advice = "the port is taken; stop what listens there, or set another port"
        case EACCES: advice = "this user may not use the port; take one above 1023, or grant CAP_NET_BIND_SERVICE"
        case EADDRNOTAVAIL: advice = "this machine has no such address"
        case _: advice = "\(error)"
        }
        return StentServer.Failure("\(key): can't listen on \(shown): \(advice)")
    }
}
