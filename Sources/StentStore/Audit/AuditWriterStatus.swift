/// What the writer has to tell the log: said on the writer's own threads, so whoever hears it must not block.
package enum AuditWriterStatus: Sendable, Equatable {
    /// A line that an earlier process left unfinished was cut off when the file was opened.
    case repaired(path: String, bytes: Int)
    /// The trail ends before its newest seal: these lines are gone.
    case cut(from: Int, through: Int)
    /// Requests that an earlier process left without an outcome were given one that says so.
    case leftOpen(requests: Int)
    /// Nothing can be written at present; what waits is kept and tried again. Said once for each cause.
    case failing(AuditStoreError)
    /// It can be written again.
    case recovered
    /// The live file was closed under this name.
    case rotated(segment: String, bytes: Int)
    /// The live file is too large, but could not be renamed; it grows on.
    case rotationFailed(AuditStoreError)
    /// The live file was opened anew.
    case reopened(AuditReopening)
    /// The live file could not be opened anew; the old one is still written.
    case reopenFailed(AuditStoreError)
    /// A file could not be flushed to the disk: its last lines are written again, or may not survive a power failure.
    case syncFailed(AuditStoreError)
    /// A seal, or a copy of one, could not be written.
    case sealFailed(AuditStoreError)
    /// The trail was sealed by another key, and that one is not at hand to vouch for the new one.
    case keyUnvouched(old: String, new: String)
    /// Lines that were lost since this was said last.
    case dropped(lines: Int)
    /// Segments were removed because of their age, number or size.
    case agedOut(segments: Int, through: Int)
    /// Segments should be removed, or one compressed, and could not be.
    case keepingFailed(AuditStoreError)
    /// The file system has less room than `audit.low_disk`. Said once for each time that it falls below.
    case diskLow(freeBytes: Int)
    case clockJumpedBack(milliseconds: Int)
}

/// Why the live file was opened anew. Raw values are an interface: they are added, never renamed.
package enum AuditReopening: String, Sendable, CaseIterable {
    /// Somebody asked for it (SIGUSR1).
    case asked
    /// Somebody deleted it; its lines were put into a segment.
    case deleted
    /// Somebody renamed it, or put another file in its place.
    case moved
}

/// The figures of the audit trail at one moment; those that count do so since the start.
package struct AuditMetrics: Sendable, Equatable {
    package var linesWritten = 0
    package var bytesWritten = 0
    /// Bytes that were handed over and wait to be written.
    package var queueBytes = 0
    /// Lines lost because there was no room for them.
    package var linesDropped = 0
    /// Failed writes, flushes, renames and openings.
    package var writeErrors = 0
    /// Segments closed.
    package var rotations = 0
    /// Nothing can be written at present.
    package var isFailing = false
    /// Closed segments that are there, and their bytes.
    package var segments = 0
    package var segmentBytes = 0
    package var segmentsAgedOut = 0
    package var segmentsCompressed = 0
    /// The number of the last line.
    package var sequence = 0
    /// The number of the newest seal's line, and when it was made (nanoseconds since 1970); 0 where there is none.
    package var sealSequence = 0
    package var sealTime: Int64 = 0
    /// Flushes to the disk, what they took together, and the longest of them.
    package var syncs = 0
    package var syncNanoseconds = 0
    package var longestSyncNanoseconds = 0
    /// Room of the file system, where that is known.
    package var freeBytes: Int?

    package init() {}
}
