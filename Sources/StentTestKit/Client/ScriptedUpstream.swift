import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// A server of a test: what it does on each connection is a script.
package final class ScriptedUpstream: Sendable {
    /// Done on each connection; when it returns or throws, the connection is closed.
    package typealias Script = @Sendable (_ connection: RawConnection, _ number: Int) async throws -> Void

    package let port: Int
    private let listener: any Channel
    private let counts: Counts

    private final class Counts: Sendable {
        let accepted = Atomic(0)
        let open = Atomic(0)
        let connections = Mutex<[ObjectIdentifier: RawConnection]>([:])
    }

    private init(listener: any Channel, counts: Counts) {
        self.listener = listener
        self.counts = counts
        port = listener.localAddress?.port ?? 0
    }

    /// - Parameters:
    ///   - tls: serves TLS.
    ///   - sendBuffer: bytes that the kernel may hold for a peer that does not read.
    ///   - script: gets the connection's number, from 1.
    package static func start(
        tls: TLSConfiguration? = nil, sendBuffer: Int? = nil, _ script: @escaping Script
    ) async throws -> ScriptedUpstream {
        let context = try tls.map { try NIOSSLContext(configuration: $0) }
        let counts = Counts()
        let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 1_024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.autoRead, value: false)
            .childChannelOption(.allowRemoteHalfClosure, value: tls == nil)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let sendBuffer {
                        try channel.syncOptions?.setOption(.socketOption(.so_sndbuf), value: sendBuffer)
                    }
                    if let context {
                        try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
                    }
                    let inbox = RawInbox(channel: channel, handshake: nil)
                    try channel.pipeline.syncOperations.addHandler(inbox)
                    let connection = RawConnection(
                        channel: channel, inbox: NIOLoopBound(inbox, eventLoop: channel.eventLoop))
                    let number = counts.accepted.add(1, ordering: .relaxed).newValue
                    counts.open.add(1, ordering: .relaxed)
                    counts.connections.withLock { $0[ObjectIdentifier(connection)] = connection }
                    channel.closeFuture.whenComplete { _ in
                        counts.open.subtract(1, ordering: .relaxed)
                        counts.connections.withLock { $0[ObjectIdentifier(connection)] = nil }
                    }
                    Task {
                        try? await script(connection, number)
                        await connection.close()
                    }
                }
            }
        return ScriptedUpstream(listener: try await bootstrap.bind(host: "127.0.0.1", port: 0).get(), counts: counts)
    }

    /// Answers every request on every connection alike.
    ///
    /// - Parameter answer: the whole answer, given the request.
    package static func answering(
        tls: TLSConfiguration? = nil, _ answer: @escaping @Sendable (RawMessage) -> String
    ) async throws -> ScriptedUpstream {
        try await start(tls: tls) { connection, _ in
            while true { try await connection.send(answer(try await connection.message(within: .seconds(600)))) }
        }
    }

    /// Connections that came so far.
    package var accepted: Int { counts.accepted.load(ordering: .relaxed) }
    /// Connections that are open.
    package var open: Int { counts.open.load(ordering: .relaxed) }

    /// Listens no longer; connections that are open stay.
    package func stopListening() async { try? await listener.close() }

    /// Listens no longer and ends every connection, and with them the scripts.
    package func stop() async {
        try? await listener.close()
        for connection in counts.connections.withLock({ Array($0.values) }) { await connection.close() }
    }
}
