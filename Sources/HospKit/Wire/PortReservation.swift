import NIOCore
import Glibc

/// Keeps a port for the service while an outage has its listener closed.
///
/// A socket that is bound and never listens: connecting to the port is refused, yet no outgoing connection is given its number
/// meanwhile, and the listener can come back because both allow the address to be used again.
final class PortReservation: Sendable {
    /// The address, with the port that was chosen where 0 was asked for.
    let address: SocketAddress
    private let descriptor: CInt

    init(host: String, port: Int) throws {
        let wanted = try SocketAddress.makeAddressResolvingHost(host, port: port)
        let kind = CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
        descriptor = socket(CInt(wanted.protocol.rawValue), kind, 0)
        guard descriptor >= 0 else { throw IOError(errnoCode: errno, reason: "socket") }
        do {
            address = try Self.bind(descriptor, to: wanted)
        } catch {
            close(descriptor)
            throw error
        }
    }

    deinit {
        close(descriptor)
    }

    private static func bind(_ descriptor: CInt, to wanted: SocketAddress) throws -> SocketAddress {
        var yes: CInt = 1
        guard setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<CInt>.size)) == 0 else {
            throw IOError(errnoCode: errno, reason: "setsockopt")
        }
        let bound = wanted.withSockAddr { address, length in systemBind(descriptor, address, socklen_t(length)) }
        guard bound == 0 else { throw IOError(errnoCode: errno, reason: "bind to \(wanted)") }
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let named = withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        guard named == 0 else { throw IOError(errnoCode: errno, reason: "getsockname") }
        let port = withUnsafePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { UInt16(bigEndian: $0.pointee.sin_port) }
        }
        var address = wanted
        address.port = Int(port)  // the port stands at the same place in sockaddr_in and sockaddr_in6
        return address
    }
}

private func systemBind(_ descriptor: CInt, _ address: UnsafePointer<sockaddr>, _ length: socklen_t) -> CInt {
    bind(descriptor, address, length)
}
