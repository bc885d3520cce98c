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

/// The database of keys could not be opened, read or written.
package struct IdempotencyStoreError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What was tried.
    package enum Operation: String, Sendable, CaseIterable {
        case create = "make the file"
        case open = "open"
        case migrate = "bring to this version"
        case write = "write to"
        case sweep = "remove expired keys from"
        case readKey = "read"
        case makeKey = "make"
        case startThread = "start the thread for"
    }

    package var operation: Operation
    package var path: String
    /// SQLite's extended result code, or the system's error number where no database was involved.
    package var code: Int32
    /// What SQLite or the system said about it; never holds a value that was stored.
    package var cause: String

    package init(_ operation: Operation, path: String, code: Int32, cause: String) {
        self.operation = operation
        self.path = path
        self.code = code
        self.cause = cause
    }

    package var description: String { "can't \(operation.rawValue) \(path): \(cause) (\(code))" }
}

/// The figures of the store at one moment.
package struct IdempotencyMetrics: Sendable, Equatable {
    /// Keys in the database; between two sweeps, expired ones among them.
    package var keys = 0
    /// Bytes that the database needs for them, roughly.
    package var bytes = 0
    /// Requests of this process that are under way.
    package var inFlight = 0
    /// Transactions committed since the start.
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
