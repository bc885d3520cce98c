import GRDB

/// What kind of database a store keeps.
struct DatabaseForm: Sendable {
    /// What a committed transaction survives.
    enum Durability: String, Sendable {
        /// A power failure.
        case full = "FULL"
        /// A killed process; a power failure may take the last transactions.
        case normal = "NORMAL"
    }

    /// The file's name in the state directory.
    var file: String
    /// For messages of SQLite's, and with `stent-` before it the thread's name: at most 9 bytes.
    var label: String
    var durability: Durability
    /// The tables, version by version.
    var migrator: @Sendable () -> DatabaseMigrator

    func path(in directory: String) -> String { directory + "/" + file }
}
