import StentAudit
import StentModel
import StentStore

/// `stent owner show|import|report`: text to print, and an exit code.
package enum OwnerCommands {
    /// Names of policies.
    package static let policies = ExchangeRecord.Decision.Policy.allCases.map(\.rawValue)

    /// Whose records these are, as far as the ledger knows.
    ///
    /// - Parameters:
    ///   - resource: `nil`: the only one that there is.
    ///   - ids: empty: how many are known.
    /// - Returns: 1 where one is not known.
    package static func show(_ config: String, resource: String?, ids: [String]) -> (text: String, code: Int32) {
        attempt(config) { settings in
            let file = try OwnershipFile(directory: settings.state.directory, missing: .isError)
            guard !ids.isEmpty else {
                let counts = try file.counts()
                guard !counts.isEmpty else { return ("no owner is known yet", 0) }
                return (counts.map { "\($0.resource)\t\($0.records) records" }.joined(separator: "\n"), 0)
            }
            let name = try self.resource(resource, settings)
            let known = try file.owners(name, ids: ids)
            let lines = ids.map { id in
                guard let entry = known[id] else { return "\(name) \(id)\tnot known" }
                let owner = entry.owner.isEmpty ? "nobody" : entry.owner
                return "\(name) \(id)\towner \(owner)\tlearned \(Self.text(entry.learned))"
            }
            return (lines.joined(separator: "\n"), known.count == Set(ids).count ? 0 : 1)
        }
    }

    /// Puts owners into the ledger, from a list of records as the upstream answers it, or from lines `id,owner`.
    ///
    /// - Parameter path: `-` is standard input.
    package static func importOwners(
        _ config: String, resource: String?, path: String
    ) -> (text: String, code: Int32) {
        attempt(config) { settings in
            let name = try self.resource(resource, settings)
            guard let owned = settings.ownership.resources.first(where: { $0.name == name }) else {
                throw StentServer.Failure("ownership.resources: there is no `\(name)`")
            }
            let bytes = try path == "-" ? Files.readInput(limit: importLimit) : Files.read(path, limit: importLimit)
            let facts = try OwnerList.read(bytes, of: owned)
            try Files.makeDirectory(settings.state.directory, mode: 0o750)
            let file = try OwnershipFile(directory: settings.state.directory, missing: .isMade)
            let imported = try file.adopt(facts, now: WallTime(nanoseconds: FileCalls.system.wallNanoseconds()))
            return (
                "\(facts.count) owners read: \(imported.added) added, \(imported.changed) changed, "
                    + "\(imported.same) known before",
                0
            )
        }
    }

    /// Who was refused what, and who would have been, by the audit trail.
    ///
    /// - Parameter policies: `ownership`, `contract`, `identity`; empty: all.
    package static func report(
        _ config: String, policies: [String], asJSON: Bool
    ) -> (text: String, code: Int32) {
        attempt(config) { settings in
            let directory = settings.audit.directory ?? "\(settings.state.directory)/audit"
            var report = RefusalReport(policies: Set(policies))
            for file in try AuditFiles.inOrder(directory) {
                try AuditFiles.forEachLine(of: file) { report.add(line: $0) }
            }
            return (asJSON ? json(report) : table(report), 0)
        }
    }

    /// Bytes of a list of owners.
    private static let importLimit = 1 << 30

    // MARK: Steps

    private static func attempt(
        _ config: String, _ body: (Settings) throws -> (String, Int32)
    ) -> (text: String, code: Int32) {
        do {
            return try body(try ConfigFile.load(config).settings)
        } catch {
            return ("\(error)", 1)
        }
    }

    private static func resource(_ wanted: String?, _ settings: Settings) throws -> String {
        if let wanted { return wanted }
        let learned = settings.ownership.resources.filter { $0.field != $0.id }
        guard learned.count == 1, let only = learned.first else {
            let names = learned.map(\.name).joined(separator: ", ")
            throw StentServer.Failure("say which resource: --resource \(names.isEmpty ? "NAME (there is none)" : names)")
        }
        return only.name
    }

    private static func text(_ time: WallTime) -> String {
        var bytes: [UInt8] = []
        bytes.append(addingCapacity: 27) { (text: inout OutputSpan<UInt8>) in Timestamp.append(time, to: &text) }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func table(_ report: RefusalReport) -> String {
        let rows = report.sorted
        guard !rows.isEmpty else { return "nobody was refused anything, and nobody would have been" }
        let head = ["TIMES", "MODE", "REASON", "CALLER", "METHOD", "ROUTE", "LAST", "REQUEST"]
        let cells = rows.map { row in
            [
                "\(row.count)", row.key.mode, row.key.reason, caller(row.key), row.key.method, row.key.route,
                String(row.last.prefix(19)), row.example,
            ]
        }
        let widths = head.indices.map { column in
            ([head] + cells).map { $0[column].count }.max() ?? 0
        }
        var lines = ([head] + cells).map { line in
            zip(line, widths).map { cell, width in cell + String(repeating: " ", count: width - cell.count) }
                .joined(separator: "  ")
        }
        lines = lines.map { String($0.reversed().drop { $0 == " " }.reversed()) }
        lines.append("mode report: let through, and would have been refused; enforce: refused")
        if report.uncounted > 0 { lines.append("\(report.uncounted) more, of kinds that there was no room for") }
        return lines.joined(separator: "\n")
    }

    private static func caller(_ key: RefusalReport.Key) -> String {
        if key.user.isEmpty { return key.actor.isEmpty ? "-" : "id \(key.actor)" }
        return key.actor.isEmpty ? key.user : "\(key.user) (id \(key.actor))"
    }

    private static func json(_ report: RefusalReport) -> String {
        report.sorted.map { row in
            let texts = [
                ("policy", row.key.policy), ("mode", row.key.mode), ("reason", row.key.reason),
                ("user", row.key.user), ("actor", row.key.actor), ("method", row.key.method),
                ("route", row.key.route), ("resource", row.key.resource), ("first", row.first), ("last", row.last),
                ("example", row.example),
            ]
            let members = texts.map { "\"\($0.0)\":\(JSONString.json($0.1))" }.joined(separator: ",")
            return "{\"count\":\(row.count),\(members)}"
        }.joined(separator: "\n")
    }
}
