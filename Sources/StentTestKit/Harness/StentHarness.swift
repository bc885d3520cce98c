import Foundation
import Logging
import StentConfig
import StentModel
import StentRuntime

/// A whole stent in this process, on ephemeral loopback ports and with a state directory of its own.
package final class StentHarness: Sendable {
    package let server: StentServer
    /// Removed by `stop`.
    package let stateDirectory: String

    private init(server: StentServer, stateDirectory: String) {
        self.server = server
        self.stateDirectory = stateDirectory
    }

    /// - Parameters:
    ///   - settings: the state directory and the audit directory are replaced.
    ///   - captured: takes what is logged.
    package static func start(
        _ settings: Settings, stateDirectory: String? = nil, log captured: CapturedLog? = nil
    ) async throws -> StentHarness {
        let directory = try stateDirectory ?? temporaryDirectory()
        var settings = settings
        settings.state.directory = directory
        settings.audit.directory = nil
        var log = Logger(label: "stent.test") { _ in SwiftLogNoOpLogHandler() }
        log.logLevel = .critical
        let server = try await StentServer.start(settings, log: captured?.logger ?? log)
        return StentHarness(server: server, stateDirectory: directory)
    }

    /// - Parameters:
    ///   - yaml: a whole settings file.
    ///   - environment: what `${NAME}` stands for in it.
    package static func start(yaml: String, environment: [String: String] = [:]) async throws -> StentHarness {
        let loaded = try ConfigLoader.load(
            Array(yaml.utf8), path: "test.yaml", environment: environment, readFile: { try Files.read($0) }
        ).get()
        return try await start(loaded.settings)
    }

    /// The settings of a shipped file, on ephemeral ports, in front of an upstream on the loopback address.
    ///
    /// - Parameter name: `hosp.yaml` or `minimal.yaml`.
    package static func settings(shipped name: String, upstreamPort: Int, workers: Int = 1) throws -> Settings {
        let environment = [
            "STENT_UPSTREAM": "http://127.0.0.1:\(upstreamPort)", "STENT_HTTPS_PORT": "0", "STENT_HTTP_PORT": "0",
            "STENT_ADMIN_PORT": "0", "STENT_WORKERS": "\(workers)",
        ]
        return try ConfigLoader.load(
            path: "\(repository)/config/\(name)", environment: environment, readFile: { try Files.read($0) }
        ).get().settings
    }

    package var httpPort: Int { server.ports.http ?? 0 }
    package var httpsPort: Int { server.ports.https ?? 0 }
    package var adminPort: Int { server.ports.admin ?? 0 }

    /// The lines of the live audit file so far, whole ones only, lifecycle events included.
    package func auditLines() throws -> [String] {
        let bytes = try Files.read("\(stateDirectory)/audit/audit.jsonl")
        guard let end = bytes.lastIndex(of: 0x0A) else { return [] }
        return bytes[..<end].split(separator: 0x0A).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Drains, so that every exchange has its audit line, and gives those back; removes the state directory.
    @discardableResult
    package func stop() async throws -> [String] {
        await server.stop()
        let lines = try auditLines()
        try? FileManager.default.removeItem(atPath: stateDirectory)
        return lines
    }

    /// The checkout that this file is in.
    package static var repository: String {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().path
    }

    private static func temporaryDirectory() throws -> String {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("stent-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }
}
