import Glibc

/// A port of the loopback address, for the upstream of a case.
final class WireListener: Sendable {
    let port: Int
    private let descriptor: CInt

    /// - Parameter listens: false takes the port and refuses connections.
    init(listens: Bool) throws {
        let descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0 else { throw WireSystemError("socket") }
        var address = Self.loopback(0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard bound, !listens || listen(descriptor, 64) == 0 else {
            let failure = WireSystemError("listen")
            _ = Glibc.close(descriptor)
            throw failure
        }
        self.descriptor = descriptor
        port = Int(UInt16(bigEndian: address.sin_port))
    }

    deinit { _ = Glibc.close(descriptor) }

    /// The next connection's descriptor; `nil` at the deadline or when the case ends.
    func accept(until deadline: WireDeadline, stop: WireStop) -> CInt? {
        while !stop.isRaised {
            if let next = acceptNow() { return next }
            let milliseconds = deadline.remainingMilliseconds
            guard milliseconds > 0 else { return nil }
            var polled = [
                pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
                pollfd(fd: stop.descriptor, events: Int16(POLLIN), revents: 0),
            ]
            _ = poll(&polled, 2, milliseconds)
        }
        return nil
    }

    /// A connection that waits already.
    func acceptNow() -> CInt? {
        let next = Glibc.accept(descriptor, nil, nil)
        guard next >= 0 else { return nil }
        _ = fcntl(next, F_SETFD, FD_CLOEXEC)
        return next
    }

    static func loopback(_ port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(clamping: port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }
}
