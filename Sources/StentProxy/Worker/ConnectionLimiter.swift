import StentModel
import Synchronization

/// How many connections are open, in all and from each address; shared by all workers and asked once for each connection.
package final class ConnectionLimiter: Sendable {
    private struct Counts {
        var total = 0
        var byAddress: [PeerAddress: Int] = [:]
    }

    private let counts = Mutex(Counts())

    package init() {}

    /// Counts a new connection in, or says why there may be no more.
    func admit(_ address: PeerAddress, limits: LimitSettings) -> Reason? {
        counts.withLock { counts in
            guard counts.total < limits.connections else { return .admissionConnections }
            let ofAddress = counts.byAddress[address, default: 0]
            guard ofAddress < limits.connectionsPerAddress else { return .admissionConnectionsPerAddress }
            counts.total += 1
            counts.byAddress[address] = ofAddress + 1
            return nil
        }
    }

    /// Counts an admitted connection out.
    func release(_ address: PeerAddress) {
        counts.withLock { counts in
            counts.total -= 1
            let ofAddress = counts.byAddress[address, default: 1] - 1
            counts.byAddress[address] = ofAddress > 0 ? ofAddress : nil
        }
    }
}
