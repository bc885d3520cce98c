import ArgumentParser
import Glibc
import StentRuntime

/// The command line: arguments in, text and an exit code out. Everything else is StentRuntime's.
@main
struct StentCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stent",
        abstract: "A reliability reverse proxy for a legacy HTTP service that can't be changed.",
        discussion: """
            Exit codes: 0 good; 1 the thing asked about is bad (invalid settings, a port that is taken); 2 wrong usage; \
            70 a defect of stent's own.
            """,
        version: StentVersion.text,
        subcommands: [Serve.self, Check.self, Schema.self, Version.self])

    /// Wrong usage is 2 here, not ArgumentParser's 64.
    static func main() async {
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch let code as ExitCode {
            Glibc.exit(code.rawValue)
        } catch {
            let code = exitCode(for: error)
            let text = fullMessage(for: error)
            code.isSuccess ? StandardStreams.output(text) : StandardStreams.error(text)
            Glibc.exit(code.isSuccess ? 0 : 2)
        }
    }
}

struct ConfigurationOption: ParsableArguments {
    @Option(name: [.customLong("config"), .customShort("c")], help: "The settings file (YAML).")
    var path: String
}

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serve until SIGTERM or SIGINT.",
        discussion: "SIGHUP reads the settings anew, SIGUSR1 reopens the audit file, SIGTERM and SIGINT drain.")

    @OptionGroup var config: ConfigurationOption

    func run() async throws { throw ExitCode(await ServeProcess(configuration: config.path).run()) }
}

struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say whether a settings file is good; opens no port, makes no file, asks no upstream.")

    @OptionGroup var config: ConfigurationOption

    func run() throws {
        let (text, code) = Checks.check(config.path)
        code == 0 ? StandardStreams.output(text) : StandardStreams.error(text)
        throw ExitCode(code)
    }
}

struct Schema: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print the JSON Schema of the settings file, for editors and checks.")

    @Flag(help: "Print the page for people instead (Markdown).")
    var markdown = false

    func run() throws { print(markdown ? Checks.reference : Checks.schema) }
}

struct Version: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Print the version.")

    func run() throws { print("stent \(StentVersion.text)") }
}
