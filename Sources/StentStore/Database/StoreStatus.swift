/// What a store has to tell the log about its database: said on the store's own thread, so whoever hears it must not block.
package enum StoreStatus: Sendable, Equatable {
    /// The database can't be used at present; it is tried again. Said once for each cause.
    case failing(StoreError)
    /// It can be used again.
    case recovered
    /// The database was damaged and a new one was begun: what it held is lost to the store.
    ///
    /// - Parameter movedTo: where the damaged file went.
    case replaced(movedTo: String, StoreError)
}

/// How a store's database does.
package struct StoreHealth: Sendable, Equatable {
    /// Batches of operations that were done since the start.
    package var commits = 0
    /// Transactions and openings that failed since the start.
    package var failures = 0
    /// The database can't be used at present.
    package var isFailing = false

    package init() {}
}
