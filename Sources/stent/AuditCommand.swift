import ArgumentParser
import Glibc
import StentRuntime
import StentTrail

/// `stent audit`: reads the trail; whether a stent is writing there makes no difference.
struct Audit: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Read the audit trail, and prove that it is whole.",
        subcommands: [
            AuditTail.self, AuditQuery.self, AuditTrace.self, AuditVerify.self, AuditExport.self,
            AuditStats.self, AuditRekey.self,
        ])
}

struct AuditPlaceOptions: ParsableArguments {
    @Option(
        name: [.customLong("config"), .customShort("c")], help: "The settings file (YAML), which names the directory.")
    var config: String?
    @Option(help: "The trail's directory.")
    var dir: String?
    @Option(
        help: ArgumentHelp(
            "A key of encrypted segments: 32 bytes or their Base64, mode 0600. May be given several times.",
            valueName: "file"))
    var segmentKey: [String] = []

    func validate() throws {
        guard (config == nil) != (dir == nil) else {
            throw ValidationError("exactly one of --config and --dir is needed")
        }
    }

    var place: AuditPlace {
        AuditPlace(dir.map { .directory($0) } ?? .configuration(config ?? ""), segmentKeys: segmentKey)
    }
}

struct AuditShownOptions: ParsableArguments {
    @Flag(help: "JSON lines, also on a terminal.")
    var json = false
    @Flag(help: "Lines for people, also where standard output is no terminal.")
    var text = false

    func validate() throws {
        if json, text { throw ValidationError("--json and --text exclude one another") }
    }

    var shown: AuditCommands.Shown { json ? .json : text ? .text : .asFits }
}

struct AuditFilterOptions: ParsableArguments {
    @Option(help: "Only requests of this user, by name or staff id. May be given several times, as all of these.")
    var user: [String] = []
    @Option(help: "Only requests about the note of this id.")
    var note: [String] = []
    @Option(help: "Only requests about the patient of this id.")
    var patient: [String] = []
    @Option(help: "Only routes whose name has this in it.")
    var route: [String] = []
    @Flag(help: "Only what was refused, or would have been.")
    var denied = false
    @Flag(help: "Only what was answered 5xx or not at all, or whose outcome is unknown.")
    var failed = false

    var filter: TrailFilter {
        var filter = TrailFilter()
        filter.users = user
        filter.notes = note
        filter.patients = patient
        filter.routes = route
        filter.denied = denied
        filter.failed = failed
        return filter
    }
}

struct AuditTimeOptions: ParsableArguments {
    @Option(help: "Only what began at this time or later: RFC 3339, or how long ago (90s, 15m, 2h, 7d).")
    var since: String?
    @Option(help: "Only what began before this time.")
    var until: String?

    func validate() throws {
        for text in [since, until] {
            if let text, TrailTime.parse(text, now: AuditClock.now) == nil {
                throw ValidationError("\(text) is no time: say 2026-03-01T09:30:00Z, 2026-03-01, or 2h")
            }
        }
    }

    func apply(to filter: inout TrailFilter) {
        let now = AuditClock.now
        filter.since = since.flatMap { TrailTime.parse($0, now: now) }
        filter.until = until.flatMap { TrailTime.parse($0, now: now) }
    }
}

struct AuditTail: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tail", abstract: "Show the newest lines, and with -f what comes; rotations are followed.")

    @OptionGroup var place: AuditPlaceOptions
    @Flag(name: [.customShort("f"), .customLong("follow")], help: "Go on with what is written from now on.")
    var follow = false
    @Option(name: [.customShort("n"), .customLong("lines")], help: "How many lines at first.")
    var lines = 10
    @OptionGroup var filter: AuditFilterOptions
    @OptionGroup var shown: AuditShownOptions

    func validate() throws {
        guard (0...1_000_000).contains(lines) else { throw ValidationError("-n is from 0 to 1000000") }
    }

    func run() throws {
        throw ExitCode(
            AuditCommands.tail(place.place, filter.filter, count: lines, follow ? .yes : .no, shown.shown))
    }
}

