/// What the disk tier has to tell the log: said on a thread of the tier's, or on the one that opens it, so whoever hears it
/// must not block.
package enum CacheDiskStatus: Sendable, Equatable {
    /// It has the copies that the last run left.
    ///
    /// - Parameter dropped: copies that were left, too, and that nobody wanted any more.
    case resumed(copies: Int, dropped: Int)
    /// It begins with nothing.
    case empty(CacheDiskEmptiness)
    /// Nothing can be written at present; it is tried again. Said once for each cause.
    case failing(CacheDiskError)
    /// It can be written again.
    case recovered
    /// A copy could not be read, and is removed. Said once for each cause.
    case damaged(CacheDiskError)
    /// A closed file could not be flushed to the disk: after a power failure some copies may be damaged.
    case syncFailed(CacheDiskError)
    /// It was stopped, and the next run begins with nothing.
    case notKept(CacheDiskError)
}

/// Why the tier begins with nothing.
package enum CacheDiskEmptiness: Sendable, Equatable {
    /// Nothing was there.
    case firstStart
    /// The last run was killed, or not told to keep its copies: what had been invalidated then, nobody knows.
    case notStopped
    /// The last run's index can't be read.
    case indexUnreadable(CacheDiskError)
}
