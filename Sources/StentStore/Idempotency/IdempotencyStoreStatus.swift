/// What the store has to tell the log: said on the store's own thread, so whoever hears it must not block.
package enum IdempotencyStoreStatus: Sendable, Equatable {
    /// The database can't be used at present; requests with a key are refused, and it is tried again. Said once for each
    /// cause.
    case failing(IdempotencyStoreError)
    /// It can be used again.
    case recovered
    /// The database was damaged and a new one was begun. What it knew is forgotten: a request that was done before and is
    /// sent again with its key is done again, so this must be heard.
    ///
    /// - Parameter movedTo: where the damaged file went.
    case replaced(movedTo: String, IdempotencyStoreError)
    /// There was no more room for answers: those of the oldest keys were dropped. Their keys are still known to be used.
    case answersDropped(Int)
    /// There was no more room for keys: the oldest were forgotten before their time.
    case keysForgotten(Int)
}

extension IdempotencyStoreStatus {
    init(_ status: StoreStatus) {
        switch status {
        case .failing(let error): self = .failing(error)
        case .recovered: self = .recovered
        case .replaced(let path, let error): self = .replaced(movedTo: path, error)
        }
    }
}

/// The database of keys could not be opened, read or written.
package typealias IdempotencyStoreError = StoreError

/// The figures of the store at one moment.
package struct IdempotencyMetrics: Sendable, Equatable {
    /// Keys in the database; between two sweeps, expired ones among them.
    package var keys = 0
    /// Bytes that the database needs for them, roughly.
    package var bytes = 0
    /// Requests of this process that are under way.
    package var inFlight = 0
    /// Transactions of requests committed since the start.
    package var commits = 0
    /// Transactions and openings that failed since the start.
    package var failures = 0
    /// The database can't be used at present.
    package var isFailing = false

    package init() {}
}

/// How much is kept, and for how long.
package struct IdempotencyLimits: Sendable, Equatable {
    /// Keys kept at most; beyond, the oldest are forgotten before their time.
    package var keys = 1_000_000
    /// Bytes kept at most, roughly; beyond, the oldest answers are dropped, not their keys.
    package var bytes = 4 << 30
    /// How long a key is kept after its last change, in nanoseconds.
    package var lifetimeNanoseconds: Int64 = 86_400_000_000_000

    package init() {}
}
