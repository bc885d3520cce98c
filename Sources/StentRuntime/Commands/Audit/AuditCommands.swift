import StentModel
import StentTrail

/// `stent audit …`: reads a trail's files, whether or not a stent writes there.
package enum AuditCommands {
    /// How lines are asked for.
    package enum Shown: Sendable {
        /// For people on a terminal, JSON elsewhere.
        case asFits
        case json
        case text
    }

    /// Runs a command; what it can't do is an error's sentence on standard error, and 1.
    static func attempt(_ body: () throws -> Int32) -> Int32 {
        do {
            return try body()
        } catch {
            StandardStreams.error("\(error)")
            return 1
        }
    }

    /// What kept a search from being complete, for standard error.
    static func tell(_ report: TrailSearch.Report) {
        tell(report.faults)
        if report.unreadable > 0 {
            StandardStreams.error("\(report.unreadable) lines could not be read; `stent audit verify` says which")
        }
    }

    static func tell(_ faults: [TrailFault]) {
        for fault in faults { StandardStreams.error("\(fault)") }
    }
}
