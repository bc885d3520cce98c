import Glibc
import Logging
import ServiceLifecycle
import StentConfig
import StentModel
import UnixSignals

/// `stent serve`: one server for the life of the process, and the signals that it answers.
package struct ServeProcess {
    private let path: String

    package init(configuration path: String) { self.path = path }

    /// Serves until SIGTERM or SIGINT.
    ///
    /// - Returns: the exit code: 0 after a drain, 1 where the settings are bad or stent can't start with them.
    package func run() async -> Int32 {
        let loaded: ConfigFile.Loaded
        do {
            loaded = try ConfigFile.load(path)
        } catch {
            Self.say("\(error)")
            return 1
        }
        if !loaded.warnings.isEmpty { Self.say(loaded.warnings) }
        var log = Logger(label: "stent") { StreamLogHandler.standardError(label: $0) }
        log.logLevel = loaded.settings.log.level.loggerLevel
        Self.raiseDescriptorLimit(log)
        let server: StentServer
        do {
            server = try await StentServer.start(loaded.settings, digest: loaded.digest, log: log)
        } catch {
            Self.say("stent can't start: \(error)")
            return 1
        }
        log.notice("serving", metadata: server.ports.metadata)
        let service = StentService(server: server, path: path, log: log)
        let services = ServiceGroup(
            configuration: .init(
                services: [.init(service: service, successTerminationBehavior: .gracefullyShutdownGroup)],
                gracefulShutdownSignals: [.sigterm, .sigint], logger: log))
        do {
            try await services.run()
            return 0
        } catch {
            log.error("ended by an error", metadata: ["cause": "\(error)"])
            return 70
        }
    }

    /// A proxy holds two descriptors for each exchange; the soft limit is often 1,024, and the hard one is ours to use.
    private static func raiseDescriptorLimit(_ log: Logger) {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0, limit.rlim_cur < limit.rlim_max
        else { return }
        limit.rlim_cur = limit.rlim_max
        if setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) != 0 {
            log.warning("the limit on open files could not be raised")
        }
    }

    private static func say(_ text: String) {
        StandardStreams.error(text)
    }
}

/// The server as a service of the process: runs until it is told to stop, and reads its settings anew when asked.
private struct StentService: Service {
    let server: StentServer
    let path: String
    let log: Logger

    func run() async throws {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await answerSignals() }
            group.addTask { try? await gracefulShutdown() }
            await group.next()
            group.cancelAll()
        }
        log.notice("draining", metadata: ["limit": "\(server.settings.timeouts.drain)"])
        let isComplete = await server.stop()
        log.notice("stopped", metadata: ["complete": "\(isComplete)"])
    }

    private func answerSignals() async {
        for await signal in await UnixSignalsSequence(trapping: .sighup, .sigusr1) {
            switch signal {
            case .sighup: await reload()
            case .sigusr1: server.reopenAudit()
            case _: break
            }
        }
        // Signals end only with the process; until then this task must not be the first to finish.
        try? await gracefulShutdown()
    }

    private func reload() async {
        do {
            let loaded = try ConfigFile.load(path)
            try await server.reload(loaded.settings, digest: loaded.digest)
            log.notice("settings reloaded", metadata: ["settings": "\(loaded.digest)"])
            if !loaded.warnings.isEmpty {
                log.warning("settings have warnings", metadata: ["text": "\(loaded.warnings)"])
            }
        } catch {
            log.error("settings not reloaded; the old ones stay in force", metadata: ["cause": "\(error)"])
        }
    }
}

extension StentServer.Ports {
    /// For the log.
    fileprivate var metadata: Logger.Metadata {
        var metadata: Logger.Metadata = [:]
        if let https { metadata["https"] = "\(https)" }
        if let http { metadata["http"] = "\(http)" }
        if let admin { metadata["admin"] = "\(admin)" }
        return metadata
    }
}

extension LogSettings.Level {
    fileprivate var loggerLevel: Logger.Level {
        switch self {
        case .trace: .trace
        case .debug: .debug
        case .info: .info
        case .notice: .notice
        case .warning: .warning
        case .error: .error
        }
    }
}
