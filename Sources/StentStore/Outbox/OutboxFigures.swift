import StentExchange
import StentModel

/// What an outbox holds.
package struct OutboxFigures: Sendable, Equatable {
    /// Jobs that have not ended.
    package var waiting = 0
    /// Bytes of their content.
    package var waitingBytes = 0
    /// When the oldest of them was created.
    package var oldestWaiting: WallTime?
    /// Jobs that ended well and are still remembered.
    package var written = 0
    /// Jobs that the upstream refused and that are still remembered.
    package var refused = 0

    package init() {}
}

/// The figures of the outbox at one moment.
package struct OutboxMetrics: Sendable, Equatable {
    package var jobs = OutboxFigures()
    /// Batches of operations done since the start.
    package var commits = 0
    /// Transactions and openings that failed since the start.
    package var failures = 0
    /// The database can't be used at present.
    package var isFailing = false

    package init() {}
}

/// A job that waits, as it is shown: without its content.
package struct WaitingJob: Sendable, Equatable {
    package var id: OutboxJob.ID
    package var created: WallTime
    package var author: Principal
    package var target: String
    /// The size of its content.
    package var bytes: Int
    /// When it was first sent; `nil` never.
    package var firstTry: WallTime?
    package var tries: Int
}

/// How much an outbox holds.
package struct OutboxLimits: Sendable, Equatable {
    /// How long a job is remembered after its end, in nanoseconds; at least for as long as its twin may come.
    package var keepNanoseconds: Int64
    /// Jobs that wait, and bytes of their content; beyond, none is put in.
    package var jobs = 100_000
    package var bytes = 256 << 20
    /// Bytes of new jobs that wait to be written to the disk; beyond, none is put in.
    package var queue = 64 << 20

    package init(_ settings: OutboxSettings) { keepNanoseconds = TimeSpan(settings.keep).nanoseconds }
}
