/// Chained lines in the order of the trail that the disk may not have yet.
///
/// They are kept until a flush to the disk has succeeded: a failed one leaves open what the disk has, and a second one
/// may succeed although pages were lost (PostgreSQL's findings of 2018, "fsync() errors"; Rebello et al., "Can
/// Applications Recover from fsync Failures?", USENIX ATC 2020). So they are then written again, from here.
struct UnsyncedLines {
    /// Whole lines.
    var bytes: [UInt8] = []
    /// Bytes of them that the live file was given.
    private(set) var written = 0
    /// Where the first of them is in the live file: all before is durable, or was never to be.
    var base: Int
    /// Of the lines, those that were not yet counted as written.
    var uncounted = 0

    init(base: Int) { self.base = base }

    /// Bytes beyond which a flush is made before its time, so that memory stays bounded.
    static let limit = 8 << 20

    var isEmpty: Bool { bytes.isEmpty }
    var isWritten: Bool { written == bytes.count }

    mutating func advance(by count: Int) { written += count }

    /// Takes back bytes that the file has no more; they are written again.
    ///
    /// - Returns: how many they are.
    @discardableResult
    mutating func unwrite(_ count: Int) -> Int {
        let taken = min(count, written)
        written -= taken
        return taken
    }

    /// Forgets what was written; the rest begins at `base`.
    mutating func forget(base: Int) {
        if written == bytes.count {
            bytes.removeAll(keepingCapacity: bytes.capacity <= 2 * Self.limit)
        } else {
            bytes.removeFirst(written)
        }
        written = 0
        self.base = base
    }

    /// Forgets what can't be written any more.
    ///
    /// - Returns: how many lines of it nothing was counted for.
    mutating func giveUp(linesWritten: Int) -> Int {
        let lost = max(0, uncounted - linesWritten)
        uncounted = 0
        bytes.removeSubrange(written...)
        return lost
    }
}
