/// Figures as tables for people.
package enum StatsTable {
    /// - Parameter users: how many of the most frequent are listed.
    package static func text(_ stats: TrailStats, users: Int = 10) -> String {
        guard !stats.routes.isEmpty else { return "no exchange" }
        var parts = [table(routes(stats)), table(self.users(stats, users)), table(hours(stats))]
        if stats.uncounted > 0 { parts.append("\(stats.uncounted) more, of kinds that there was no room for") }
        return parts.filter { !$0.isEmpty }.joined(separator: "\n\n")
    }

    private static func routes(_ stats: TrailStats) -> [[String]] {
        let head = ["ROUTE", "COUNT", "FAILED", "REFUSED", "TRIES", "HITS", "P50", "P95"]
        let rows = stats.routes.sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }
        return [head]
            + rows.map { name, route in
                [
                    name.isEmpty ? "(none)" : TerminalText.safe(name), "\(route.count)", "\(route.failures)",
                    "\(route.refused)", "\(route.tries)", "\(route.hits)",
                    route.durations.quantile(0.5).map(LineView.span) ?? "-",
                    route.durations.quantile(0.95).map(LineView.span) ?? "-",
                ]
            }
    }

    private static func users(_ stats: TrailStats, _ limit: Int) -> [[String]] {
        let rows = stats.users.sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }.prefix(limit)
        guard !rows.isEmpty else { return [] }
        return [["USER", "COUNT", "FAILED"]]
            + rows.map { [TerminalText.safe($0.key), "\($0.value.count)", "\($0.value.failures)"] }
    }

    private static func hours(_ stats: TrailStats) -> [[String]] {
        [["HOUR (UTC)", "COUNT", "FAILED"]]
            + stats.hours.sorted { $0.key < $1.key }.map {
                [TerminalText.safe($0.key), "\($0.value.count)", "\($0.value.failures)"]
            }
    }

    /// Names to the left, figures to the right.
    private static func table(_ rows: [[String]]) -> String {
        guard let columns = rows.first?.indices else { return "" }
        let widths = columns.map { column in rows.map { $0[column].unicodeScalars.count }.max() ?? 0 }
        return rows.map { row in
            columns.map { column in
                column == 0
                    ? TerminalText.padded(row[column], to: widths[column])
                    : TerminalText.aligned(row[column], to: widths[column])
            }.joined(separator: "  ")
        }.joined(separator: "\n")
    }
}
