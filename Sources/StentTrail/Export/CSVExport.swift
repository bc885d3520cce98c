/// A table (RFC 4180): a line of names, then one line for each exchange.
enum CSVExport {
    private static let columns: [(name: String, value: @Sendable (TrailRecord) -> String?)] = [
        ("time", { $0.time }), ("seq", { $0.sequence.map(String.init) }), ("id", { $0.id }),
        ("client", { $0.client }), ("user", { $0.user }), ("staff", { $0.staff }), ("method", { $0.method }),
        ("path", { $0.path }), ("route", { $0.route }), ("resource_type", { $0.resourceType }),
        ("resource_id", { $0.resourceID }), ("resource_owner", { $0.owner }),
        ("status", { $0.status.map(String.init) }), ("reason", { $0.reason }), ("outcome", { $0.outcome }),
        ("refused", { $0.refusals }), ("override", { $0.override }), ("cache", { $0.cache }),
        ("tries", { String($0.tryCount) }), ("duration_ms", { $0.duration?.milliseconds }),
        ("queue_ms", { $0.queue?.milliseconds }), ("backoff_ms", { $0.backoff?.milliseconds }),
        ("bytes_in", { $0.bytesIn.map(String.init) }), ("bytes_out", { $0.bytesOut.map(String.init) }),
        ("purpose", { $0.purpose }), ("for", { $0.parent }), ("agent", { $0.agent }),
    ]

    static let head = columns.map(\.name).joined(separator: ",") + "\r\n"

    static func line(_ record: TrailRecord) -> String {
        columns.map { cell($0.value(record) ?? "") }.joined(separator: ",") + "\r\n"
    }

    /// A spreadsheet takes a cell that begins so for a formula, and who sends requests chooses texts: an apostrophe before
    /// it makes it a text (OWASP, "CSV Injection").
    private static let formulaStarts: Set<Unicode.Scalar> = ["=", "+", "-", "@", "\t", "\r"]

    private static func cell(_ text: String) -> String {
        var text = text
        if let first = text.unicodeScalars.first, formulaStarts.contains(first) { text = "'" + text }
        guard text.utf8.contains(where: { [0x22, 0x2C, 0x0A, 0x0D].contains($0) }) else { return text }
        return "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }
}

extension TrailRecord {
    /// Reasons of policies that refused it, or would have.
    fileprivate var refusals: String? {
        let refusals = decisions.filter(\.isRefusal).map { $0.isEnforced ? $0.reason : "\($0.reason) (report)" }
        return refusals.isEmpty ? nil : refusals.joined(separator: " ")
    }
}