struct AuditQuery: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "query", abstract: "Print all lines that match, of all segments; 1 where there is none.")

    @OptionGroup var place: AuditPlaceOptions
    @OptionGroup var filter: AuditFilterOptions
    @OptionGroup var time: AuditTimeOptions
    @Option(help: "Only this status: 404, 5xx, or none.", transform: AuditQuery.status)
    var status: [StatusFilter] = []
    @Option(help: "Only the request of this id, and what stent asked for it.")
    var id: [String] = []
    @Option(help: "Stop behind so many lines.")
    var limit: Int?
    @OptionGroup var shown: AuditShownOptions

    func run() throws {
        var filter = filter.filter
        time.apply(to: &filter)
        filter.statuses = status
        filter.ids = id
        throw ExitCode(AuditCommands.query(place.place, filter, limit: limit, shown.shown))
    }

    static func status(_ text: String) throws -> StatusFilter {
        guard let filter = StatusFilter(text) else {
            throw ValidationError("\(text) is no status: say 404, 5xx, or none")
        }
        return filter
    }
}

struct AuditTrace: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trace", abstract: "Tell what became of one request, and what stent asked for it.")

    @OptionGroup var place: AuditPlaceOptions
    @Argument(help: "The request's id, as in X-Request-Id.")
    var id: String
    @OptionGroup var shown: AuditShownOptions

    func run() throws { throw ExitCode(AuditCommands.trace(place.place, id: id, shown.shown)) }
}

struct AuditVerify: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Say whether the trail is whole and unaltered, and if not, at which lines.",
        discussion: """
            Without --key, seals are not verified, and who can write the files can forge all of them. Exits with 1 where \
            anything was found.
            """)

    @OptionGroup var place: AuditPlaceOptions
    @Option(
        help: ArgumentHelp(
            "A public key that seals are believed of (PEM). May be given several times.", valueName: "file"))
    var key: [String] = []
    @Option(help: ArgumentHelp("The trail must reach this number.", valueName: "seq"))
    var atLeast: Int?
    @Option(help: ArgumentHelp("Seals that were kept elsewhere. May be given several times.", valueName: "file"))
    var anchor: [String] = []
    @Flag(name: .shortAndLong, help: "Print findings only.")
    var quiet = false

    func run() throws {
        var asked = AuditCommands.Verification()
        asked.keys = key
        asked.atLeast = atLeast
        asked.anchors = anchor
        asked.isQuiet = quiet
        throw ExitCode(AuditCommands.verify(place.place, asked))
    }
}

struct AuditExport: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Print exchanges in the form of another system: csv, ecs, ocsf or fhir.")

    @OptionGroup var place: AuditPlaceOptions
    @Option(name: .customLong("as"), help: "csv, ecs, ocsf or fhir.", transform: AuditExport.form)
    var form: TrailExport
    @OptionGroup var filter: AuditFilterOptions
    @OptionGroup var time: AuditTimeOptions

    func run() throws {
        var filter = filter.filter
        time.apply(to: &filter)
        throw ExitCode(AuditCommands.export(place.place, filter, as: form))
    }

    static func form(_ text: String) throws -> TrailExport {
        guard let form = TrailExport(rawValue: text) else {
            let forms = TrailExport.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("\(text) is no form; there are \(forms)")
        }
        return form
    }
}

struct AuditStats: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats", abstract: "Print figures: by route, by user, by hour.")

    @OptionGroup var place: AuditPlaceOptions
    @OptionGroup var filter: AuditFilterOptions
    @OptionGroup var time: AuditTimeOptions

    func run() throws {
        var filter = filter.filter
        time.apply(to: &filter)
        throw ExitCode(AuditCommands.stats(place.place, filter))
    }
}

struct AuditRekey: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rekey",
        abstract:
            "Put all encrypted segments under the first --segment-key; the others open them. Texts stay as they are.")

    @OptionGroup var place: AuditPlaceOptions

    func validate() throws {
        guard !place.segmentKey.isEmpty else { throw ValidationError("--segment-key is needed: the new key first") }
    }

    func run() throws { throw ExitCode(AuditCommands.rekey(place.place)) }
}
