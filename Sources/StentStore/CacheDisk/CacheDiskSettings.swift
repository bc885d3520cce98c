import StentModel

/// Where the disk tier is, and its bounds.
package struct CacheDiskSettings: Sendable {
    /// Made where it is missing, and held by one process.
    package var directory: String
    /// The file with the secret that all is encrypted with, made where it is missing.
    package var key: String
    /// Files take no more than this; the index that is written on a stop comes on top.
    package var size: ByteCount
    /// The largest file; a copy is no larger.
    package var segment: ByteCount
    /// Memory for keys and labels.
    package var index: ByteCount
    /// What waits to be written.
    package var queue = ByteCount.mebibytes(16)
    /// Reads that wait.
    package var reads = 256
    /// How long nothing is written after the disk has failed.
    package var retryPause = Duration.seconds(5)
    /// How long the writer lets copies gather before it looks again, so that it is seldom woken: that is what costs the one
    /// who hands a copy over.
    package var gathering = Duration.milliseconds(5)

    /// - Parameters:
    ///   - key: `nil` is beside the files.
    ///   - size: a sixteenth is the largest file, so that no more than that goes at once to make room, but at least 1 MiB
    ///     and at most 256 MiB; more only where there would be more than 256 files. A thirty-second is memory for the index, at least 1 MiB: enough for copies of 16 KiB.
    package init(directory: String, key: String? = nil, size: ByteCount) {
        self.directory = directory
        self.key = key ?? directory + "/cache.key"
        self.size = size
        let share = min(max(size.value / 16, 1 << 20), 256 << 20)
        segment = min(ByteCount(min(max(share, size.value / 256), Int(UInt32.max))), size)
        index = max(ByteCount(size.value / 32), .mebibytes(1))
    }
}
