import StentModel

/// `stent status`: asks the admin endpoint of the stent that serves these settings.
package enum StatusCommand {
    /// - Returns: 1 where nobody answers, or stent is not ready.
    package static func run(_ config: String, asJSON: Bool) -> (text: String, code: Int32) {
        do {
            let client = try AdminClient(config)
            let document = try client.document(try client.get("/status"))
            let isReady = document.root[name: "state"]?.string == "ready"
            let text = asJSON ? String(decoding: document.bytes, as: UTF8.self) : self.text(document.root)
            return (text, isReady ? 0 : 1)
        } catch {
            return ("\(error)", 1)
        }
    }

    // MARK: Text

    private static func text(_ root: JSONValue) -> String {
        func value(_ parent: JSONValue?, _ name: String) -> String {
            let value = parent?[name: name]
            return value?.string ?? value?.number ?? (value?.kind == .true ? "yes" : "no")
        }
        var lines = [
            "stent \(value(root, "version")): \(value(root, "state")) (settings \(value(root, "settings")))",
            "audit trail writable: \(value(root, "audit_writable"))",
        ]
        if let cache = root[name: "cache"] { lines.append(CacheCommands.text(cache)) }
        if let ledger = root[name: "ledger"] {
            lines.append("owners known: \(value(ledger, "records")) records")
        }
        if let outbox = root[name: "outbox"] {
            lines.append(
                "outbox: \(value(outbox, "waiting")) waiting (\(value(outbox, "waiting_for_author")) for their author), "
                    + "\(value(outbox, "waiting_for_store")) in memory only, \(value(outbox, "written")) written, \(value(outbox, "refused")) refused, "
                    + "\(value(outbox, "not_kept")) not kept")
            for job in outbox[name: "jobs"].map({ Array($0.elements) }) ?? [] {
                lines.append(
                    "  \(value(job, "id"))  \(value(job, "created"))  by \(value(job, "author_name")) "
                        + "(id \(value(job, "author")))  to \(value(job, "target"))  sent \(value(job, "tries")) times")
            }
        }
        let findings = root[name: "answers_differing"].map { Array($0.elements) } ?? []
        if !findings.isEmpty { lines.append("answers that are not as the contract says:") }
        for finding in findings {
            lines.append(
                "  \(value(finding, "count")) x \(value(finding, "operation")) \(value(finding, "status")): "
                    + "\(value(finding, "pointer")) \(value(finding, "problem"))")
        }
        return lines.joined(separator: "\n")
    }
}
