import StentAudit

/// What a verification says at its end.
package enum VerificationSummary {
    /// - Parameter seconds: that it took.
    package static func text(_ report: TrailVerification.Report, seconds: Double) -> String {
        let summary = report.verdict.summary
        var lines: [String] = []
        let trail = summary.trail.map { "trail \($0): " } ?? ""
        let found = report.verdict.findings.count + report.verdict.furtherFindings + report.faults.count
        lines.append("\(trail)\(found == 0 ? "whole" : "NOT whole: \(found) finding\(found == 1 ? "" : "s")")")
        var extent = "\(summary.lines) lines in \(summary.segments) files"
        if let first = summary.first, let last = summary.last { extent += ", seq \(first) to \(last)" }
        lines.append(extent)
        if let through = summary.agedOutThrough { lines.append("aged out, as recorded: up to seq \(through)") }
        if summary.unchained > 0 {
            lines.append("\(summary.unchained) lines are from before there was a chain, and can't be verified")
        }
        lines += seals(summary)
        if seconds > 0 {
            let rate = Double(summary.lines) / seconds
            lines.append(
                "\(decimals(seconds)) s, \(Int(rate)) lines/s, \(Int(Double(summary.bytes) / seconds / 1e6)) MB/s")
        }
        return lines.joined(separator: "\n")
    }

    private static func seals(_ summary: AuditVerdict.Summary) -> [String] {
        if summary.sealsUnverified > 0, summary.sealsGood == 0 {
            return ["\(summary.sealsUnverified) seals were not verified: give the public key with --key FILE"]
        }
        guard let through = summary.sealedThrough else { return ["no seal"] }
        let time = summary.sealedAt.map { " at \($0)" } ?? ""
        var lines = ["\(summary.sealsGood) good seals, up to seq \(through)\(time)"]
        if summary.linesSince > 0 { lines.append("\(summary.linesSince) lines came since, and are not sealed yet") }
        for key in summary.keysLearned { lines.append("key \(key) was handed over to on the way") }
        return lines
    }

    private static func decimals(_ value: Double) -> String {
        let hundredths = Int((value * 100).rounded())
        let rest = hundredths % 100
        return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)"
    }
}
