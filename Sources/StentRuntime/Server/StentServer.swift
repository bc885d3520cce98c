import Glibc
import Logging
import NIOCore
import NIOPosix
import StentAudit
import StentModel
import StentProxy
import StentStore
import Synchronization

/// One running stent: its listeners, workers and audit trail, wired together.
package final class StentServer: Sendable {
    /// Ports that are listened on; differ from the settings where those say 0.
    package struct Ports: Sendable {
        package var http: Int?
        package var https: Int?
        package var admin: Int?
    }

    /// Why stent could not start or take new settings.
    package struct Failure: Error, CustomStringConvertible {
        package var description: String

        package init(_ description: String) { self.description = description }
    }

    private struct Mutable: Sendable {
        var settings: Settings
        var digest: String
        var tls: ServerTLS?
        var isDraining = false
    }

    package let ports: Ports
    let workers: [NIOLoopBound<Worker>]
    let loops: [any EventLoop]
    let audit: AuditFileWriter
    let gate: Gate
    /// `nil` where Idempotency-Key means nothing.
    let keys: IdempotencyKeys?
    let stores: PolicyStores
    let cache: CacheTierOpening
    let log: Logger
    private let group: MultiThreadedEventLoopGroup
    private let channels: [any Channel]
    /// The upstream servers' health checks.
    private let health: NIOLoopBound<HealthChecker>?
    private let state: Shared

    /// What changes while stent runs, for other threads than the loops.
    private final class Shared: Sendable {
        let value: Mutex<Mutable>
        init(_ value: Mutable) { self.value = Mutex(value) }
    }

    private init(
        ports: Ports, workers: [NIOLoopBound<Worker>], loops: [any EventLoop], audit: AuditFileWriter, gate: Gate,
        keys: IdempotencyKeys?, stores: PolicyStores, cache: CacheTierOpening, log: Logger,
        group: MultiThreadedEventLoopGroup,
        channels: [any Channel],
        health: NIOLoopBound<HealthChecker>?, state: Shared
    ) {
        self.ports = ports
        self.workers = workers
        self.loops = loops
        self.audit = audit
        self.gate = gate
        self.keys = keys
        self.cache = cache
        self.stores = stores
        self.log = log
        self.group = group
        self.channels = channels
        self.health = health
        self.state = state
    }

    /// Digest of the settings in force.
    var digest: String { state.value.withLock { $0.digest } }
    /// The settings in force.
    package var settings: Settings { state.value.withLock { $0.settings } }
    /// Able to serve: not shutting down, and the audit trail takes records. Whether the upstream is up is not asked.
    package var isReady: Bool { !isDraining && audit.accepts }
    package var isDraining: Bool { state.value.withLock { $0.isDraining } }
}

// MARK: - Start

