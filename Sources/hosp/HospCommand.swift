import ArgumentParser
import HospKit
import Glibc

@main
struct HospCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hosp", abstract: "Simulates HOSP, the records service behind the proxy, with all its faults.",
        discussion: "See docs/hosp.md for profiles and for the control port.")

    @Option(help: "Where the service listens; 0 takes any free port.")
    var port: UInt16 = 3000

    @Option(help: "Where the control port listens; 0 takes any free port.")
    var controlPort: UInt16 = 3001

    @Option(help: "The address of both ports.")
    var bind = "127.0.0.1"

    @Option(help: "What the dice are seeded with: the same seed and the same requests give the same faults.")
    var seed: UInt64 = 1

    @Option(help: "What HOSP's durations are multiplied by; 0 is without any delay.")
    var timeScale = 0.1

    @Option(help: "calm, faulty, brownout, surge, outage, outage-reset, outage-errors, or a JSON file.")
    var profile = "calm"

    func validate() throws {
        guard timeScale >= 0, timeScale <= 1000 else { throw ValidationError("--time-scale must be from 0 to 1000") }
    }

    func run() async throws {
        let profile = try readProfile()
        let server: HospServer
        do {
            server = try await HospServer.start(
                HospOptions(
                    bind: bind, port: Int(port), controlPort: Int(controlPort), seed: seed, timeScale: timeScale,
                    profile: profile))
        } catch {
            throw Self.failure("hosp: can't listen on \(bind): \(error)", code: 70)
        }
        print(
            "hosp: ready on http://\(host):\(server.port), control port http://\(host):\(server.controlPort),",
            "profile \(profile.name), seed \(seed), time scale \(timeScale)")
        fflush(nil)
        await Termination.wait()
        do {
            try await server.stop()
        } catch {
            throw Self.failure("hosp: did not stop in order: \(error)", code: 70)
        }
    }

    /// The address as a URL spells it.
    private var host: String {
        bind.contains(":") ? "[\(bind)]" : bind
    }

    private func readProfile() throws -> Profile {
        if let builtIn = Profile.named(profile) { return builtIn }
        guard let bytes = Self.contents(of: profile) else {
            let names = Profile.builtIn.map(\.name).joined(separator: ", ")
            throw ValidationError("no profile and no readable file is called \"\(profile)\"; profiles are \(names)")
        }
        do {
            return try ProfileFile.parse(bytes)
        } catch {
            throw ValidationError("\(profile): \(error)")
        }
    }

    private static func contents(of path: String) -> [UInt8]? {
        guard let file = fopen(path, "rb") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            let count = fread(&buffer, 1, buffer.count, file)
            if count == 0 { return ferror(file) == 0 ? bytes : nil }
            bytes.append(contentsOf: buffer.prefix(count))
        }
    }

    private static func failure(_ message: String, code: Int32) -> ExitCode {
        complain(message)
        return ExitCode(code)
    }

    /// Says something on standard error.
    private static func complain(_ message: String) {
        let line = [UInt8]((message + "\n").utf8)
        _ = write(STDERR_FILENO, line, line.count)
    }

    /// As ArgumentParser's own, but wrong usage exits with 2.
    static func main() async {
        Termination.prepare()
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch let code as ExitCode {
            end(code.rawValue)
        } catch {
            let code = exitCode(for: error)
            let message = fullMessage(for: error)
            if code == .success {
                print(message)
                end(0)
            }
            complain(message)
            end(code == .validationFailure ? 2 : 70)
        }
    }
}

/// `exit` by a name that ArgumentParser's own does not hide.
private func end(_ code: Int32) -> Never {
    exit(code)
}
