import StentModel
import StentPolicy

/// How one upstream server stands in the eyes of the workers.
package struct UpstreamServerMetrics: Sendable, Equatable {
    /// How many workers see it so: each ejects by what it has met itself.
    package private(set) var states: [Balancer.State: Int] = [:]
    /// By any worker, since the start.
    package private(set) var ejections: UInt64 = 0

    package init() {}

    /// `host:port`, an IPv6 address in brackets.
    package static func label(_ server: UpstreamServer) -> String {
        server.host.utf8.contains(0x3A) ? "[\(server.host)]:\(server.port)" : "\(server.host):\(server.port)"
    }

    mutating func add(_ state: Balancer.State, ejections count: UInt64) {
        states[state, default: 0] += 1
        ejections &+= count
    }

    package mutating func merge(_ other: UpstreamServerMetrics) {
        states.merge(other.states, uniquingKeysWith: +)
        ejections &+= other.ejections
    }
}
