import Foundation
import Glibc
import StentTestKit
import Synchronization

/// Not a proxy but a piece of wire: whatever a client sends reaches the upstream, and back. The audit trail is what the test
/// says it is. With it the language is tried without the proxy that it is for.
struct RelayPeer: WireTargetFactory {
    let auditLines: [String]

    func start(_ configuration: WireConfiguration, upstreamPort: Int) async throws -> Running {
        try Running(upstreamPort: upstreamPort, lines: auditLines)
    }

    final class Running: WireTarget {
        let httpPort: Int
        private let upstreamPort: Int
        private let lines: [String]
        private let listener: CInt
        private let descriptors = Mutex<[CInt]>([])

        init(upstreamPort: Int, lines: [String]) throws {
            self.upstreamPort = upstreamPort
            self.lines = lines
            let listener = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
            var address = Self.loopback(0)
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let bound = withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(listener, $0, length) == 0 && listen(listener, 16) == 0
                        && getsockname(listener, $0, &length) == 0
                }
            }
            guard bound else { throw POSIXError(.EADDRNOTAVAIL) }
            self.listener = listener
            httpPort = Int(UInt16(bigEndian: address.sin_port))
            Thread { [self] in serve() }.start()
        }

        func auditLines() async throws -> [String] { lines }

        func stop() async throws -> [String] {
            _ = shutdown(listener, CInt(SHUT_RDWR))
            for descriptor in descriptors.withLock({ $0 }) { _ = shutdown(descriptor, CInt(SHUT_RDWR)) }
            return lines
        }

        private func serve() {
            while true {
                let client = accept(listener, nil, nil)
                guard client >= 0 else { return }
                let upstream = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
                var address = Self.loopback(upstreamPort)
                let connected = withUnsafePointer(to: &address) { pointer in
                    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                        connect(upstream, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
                    }
                }
                guard connected else {
                    _ = close(client)
                    continue
                }
                descriptors.withLock { $0 += [client, upstream] }
                Thread { Self.pump(from: client, to: upstream) }.start()
                Thread { Self.pump(from: upstream, to: client) }.start()
            }
        }

        private static func pump(from source: CInt, to sink: CInt) {
            var buffer = [UInt8](repeating: 0, count: 65_536)
            while true {
                let count = recv(source, &buffer, buffer.count, 0)
                guard count > 0 else { break }
                guard send(sink, buffer, count, CInt(MSG_NOSIGNAL)) == count else { break }
            }
            _ = shutdown(sink, CInt(SHUT_WR))
        }

        private static func loopback(_ port: Int) -> sockaddr_in {
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = in_port_t(clamping: port).bigEndian
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            return address
        }
    }
}
