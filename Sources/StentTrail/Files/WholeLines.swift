import StentAudit

/// Whole lines of what comes in portions; an unfinished one waits for its end.
struct WholeLines {
    private var cutter = AuditBlockCutter()

    mutating func add(_ chunk: [UInt8]) -> [UInt8] { cutter.cut(chunk) }

    /// Forgets what waits.
    mutating func reset() { _ = cutter.finish() }
}
