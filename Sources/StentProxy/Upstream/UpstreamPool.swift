import NIOCore
import NIOPosix
import StentExchange
import StentModel

/// One worker's connections to one upstream server: carries out what `PoolMachine` decides.
final class UpstreamPool {
    /// Who gets a connection. Called on the worker's loop, once, unless cancelled before.
    protocol Borrower: AnyObject {
        func lent(_ connection: UpstreamConnection, reused: Bool)
        func notLent(_ failure: UpstreamFailure)
    }

    /// A request for a connection that is not yet met.
    enum Pending {
        case waiting(PoolMachine.WaiterID)
        case opening(PoolMachine.ConnectionID)
    }

    unowned let worker: Worker
    let server: UpstreamServer
    /// `host:port`, for requests that came without Host.
    let authority: [UInt8]
    private let connector: UpstreamConnector
    private var machine: PoolMachine
    private var connections: [PoolMachine.ConnectionID: UpstreamConnection] = [:]
    private var opening: [PoolMachine.ConnectionID: any Borrower] = [:]
    private var waiting: [PoolMachine.WaiterID: any Borrower] = [:]
    private var isRetired = false

    init(worker: Worker, server: UpstreamServer, settings: Settings, tls: UpstreamTLS?) {
        self.worker = worker
        self.server = server
        let host = server.host.utf8.contains(0x3A) ? "[\(server.host)]" : server.host
        let isDefaultPort = server.port == (server.isTLS ? 443 : 80)
        authority = Array((isDefaultPort ? host : "\(host):\(server.port)").utf8)
        connector = UpstreamConnector(
            server: server, connectTimeout: settings.upstream.connectTimeout, tls: server.isTLS ? tls : nil)
        machine = PoolMachine(settings.upstream.pool)
    }

    var openCount: Int { machine.openCount }
    var idleCount: Int { machine.idleCount }
    var waitingCount: Int { machine.waitingCount }

    /// Lends a connection, now or later.
    ///
    /// - Parameters:
    ///   - fresh: not one that has lain idle.
    ///   - verify: look at an idle connection's socket before it is lent, because the request must not be lost on one that
    ///     the upstream has already closed.
    /// - Returns: what to `cancel`; `nil` where `lent` was already called.
    func acquire(for borrower: any Borrower, fresh: Bool, verify: Bool) -> Pending? {
        while true {
            let now = worker.now
            let (acquisition, close) = machine.acquire(fresh: fresh, now: now)
            for id in close { connections.removeValue(forKey: id)?.close() }
            switch acquisition {
            case .lend(let id):
                guard let connection = connections[id] else {
                    _ = machine.closed(id)
                    continue
                }
                let hasLainIdle = now.since(connection.idleSince) > .milliseconds(500)
                if (verify || hasLainIdle) && !connection.isQuiet() {
                    connections[id] = nil
                    _ = machine.closed(id)
                    connection.close()
                    continue
                }
                connection.lend()
                borrower.lent(connection, reused: true)
                return nil
            case .open(let id):
                open(id, for: borrower)
                return .opening(id)
            case .wait(let waiter):
                waiting[waiter] = borrower
                return .waiting(waiter)
            }
        }
    }

    /// The borrower no longer wants a connection.
    func cancel(_ pending: Pending) {
        switch pending {
        case .waiting(let waiter):
            waiting[waiter] = nil
            machine.cancel(waiter)
        case .opening(let id): opening[id] = nil  // when it opens, it goes to whoever waits, or among the idle ones
        }
    }

    /// A lent connection has served a whole exchange.
    func giveBack(_ connection: UpstreamConnection) {
        let id = connection.id
        guard connections[id] === connection else { return connection.close() }
        guard !isRetired else { return discard(connection) }
        let now = worker.now
        switch machine.giveBack(id, born: connection.born, now: now) {
        case .keep: connection.rest(now: now)
        case .lend(let waiter):
            guard let borrower = waiting.removeValue(forKey: waiter) else { return giveBack(connection) }
            connection.lend()
            borrower.lent(connection, reused: true)
        case .close: discard(connection)
        }
    }

    /// A connection must not be used again.
    func discard(_ connection: UpstreamConnection) {
        connection.close()
        removed(connection)
    }

    /// A connection was closed, by whomever.
    func removed(_ connection: UpstreamConnection) {
        guard connections.removeValue(forKey: connection.id) != nil else { return }
        release(connection.id)
    }

    /// Closes idle connections whose time is over.
    func expire(now: Moment) {
        for id in machine.expire(now: now) { connections.removeValue(forKey: id)?.close() }
    }

    /// Closes the idle connections now and the others when they are given back.
    func retire() {
        isRetired = true
        for id in machine.drain() { connections.removeValue(forKey: id)?.close() }
    }

    private func release(_ id: PoolMachine.ConnectionID) {
        guard let (waiter, next) = machine.closed(id) else { return }
        guard let borrower = waiting.removeValue(forKey: waiter) else { return release(next) }
        open(next, for: borrower)
    }

    private func open(_ id: PoolMachine.ConnectionID, for borrower: any Borrower) {
        opening[id] = borrower
        connector.open(id: id, pool: self)
    }

    /// The connector has a connection, ready for its first request.
    func opened(_ connection: UpstreamConnection) {
        worker.metrics.upstreamOpened &+= 1
        connections[connection.id] = connection
        if let borrower = opening.removeValue(forKey: connection.id) {
            connection.lend()
            borrower.lent(connection, reused: false)
        } else {
            giveBack(connection)
        }
    }

    func failedToOpen(_ id: PoolMachine.ConnectionID, _ reason: Reason) {
        let borrower = opening.removeValue(forKey: id)
        release(id)
        borrower?.notLent(UpstreamFailure(reason: reason, phase: .connecting, requestLeft: false))
    }
}
