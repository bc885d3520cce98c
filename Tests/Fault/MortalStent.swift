import Foundation
import HospKit
import StentTestKit
import Synchronization

/// A stent with `hosp.yaml` in a process of its own, which is killed again and again, and each time started again at
/// once on the state directory that it left.
final class MortalStent: Sendable {
    /// Longer than the simulator works on a request whose client is gone.
    private static let settle = "300ms"

    /// A setting of `hosp.yaml` is not where the test looks for it.
    struct NoSuchSetting: Error {
        var text: String
    }

    private let directory: String
    private let configuration: String
    private let environment: [String: String]
    private let process: Mutex<StentProcess>
    private let killed = Mutex(0)

    private init(
        directory: String, configuration: String, environment: [String: String], process: StentProcess
    ) {
        self.directory = directory
        self.configuration = configuration
        self.environment = environment
        self.process = Mutex(process)
    }

    /// - Parameter account: `user:password` of a service account; `nil`: notes wait for their authors.
    static func start(before hosp: HospServer, account: String?) async throws -> MortalStent {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("stent-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let configuration = "\(directory)/settings.yaml"
        try settings(account: account).write(toFile: configuration, atomically: true, encoding: .utf8)
        let environment = ["STENT_UPSTREAM": "http://127.0.0.1:\(hosp.port)", "STENT_WORKERS": "2"]
        let process = try await StentProcess.start(
            configuration: configuration, environment: environment, stateDirectory: "\(directory)/state")
        return MortalStent(
            directory: directory, configuration: configuration, environment: environment, process: process)
    }

    /// Plaintext, and waits that fit a simulator whose time is short.
    private static func settings(account: String?) throws -> String {
        let config = "\(StentHarness.repository)/config"
        var text = try String(contentsOfFile: "\(config)/hosp.yaml", encoding: .utf8)
        let changes = [
            ("redirect_to_https: true", "redirect_to_https: false"),
            ("openapi: hosp.openapi.yaml", "openapi: \(config)/hosp.openapi.yaml"),
            ("settle: 20s", "settle: \(settle)"), ("base: 100ms", "base: 10ms"), ("maximum: 2s", "maximum: 200ms"),
            ("probe_every: 1s", "probe_every: 50ms"), ("probe_maximum: 4s", "probe_maximum: 200ms"),
        ]
        for (old, new) in changes {
            guard text.contains(old) else { throw NoSuchSetting(text: old) }
            text = text.replacingOccurrences(of: old, with: new)
        }
        guard let account else { return text }
        let line = "outbox:\n"
        guard text.contains(line) else { throw NoSuchSetting(text: line) }
        return text.replacingOccurrences(of: line, with: "\(line)  account: \"\(account)\"\n")
    }

    private var current: StentProcess { process.withLock { $0 } }
    var httpPort: Int { current.httpPort }
    var log: String { current.log }
    var kills: Int { killed.withLock { $0 } }

    /// SIGKILL, and up again on the same state.
    func killAndRestart() async throws {
        current.crash()
        killed.withLock { $0 += 1 }
        let next = try await StentProcess.start(
            configuration: configuration, environment: environment, stateDirectory: "\(directory)/state")
        process.withLock { $0 = next }
    }

    /// The member `outbox` of `/status`.
    func outbox() async throws -> [String: Any] {
        let connection = try await RawConnection.open(port: current.adminPort)
        defer { connection.channel.close(promise: nil) }
        let page = try await connection.exchange("GET /status HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        let status = try JSONSerialization.jsonObject(with: Data(page.body)) as? [String: Any]
        return status?["outbox"] as? [String: Any] ?? [:]
    }

    /// Ends it and removes all that it left.
    func remove() {
        current.kill()
        try? FileManager.default.removeItem(atPath: directory)
    }
}
