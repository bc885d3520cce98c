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
        subcommands: [
            Serve.self, Check.self, Status.self, Owner.self, Cache.self, Audit.self, Schema.self, Version.self,
        ])

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

struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say what the stent that serves these settings is doing; what waits to be written too.")

    @OptionGroup var config: ConfigurationOption
    @Flag(help: "Print what the admin endpoint says (JSON).")
    var json = false

    func run() throws {
        let (text, code) = StatusCommand.run(config.path, asJSON: json)
        code == 0 ? StandardStreams.output(text) : StandardStreams.error(text)
        throw ExitCode(code)
    }
}

struct Owner: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Who owns which record, and who was refused what.",
        subcommands: [Show.self, Import.self, Report.self])

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say whose records these are, as far as is known; without ids, how many are known.")

        @OptionGroup var config: ConfigurationOption
        @Option(help: "The resource, where there are several.")
        var resource: String?
        @Argument(help: "Ids of records.")
        var ids: [String] = []

        func run() throws {
            try finish(OwnerCommands.show(config.path, resource: resource, ids: ids))
        }
    }

    struct Import: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Learn owners from a file; a running stent takes notice within a second or two.",
            discussion: "The file is a list of records as the service answers it (JSON), or lines `id,owner`.")

        @OptionGroup var config: ConfigurationOption
        @Option(help: "The resource, where there are several.")
        var resource: String?
        @Argument(help: "The file; - is standard input.")
        var file: String

        func run() throws {
            try finish(OwnerCommands.importOwners(config.path, resource: resource, path: file))
        }
    }

    struct Report: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List by the audit trail who was refused what, and who would have been.")

        @OptionGroup var config: ConfigurationOption
        @Option(help: "Only refusals of this policy: ownership, contract, identity. May be given several times.")
        var policy: [String] = []
        @Flag(help: "One JSON object for each line.")
        var json = false

        func validate() throws {
            for name in policy where !OwnerCommands.policies.contains(name) {
                throw ValidationError(
                    "\(name) is no policy; there are \(OwnerCommands.policies.joined(separator: ", "))")
            }
        }

        func run() throws {
            try finish(OwnerCommands.report(config.path, policies: policy, asJSON: json))
        }
    }
}

struct Cache: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "What the stent that serves these settings keeps of answers, and how to be rid of it.",
        subcommands: [Show.self, Purge.self])

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say how much is kept; with a URL, what is kept of its path.")

        @OptionGroup var config: ConfigurationOption
        @Option(help: "A URL or its path; answers to any query of it are listed.")
        var url: String?
        @Flag(help: "Print what the admin endpoint says (JSON).")
        var json = false

        func run() throws {
            try finish(CacheCommands.show(config.path, url: url, asJSON: json))
        }
    }

    struct Purge: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make kept answers invalid, for all callers, at once.",
            discussion: "Exactly one of --url, --prefix, --tag and --everything says which.")

        @OptionGroup var config: ConfigurationOption
        @Option(help: "A URL or its path, with any query.")
        var url: String?
        @Option(help: "A path, with any query, and all that is below it.")
        var prefix: String?
        @Option(help: "A tag of a route's cache.")
        var tag: String?
        @Flag(help: "All that is kept.")
        var everything = false
        @Flag(help: "Only call it stale: it is still there for when the service fails.")
        var soft = false

        private var reaches: [CacheCommands.Reach] {
            var reaches: [CacheCommands.Reach] = []
            if let url { reaches.append(.url(url)) }
            if let prefix { reaches.append(.prefix(prefix)) }
            if let tag { reaches.append(.tag(tag)) }
            if everything { reaches.append(.everything) }
            return reaches
        }

        func validate() throws {
            guard reaches.count == 1 else {
                throw ValidationError("exactly one of --url, --prefix, --tag and --everything is needed")
            }
        }

        func run() throws {
            for reach in reaches { try finish(CacheCommands.purge(config.path, reach, soft ? .soft : .hard)) }
        }
    }
}

/// Prints what a command says, and exits with its code.
private func finish(_ result: (text: String, code: Int32)) throws -> Never {
    result.code == 0 ? StandardStreams.output(result.text) : StandardStreams.error(result.text)
    throw ExitCode(result.code)
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
