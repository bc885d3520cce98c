/// What the writer has to tell the log: said on the writer's own thread, so whoever hears it must not block.
package enum AuditWriterStatus: Sendable, Equatable {
    /// A line that an earlier process left unfinished was cut off when the file was opened.
    case repaired(path: String, bytes: Int)
    /// Nothing can be written at present; what waits is kept and tried again. Said once for each cause.
    case failing(AuditStoreError)
    /// It can be written again.
    case recovered
    /// The live file was closed under this name.
    case rotated(segment: String, bytes: Int)
    /// The live file is too large, but could not be renamed; it grows on.
    case rotationFailed(AuditStoreError)
    /// The live file was opened anew.
    case reopened
    /// The live file could not be opened anew; the old one is still written.
    case reopenFailed(AuditStoreError)
    /// A closed file could not be flushed to the disk: its last lines may not survive a power failure.
    case syncFailed(AuditStoreError)
    /// Lines that were lost since this was said last.
    case dropped(lines: Int)
}

/// The figures of the audit trail at one moment.
package struct AuditMetrics: Sendable, Equatable {
    /// Lines written to files, since the start.
    package var linesWritten = 0
    /// Bytes written to files, since the start.
    package var bytesWritten = 0
    /// Bytes that were handed over and wait to be written.
    package var queueBytes = 0
    /// Lines lost because there was no room for them, since the start.
    package var linesDropped = 0
    /// Failed writes, flushes, renames and openings, since the start.
    package var writeErrors = 0
    /// Segments closed, since the start.
    package var rotations = 0
    /// Nothing can be written at present.
    package var isFailing = false

    package init() {}
}