extension StentServer {
    /// Starts everything, or nothing.
    ///
    /// - Parameter digest: of the settings, for the trail.
    /// - Throws: `Failure` with what to do.
    package static func start(_ settings: Settings, digest: String = "", log: Logger) async throws -> StentServer {
        signal(SIGPIPE, SIG_IGN)  // a peer that is gone is an error of that write, not of the process
        let tls = try serverTLS(settings, log: log)
        let upstreamTLS = try upstreamTLS(settings)
        let directory = settings.audit.directory ?? "\(settings.state.directory)/audit"
        try Files.makeDirectory(settings.state.directory, mode: 0o750)
        let audit: AuditFileWriter
        do {
            audit = try AuditFileWriter(
                directory: directory, settings: settings.audit, seals: try sealKeys(settings)
            ) { $0.tell(log) }
        } catch {
            throw Failure("\(error)")
        }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: settings.workers ?? System.coreCount)
        let loops = Array(group.makeIterator())
        let limiter = ConnectionLimiter()
        let keys = try IdempotencyKeys.open(settings, log: log)
        let stores = try PolicyStores.open(settings, log: log)
        let cache = try CacheTierOpening.open(settings, log: log)
        let gate = Gate(
            settings, idempotency: keys?.port, policies: policies(stores, cache, audit, log), cache: cache.store)
        let snapshot = Snapshot(settings)
        var workers: [NIOLoopBound<Worker>] = []
        for loop in loops {
            let worker = try await loop.submit {
                NIOLoopBound(
                    Worker(
                        loop: loop, snapshot: snapshot, audit: audit.makeTrail(), limiter: limiter,
                        gate: gate, upstreamTLS: upstreamTLS),
                    eventLoop: loop)
            }.get()
            workers.append(worker)
        }
        let health = try await HealthChecker.make(for: workers)
        let state = Shared(Mutable(settings: settings, digest: digest, tls: tls))
        let opening = Opening(settings: settings, workers: workers, loops: loops)
        do {
            try await opening.open(tls: { state.value.withLock { $0.tls } })
        } catch {
            await opening.close()
            _ = audit.shutdown(within: .seconds(1))
            keys?.store.shutdown(within: .seconds(1))
            stores.shutdown(within: .seconds(1))
            cache.shutdown(isComplete: true, within: .seconds(1))
            try? await group.shutdownGracefully()
            throw error
        }
        let server = StentServer(
            ports: opening.ports, workers: workers, loops: loops, audit: audit, gate: gate, keys: keys, stores: stores,
            cache: cache,
            log: log, group: group, channels: opening.channels, health: health, state: state)
        opening.admin.attach(server)
        if let port = opening.ports.https, port != settings.listen.https?.address.port {
            await server.adopt(Snapshot(settings, httpsPort: port), upstreamTLS)
        }
        await server.followHealth(upstreamTLS)
        await server.openOutbox()
        audit.record(.start, details: [.init("version", .text(StentVersion.text)), .init("settings", .text(digest))])
        return server
    }

    private static func sealKeys(_ settings: Settings) throws(AuditStoreError) -> AuditSealKeys? {
        let seal = settings.audit.seal
        guard seal.isEnabled else { return nil }
        let path = seal.key ?? "\(settings.state.directory)/audit-seal.key"
        var keys = AuditSealKeys(current: try AuditSealKeys.key(at: path, makes: true))
        if let previous = seal.previousKey { keys.previous = try AuditSealKeys.key(at: previous, makes: false) }
        return keys
    }

    private static func policies(
        _ stores: PolicyStores, _ cache: CacheTierOpening, _ audit: AuditFileWriter, _ log: Logger
    ) -> Gate.Policies {
        var policies = Gate.Policies()
        // Copies of callers are found again after a restart by a key that is kept with them.
        policies.digest = cache.disk.map { CredentialHMAC(key: $0.callerKey) } ?? CredentialHMAC()
        policies.ledger = stores.ledger
        policies.outbox = stores.desk
        policies.onOverride = { caller, reason in
            log.warning("an owner is overridden", metadata: ["caller": "\(caller)"])
            audit.record(
                .breakGlassOpened, details: [.init("caller", .text(caller)), .init("reason", .text(reason))])
        }
        return policies
    }

    /// The outbox's records are written by the first worker.
    private func openOutbox() async {
        guard let desk = stores.desk, let worker = workers.first, let loop = loops.first else { return }
        let account = settings.outbox.authorization
        let (audit, log) = (audit, log)
        try? await loop.submit {
            let listener = OutboxListener { id, status in
                log.error(
                    "a record of the outbox is refused and will not be written",
                    metadata: ["job": "\(id)", "status": "\(status)"])
                audit.record(.outboxRefused, details: [.init("job", .text(id)), .init("status", .number(status))])
            } onLost: { id in
                log.error("an answer can't be kept and will not be written down", metadata: ["job": "\(id)"])
            }
            desk.attach(worker.value, account: account, listener: listener)
        }.get()
    }

    private static func serverTLS(_ settings: Settings, log: Logger) throws -> ServerTLS? {
        guard let listener = settings.listen.https else { return nil }
        do {
            let loaded = try ServerIdentities.load(listener, stateDirectory: settings.state.directory)
            if let development = loaded.development {
                log.warning(
                    "using a development certificate; set STENT_CERT and STENT_KEY, or listen.https.certificates",
                    metadata: ["path": "\(development.path)", "made": development.isNew ? "now" : "earlier"])
            }
            return try ServerTLS(identities: loaded.identities, minimum: listener.minimumTLS)
        } catch let error as Files.Failure {
            throw Failure("listen.https.certificates: \(error)")
        } catch let error as ServerIdentities.Failure {
            throw Failure("listen.https.certificates: \(error)")
        } catch {
            throw Failure("listen.https.certificates: the certificates and keys can't be used together: \(error)")
        }
    }

    private static func upstreamTLS(_ settings: Settings) throws -> UpstreamTLS? {
        guard settings.upstream.servers.contains(where: \.isTLS) else { return nil }
        do {
            return try UpstreamTLS(
                settings.upstream, authorities: try settings.upstream.tls.authorities.map { try Files.read($0) })
        } catch {
            throw Failure("upstream.tls.authorities: \(error)")
        }
    }
}

