import NIOCore
import NIOPosix
import NIOSSL
import NIOTLS
import StentExchange
import StentModel

/// Opens connections to one upstream server: resolve, connect, handshake, within one time limit.
///
/// Names are resolved anew for each connection, and connections have a greatest age, so that a changed DNS answer takes
/// effect without a restart.
final class UpstreamConnector {
    private let server: UpstreamServer
    private let timeout: TimeAmount
    private let tls: UpstreamTLS?

    init(server: UpstreamServer, connectTimeout: Duration, tls: UpstreamTLS?) {
        self.server = server
        timeout = .nanoseconds(TimeSpan(connectTimeout).nanoseconds)
        self.tls = tls
    }

    /// Ends in `pool.opened` or `pool.failedToOpen`, once, later than this call.
    func open(id: PoolMachine.ConnectionID, pool: UpstreamPool) {
        let loop = pool.worker.loop
        let attempt = NIOLoopBound(Opening(id: id, pool: pool), eventLoop: loop)
        let tls = self.tls
        let server = self.server
        let isTLS = server.isTLS
        let timer = loop.assumeIsolated().scheduleTask(in: timeout) { attempt.value.fail(.upstreamConnectTimeout) }
        attempt.value.timer = timer
        let future = pool.worker.world.dial(server, loop, timeout) { channel in
            channel.eventLoop.makeCompletedFuture {
                guard !isTLS || tls != nil else { throw ChannelError.operationUnsupported }
                if let tls { try channel.pipeline.syncOperations.addHandler(tls.makeHandler(for: server)) }
                try channel.pipeline.syncOperations.addHandler(attempt.value.makeConnection(channel, waits: isTLS))
            }
        }
        var isLater = false
        future.assumeIsolated().whenComplete { result in
            // Some errors, such as an unreachable network, are known inside the call.
            guard isLater else {
                return loop.assumeIsolated().execute { Self.settle(attempt.value, result, isTLS: isTLS) }
            }
            Self.settle(attempt.value, result, isTLS: isTLS)
        }
        isLater = true
    }

    private static func settle(_ attempt: Opening, _ result: Result<any Channel, any Error>, isTLS: Bool) {
        switch result {
        case .success(let channel): attempt.connected(channel, isTLS: isTLS)
        case .failure(let error): attempt.fail(reason(error))
        }
    }

    private static func reason(_ error: any Error) -> Reason {
        switch error {
        case ChannelError.connectTimeout: .upstreamConnectTimeout
        case let error as NIOConnectionError:
            error.connectionErrors.isEmpty
                ? .upstreamResolveFailed
                : error.connectionErrors.contains {
                    if case ChannelError.connectTimeout = $0.error { true } else { false }
                }
                    ? .upstreamConnectTimeout : .upstreamConnectFailed
        case is NIOSSLError, is BoringSSLError: .upstreamTLSFailed
        case _: .upstreamConnectFailed
        }
    }

    /// One connection on its way; reports once.
    private final class Opening {
        let id: PoolMachine.ConnectionID
        private let pool: UpstreamPool
        private var connection: UpstreamConnection?
        private var isSettled = false
        var timer: Scheduled<Void>?

        init(id: PoolMachine.ConnectionID, pool: UpstreamPool) {
            self.id = id
            self.pool = pool
        }

        func makeConnection(_ channel: any Channel, waits: Bool) -> UpstreamConnection {
            let connection = UpstreamConnection(id: id, pool: pool, channel: channel)
            if waits {
                connection.handshake = { [self] in $0 ? succeed() : fail(.upstreamTLSFailed) }
            }
            self.connection = connection
            return connection
        }

        func connected(_ channel: any Channel, isTLS: Bool) {
            guard !isSettled else { return channel.close(promise: nil) }
            if !isTLS { succeed() }
        }

        func fail(_ reason: Reason) {
            guard !isSettled else { return }
            isSettled = true
            timer?.cancel()
            connection?.handshake = nil
            connection?.close()
            pool.failedToOpen(id, reason)
        }

        private func succeed() {
            guard !isSettled, let connection else { return }
            isSettled = true
            timer?.cancel()
            connection.handshake = nil
            pool.opened(connection)
        }
    }
}
