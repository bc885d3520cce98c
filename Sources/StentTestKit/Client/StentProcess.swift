import Foundation
import Synchronization

/// The built `stent` in a process of its own, for what only a process has: memory, signals, an exit code.
package final class StentProcess: Sendable {
    /// Why it did not come up.
    package struct Failure: Error, CustomStringConvertible {
        package var description: String
    }

    package let stateDirectory: String
    private let process: Mutex<Process>
    private let errors: Lines

    /// Standard error, collected as it comes.
    private final class Lines: Sendable {
        private let bytes = Mutex<[UInt8]>([])
        func append(_ data: Data) { bytes.withLock { $0.append(contentsOf: data) } }
        var text: String { String(decoding: bytes.withLock { $0 }, as: UTF8.self) }
    }

    /// Starts `stent serve` and waits until it serves.
    ///
    /// - Parameters:
    ///   - configuration: path of the settings file.
    ///   - environment: variables for it; the ports and the state directory are added.
    ///   - descriptors: the most it may have open; `nil` is the test's own limit.
    ///   - stateDirectory: that of one which has crashed; `nil` makes a new one.
    package static func start(
        configuration: String, environment: [String: String], descriptors: Int? = nil, stateDirectory: String? = nil
    ) async throws -> StentProcess {
        let directory =
            stateDirectory
            ?? FileManager.default.temporaryDirectory.appendingPathComponent("stent-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let stent = StentProcess(stateDirectory: directory)
        try stent.launch(configuration, environment, descriptors)
        guard await eventually({ stent.isServing || !stent.isRunning }), stent.isServing else {
            stent.kill()
            throw Failure(description: "stent did not start: \(stent.log)")
        }
        return stent
    }

    /// Runs a command of `stent` to its end.
    ///
    /// - Returns: what it printed, and its exit code.
    package static func run(
        _ arguments: [String], environment: [String: String]
    ) async throws -> (output: String, code: Int32) {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(fileURLWithPath: executable)
        process.arguments = arguments
        process.environment = environment
        process.standardOutput = pipe
        process.standardInput = FileHandle.nullDevice
        let output = Lines()
        pipe.fileHandleForReading.readabilityHandler = { output.append($0.availableData) }
        try process.run()
        let code = await withCheckedContinuation { done in
            DispatchQueue.global().async {
                process.waitUntilExit()
                done.resume(returning: process.terminationStatus)
            }
        }
        pipe.fileHandleForReading.readabilityHandler = nil
        output.append((try? pipe.fileHandleForReading.readToEnd()) ?? Data())
        return (output.text, code)
    }

    private init(stateDirectory: String) {
        self.stateDirectory = stateDirectory
        process = Mutex(Process())
        errors = Lines()
    }

    private func launch(
        _ configuration: String, _ environment: [String: String], _ descriptors: Int?
    ) throws {
        let pipe = Pipe()
        pipe.fileHandleForReading.readabilityHandler = { [errors] handle in
            let data = handle.availableData
            if data.isEmpty { handle.readabilityHandler = nil } else { errors.append(data) }
        }
        let defaults = [
            "STENT_HTTPS_PORT": "0", "STENT_HTTP_PORT": "0", "STENT_ADMIN_PORT": "0", "STENT_WORKERS": "1",
            "STENT_STATE_DIR": stateDirectory,
        ]
        try process.withLock { process in
            if let descriptors {
                process.executableURL = URL(fileURLWithPath: "/bin/sh")
                process.arguments = [
                    "-c", "ulimit -n \(descriptors); exec \"$0\" serve --config \"$1\"", Self.executable, configuration,
                ]
            } else {
                process.executableURL = URL(fileURLWithPath: Self.executable)
                process.arguments = ["serve", "--config", configuration]
            }
            process.environment = defaults.merging(environment) { $1 }
            process.standardError = pipe
            process.standardInput = FileHandle.nullDevice
            try process.run()
        }
    }

    /// Beside the test's own executable, or where a build of this checkout puts it.
    private static var executable: String {
        let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        let beside = URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent("stent").path
        return FileManager.default.isExecutableFile(atPath: beside)
            ? beside : "\(StentHarness.repository)/.build/debug/stent"
    }

    /// What it said on standard error so far.
    package var log: String { errors.text }
    package var isRunning: Bool { process.withLock { $0.isRunning } }
    package var identifier: Int32 { process.withLock { $0.processIdentifier } }
    private var isServing: Bool { log.contains(" serving") || log.contains(" : serving") }

    package var httpPort: Int { port("http") }
    package var httpsPort: Int { port("https") }
    package var adminPort: Int { port("admin") }

    /// The number behind `name=` in the line that says what is listened on.
    private func port(_ name: String) -> Int {
        for word in log.split(whereSeparator: { " \n".contains($0) }) where word.hasPrefix("\(name)=") {
            return Int(word.dropFirst(name.count + 1)) ?? 0
        }
        return 0
    }

    /// Resident memory in bytes: now, and the most it ever was.
    package func memory() throws -> (now: Int, most: Int) {
        let text = try String(contentsOfFile: "/proc/\(identifier)/status", encoding: .utf8)
        func kibibytes(_ name: String) -> Int {
            for line in text.split(separator: "\n") where line.hasPrefix(name) {
                return line.split(whereSeparator: { " \t".contains($0) }).dropFirst().first.flatMap { Int($0) } ?? 0
            }
            return 0
        }
        return (kibibytes("VmRSS:") << 10, kibibytes("VmHWM:") << 10)
    }

    /// CPU time used so far, in seconds, user and system.
    package func processorSeconds() throws -> Double {
        let text = try String(contentsOfFile: "/proc/\(identifier)/stat", encoding: .utf8)
        let fields = text.split(separator: ")").last?.split(separator: " ") ?? []
        guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return 0 }
        return (user + system) / 100  // USER_HZ, the same on every Linux that is of interest
    }

    package func signal(_ number: Int32) { Foundation.kill(identifier, number) }

    /// Waits for its end.
    ///
    /// - Returns: its exit code; `nil` where it runs on.
    package func exitCode(within limit: Duration = .seconds(30)) async -> Int32? {
        guard await eventually(within: limit, { !isRunning }) else { return nil }
        return process.withLock { $0.terminationReason == .exit ? $0.terminationStatus : -$0.terminationStatus }
    }

    /// Ends it with SIGKILL, as a power failure would but for the kernel's buffers; what it left stays.
    package func crash() {
        if isRunning { signal(SIGKILL) }
        process.withLock { $0.waitUntilExit() }
    }

    /// Ends it, however it is, and removes what it left.
    package func kill() {
        crash()
        try? FileManager.default.removeItem(atPath: stateDirectory)
    }
}
