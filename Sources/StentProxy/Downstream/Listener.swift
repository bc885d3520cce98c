import Glibc
import NIOCore
import NIOPosix
import NIOSSL
import StentAudit
import StentModel

/// What the connections of a listener are for.
package enum ListenerPurpose: Sendable {
    /// Proxying, without and with TLS.
    case http
    case https(ServerTLS)
    /// stent's own endpoint.
    case admin(AdminService)
}

/// Opens listening sockets on a worker's loop; several workers share a port by SO_REUSEPORT.
package enum Listener {
    private static let reusePort = NIOBSDSocket.Option(rawValue: SO_REUSEPORT)

    /// - Parameters:
    ///   - port: overrides that of the address: where it says 0, the second worker joins the port of the first.
    ///   - purpose: asked for each connection, so that new certificates serve new connections.
    package static func open(
        _ address: ListenAddress, port: Int? = nil, backlog: Int, worker: NIOLoopBound<Worker>, loop: any EventLoop,
        purpose: @escaping @Sendable () -> ListenerPurpose
    ) -> EventLoopFuture<any Channel> {
        let bootstrap = ServerBootstrap(group: loop, childGroup: loop)
            .serverChannelOption(.backlog, value: Int32(clamping: backlog))
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelOption(.socketOption(reusePort), value: 1)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(AcceptPause())
                }
            }
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try accept(channel, worker.value, purpose()) }
            }
        do {
            let socketAddress = try SocketAddress(ipAddress: address.host, port: port ?? address.port)
            return bootstrap.bind(to: socketAddress)
        } catch {
            return loop.makeFailedFuture(error)
        }
    }

    /// Binds the address alone and lets go of it: fails where somebody else listens there.
    package static func probe(_ address: ListenAddress, loop: any EventLoop) -> EventLoopFuture<Void> {
        do {
            let socketAddress = try SocketAddress(ipAddress: address.host, port: address.port)
            return ServerBootstrap(group: loop)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .bind(to: socketAddress)
                .flatMap { $0.close() }
        } catch {
            return loop.makeFailedFuture(error)
        }
    }

    /// Begins to serve a client's connection, on the worker's loop.
    ///
    /// - Throws: the `Reason` for which it is refused.
    package static func accept(_ channel: any Channel, _ worker: Worker, _ purpose: ListenerPurpose) throws {
        let peer = channel.remoteAddress.map(PeerAddress.init(_:)) ?? .unknown
        if let reason = worker.limiter.admit(peer, limits: worker.snapshot.settings.limits) {
            worker.metrics.connectionsRefused[reason, default: 0] &+= 1
            throw reason
        }
        do {
            try serve(channel, peer, worker, purpose)
        } catch {
            worker.limiter.release(peer)
            throw error
        }
    }

    /// From the moment its last handler is added, a connection counts itself out.
    private static func serve(
        _ channel: any Channel, _ peer: PeerAddress, _ worker: Worker, _ purpose: ListenerPurpose
    ) throws {
        let pipeline = channel.pipeline.syncOperations
        let handler: StreamHandler
        var isTLS = false
        switch purpose {
        case .admin(let service):
            handler = AdminHandler(worker: worker, service: service)
        case .http:
            handler = ExchangeDriver(worker: worker, origin: origin(.http, peer, channel, worker))
        case .https(let tls):
            isTLS = true
            handler = ExchangeDriver(worker: worker, origin: origin(.https, peer, channel, worker))
            try pipeline.addHandler(tls.makeHandler())
        }
        try pipeline.addHandler(
            HTTP1Connection(worker: worker, channel: channel, handler: handler, peer: peer, isTLS: isTLS))
    }

    private static func origin(
        _ listener: ExchangeRecord.Listener, _ peer: PeerAddress, _ channel: any Channel, _ worker: Worker
    ) -> ExchangeDriver.Origin {
        .init(
            listener: listener, peer: peer, peerPort: channel.remoteAddress?.port ?? 0,
            isTrustedProxy: worker.snapshot.clientAddress.isTrusted(peer))
    }
}

extension PeerAddress {
    /// The address of a socket.
    init(_ address: SocketAddress) {
        switch address {
        case .v4(let address):
            self = .v4(UInt32(bigEndian: address.address.sin_addr.s_addr))
        case .v6(let address):
            let bytes = withUnsafeBytes(of: address.address.sin6_addr) { Array($0) }
            self = Self.unmapped(
                bytes[..<8].reduce(0) { $0 << 8 | UInt64($1) }, bytes[8...].reduce(0) { $0 << 8 | UInt64($1) })
        case .unixDomainSocket: self = .unknown
        }
    }
}
