/// `audit`: the trail of what happened.
package struct AuditSettings: Sendable, Equatable {
    /// `nil` is `audit` in the state directory.
    package var directory: String?
    package var rotate = AuditRotation()
    package var keep = AuditKeeping()
    package var durability = AuditDurability.interval
    /// How often the file is flushed to the disk, with `interval`.
    package var syncInterval = Duration.seconds(1)
    package var whenUnwritable = AuditUnwritable()
    package var seal = AuditSealing()
    /// Lines waiting to be written beyond which new requests are refused.
    package var queue = ByteCount.mebibytes(64)
    /// Size of a file that is given up where the disk is full, so that the trail can say so; 0: none.
    package var reserve = ByteCount.mebibytes(1)
    /// Free space of the file system below which the log warns; 0: it never does.
    package var lowDisk = ByteCount.gibibytes(1)

    package init() {}
}

/// `audit.durability`: when a record is on the disk, and not only handed to the kernel.
package enum AuditDurability: String, Sendable, CaseIterable {
    /// When the kernel sees fit; with every seal and with every closed file.
    case none
    /// At the latest after `audit.sync_interval`.
    case interval
    /// Before its client has all of the answer.
    case every
}

/// `audit.rotate`: when the live file is closed.
package struct AuditRotation: Sendable, Equatable {
    package enum Compression: String, Sendable, CaseIterable {
        case none, gzip
    }

    /// Size at which the live file is closed and a new one begun.
    package var size = ByteCount.mebibytes(100)
    /// Time at which it is: multiples of this since 1970, UTC.
    package var every = Duration.seconds(86_400)
    /// What becomes of a closed file when the next one is closed.
    package var compress = Compression.none

    package init() {}
}

/// `audit.keep`: which closed files are kept. Each limit holds by itself; the floor holds against all of them.
package struct AuditKeeping: Sendable, Equatable {
    /// Longest age, from when a file was closed; `nil`: any.
    package var longest: Duration?
    /// Bytes of all closed files.
    package var atMost: ByteCount?
    /// Number of closed files.
    package var segments: Int?
    package var floor = Floor()

    /// `audit.keep.floor`: what no limit removes.
    package struct Floor: Sendable, Equatable {
        /// The newest closed files.
        package var segments = 2
        /// Files that were closed since.
        package var age = Duration.zero

        package init() {}
    }

    package init() {}
}

/// `audit.when_unwritable`: what is let in while the trail can't be written.
package struct AuditUnwritable: Sendable, Equatable {
    package enum Writes: String, Sendable, CaseIterable {
        case refuse
    }

    package enum Reads: String, Sendable, CaseIterable {
        case serve, refuse
    }

    package var writes = Writes.refuse
    package var reads = Reads.refuse

    package init() {}
}

/// `audit.seal`: signatures over the trail.
package struct AuditSealing: Sendable, Equatable {
    package var isEnabled = true
    package var every = Duration.seconds(60)
    /// The private key's file; `nil` is `audit-seal.key` in the state directory, made where it is missing.
    package var key: String?
    /// The private key before, where the trail's last seal is by that one.
    package var previousKey: String?
    /// A file elsewhere that every seal is appended to.
    package var anchor: String?

    package init() {}
}