// MARK: - Change and end

extension StentServer {
    /// New settings for what comes from now on. What can't change without a restart (listeners, workers, state and audit
    /// directory) must be as it was.
    ///
    /// - Throws: `Failure`; the old settings stay in force.
    package func reload(_ new: Settings, digest: String) async throws {
        let old = settings
        guard old.listen.withoutCertificates == new.listen.withoutCertificates, old.workers == new.workers,
            old.state == new.state, old.audit.directory == new.audit.directory,
            old.stores == new.stores
        else {
            throw Failure(
                "listen (but certificates, hsts, trusted_proxies), workers, state, audit.directory and whether there are "
                    + "idempotency, identity, ownership, record_as_note, cache and its disk change only with a restart; the old settings stay "
                    + "in force")
        }
        let tls = try Self.serverTLS(new, log: log)
        let upstreamTLS = try Self.upstreamTLS(new)
        gate.reconfigure(new, now: Moment(nanoseconds: Int64(NIODeadline.now().uptimeNanoseconds)))
        await adopt(Snapshot(new, httpsPort: ports.https), upstreamTLS)
        audit.adopt(new.audit)
        keys?.adopt(new)
        stores.adopt(new)
        let former = state.value.withLock { state in
            let former = state.digest
            state.settings = new
            state.digest = digest
            state.tls = tls
            return former
        }
        audit.record(.reload, details: [.init("from", .text(former)), .init("to", .text(digest))])
    }

    private func adopt(_ snapshot: Snapshot, _ upstreamTLS: UpstreamTLS?) async {
        for (worker, loop) in zip(workers, loops) {
            try? await loop.submit { worker.value.reconfigure(snapshot, upstreamTLS: upstreamTLS) }.get()
        }
        await followHealth(upstreamTLS)
    }

    /// The health checks follow the settings that the workers have.
    private func followHealth(_ upstreamTLS: UpstreamTLS?) async {
        guard let health else { return }
        try? await health.eventLoop.submit { health.value.follow(upstreamTLS: upstreamTLS) }.get()
    }

    /// Closes and opens the audit file anew, after something else has renamed it.
    package func reopenAudit() { audit.reopen() }

    /// Stops accepting, finishes what is in flight within `timeouts.drain`, then ends the rest and stops.
    ///
    /// - Returns: whether everything in flight was finished.
    @discardableResult
    package func stop() async -> Bool {
        let isFirst = state.value.withLock { state in
            let isFirst = !state.isDraining
            state.isDraining = true
            return isFirst
        }
        guard isFirst else { return true }
        if let health { try? await health.eventLoop.submit { health.value.stop() }.get() }
        for channel in channels where channel.localAddress?.port != ports.admin { try? await channel.close() }
        let limit = TimeAmount.nanoseconds(TimeSpan(settings.timeouts.drain).nanoseconds)
        let isComplete = await drainWorkers(within: limit)
        for channel in channels { try? await channel.close() }
        for (worker, loop) in zip(workers, loops) { try? await loop.submit { worker.value.shutDown() }.get() }
        audit.record(.stop, details: [.init("complete", .flag(isComplete))])
        keys?.store.shutdown(within: .seconds(10))
        stores.shutdown(within: .seconds(10))
        cache.shutdown(isComplete: isComplete, within: .seconds(10))
        let end = audit.shutdown(within: .seconds(10))
        if !end.isComplete {
            log.error("audit lines were lost at the end", metadata: ["lines": "\(end.linesLost)"])
        }
        try? await group.shutdownGracefully()
        return isComplete
    }

    private func drainWorkers(within limit: TimeAmount) async -> Bool {
        guard let first = loops.first else { return true }
        let drained = EventLoopFuture.andAllSucceed(
            zip(workers, loops).map { worker, loop in loop.flatSubmit { worker.value.drain() } }, on: first)
        let promise = first.makePromise(of: Bool.self)
        let timer = first.scheduleTask(in: limit) { promise.succeed(false) }
        drained.whenComplete { _ in
            timer.cancel()
            promise.succeed(true)
        }
        return (try? await promise.futureResult.get()) ?? false
    }
}

extension ListenSettings {
    /// What stays the same as long as the process runs.
    fileprivate var withoutCertificates: ListenSettings {
        var copy = self
        copy.https?.certificates = []
        copy.https?.hsts = nil
        copy.https?.minimumTLS = .tls12
        copy.trustedProxies = []
        return copy
    }
}
