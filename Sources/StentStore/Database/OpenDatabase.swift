import GRDB
import Glibc
import StentAudit
import StentModel

/// An open database file. Confined to one thread at a time.
final class OpenDatabase {
    /// Who opens it.
    enum Opener {
        /// The store, which waits for nobody: only somebody who looks at the file with another program can be in the way.
        case store
        /// A command, beside a server that may be writing. It makes no file and changes no tables.
        case command

        var patience: Double {  // seconds
            switch self {
            case .store: 0.2
            case .command: 10
            }
        }
    }

    private let path: String
    private let queue: DatabaseQueue
    /// Transactions committed that may write.
    private(set) var commits = 0

    /// Opens the file; for the store, makes it with mode 0600 where there is none.
    convenience init(_ form: DatabaseForm, path: String) throws(StoreError) {
        try Self.create(path)
        try self.init(form, path: path, .store) { queue, migrator in
            try migrator.migrate(queue)
            try queue.writeWithoutTransaction { database in
                // GRDB sets NORMAL with WAL, which a power failure may take the last transactions from.
                try database.execute(sql: "PRAGMA synchronous = \(form.durability.rawValue)")
                try database.execute(sql: "PRAGMA journal_size_limit = 67108864")
            }
        }
        Self.syncDirectory(of: path)
    }

    /// Opens a file that a store has made, whether or not a server has it open.
    static func existing(_ form: DatabaseForm, path: String) throws(StoreError) -> OpenDatabase {
        // SQLite would make it.
        guard SmallFile.exists(path) else {
            throw StoreError(.open, path: path, code: errno, cause: SmallFile.text(errno))
        }
        return try OpenDatabase(form, path: path, .command) { queue, migrator in
            guard try queue.read(migrator.hasCompletedMigrations) else {
                throw StoreError(
                    .open, path: path, code: 0,
                    cause: "it has not the tables of this version; let stent serve make them")
            }
        }
    }

    private init(
        _ form: DatabaseForm, path: String, _ opener: Opener,
        prepare: (DatabaseQueue, DatabaseMigrator) throws -> Void
    ) throws(StoreError) {
        self.path = path
        var configuration = Configuration()
        configuration.label = form.label
        configuration.busyMode = .timeout(opener.patience)
        configuration.foreignKeysEnabled = false
        switch opener {
        case .command: break  // as the store made it
        case .store:
            configuration.journalMode = .wal
            configuration.prepareDatabase { database in
                // Before the first table is there: afterwards it can't be changed.
                try database.execute(sql: "PRAGMA auto_vacuum = INCREMENTAL")
            }
        }
        configuration.prepareDatabase { database in
            try database.execute(sql: "PRAGMA secure_delete = ON")  // what is stored may tell about patients
        }
        do {
            queue = try DatabaseQueue(path: path, configuration: configuration)
        } catch {
            throw Self.failure(.open, path, error)
        }
        do {
            let migrator = form.migrator()
            guard try !queue.read(migrator.hasBeenSuperseded) else {
                throw StoreError(
                    .migrate, path: path, code: 0, cause: "a newer stent wrote it; use that one, or move the file away")
            }
            try prepare(queue, migrator)
        } catch {
            try? queue.close()
            throw Self.failure(.migrate, path, error)
        }
    }

    /// Runs `body` in one transaction that is committed when this returns, as durably as the database's form says.
    func transaction<Result>(
        _ operation: StoreError.Operation, _ body: (Database) throws -> Result
    ) throws(StoreError) -> Result {
        let result = try run(operation, .immediate, body)
        commits += 1
        return result
    }

    /// Runs `body`, which writes nothing: a transaction of somebody else's is not in its way.
    func reading<Result>(_ body: (Database) throws -> Result) throws(StoreError) -> Result {
        try run(.readRows, .deferred, body)
    }

    /// Gives pages that nothing uses any more back to the file system, a few at a time.
    func shrink() throws(StoreError) {
        do {
            try queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA incremental_vacuum(2000)") }
        } catch {
            throw Self.failure(.sweep, path, error)
        }
    }

    /// What became of emptying the log.
    enum LogEmptied: Sendable {
        case complete
        /// Somebody was reading.
        case incomplete
    }

    /// Moves what is in the write-ahead log into the database and empties the log, so that what was removed is nowhere any
    /// more.
    func emptyLog() throws(StoreError) -> LogEmptied {
        do {
            let isBusy = try queue.writeWithoutTransaction {
                try Int.fetchOne($0, sql: "PRAGMA wal_checkpoint(TRUNCATE)") ?? 1
            }
            return isBusy == 0 ? .complete : .incomplete
        } catch {
            throw Self.failure(.sweep, path, error)
        }
    }

    /// A number that is another than before once somebody else has written to the file.
    func version() throws(StoreError) -> Int {
        do {
            return try queue.writeWithoutTransaction { try Int.fetchOne($0, sql: "PRAGMA data_version") ?? 0 }
        } catch {
            throw Self.failure(.readRows, path, error)
        }
    }

    func close() { try? queue.close() }

    /// Renames the files of a database that can't be used, which must be closed.
    ///
    /// - Returns: where the database went; `nil` where it could not be moved.
    static func moveAside(_ path: String, at time: WallTime) -> String? {
        var name: [UInt8] = []
        name.append(addingCapacity: 32) { (span: inout OutputSpan<UInt8>) in Timestamp.appendCompact(time, to: &span) }
        let target = path + ".corrupt-" + String(decoding: name, as: UTF8.self)
        guard rename(path, target) == 0 else { return nil }
        // A write-ahead log under the old name would be taken for the new database's.
        if rename(path + "-wal", target + "-wal") != 0 { unlink(path + "-wal") }
        unlink(path + "-shm")
        syncDirectory(of: path)
        return target
    }

    private func run<Result>(
        _ operation: StoreError.Operation, _ kind: Database.TransactionKind, _ body: (Database) throws -> Result
    ) throws(StoreError) -> Result {
        do {
            return try queue.writeWithoutTransaction { database in
                var result: Result?
                try database.inTransaction(kind) {
                    result = try body(database)
                    return .commit
                }
                guard let result else { preconditionFailure("a committed transaction ran its body") }
                return result
            }
        } catch {
            throw Self.failure(operation, path, error)
        }
    }

    /// SQLite would make it with the process's umask. Opened here only while nobody has it open: closing a descriptor of a
    /// file drops all locks that the process has on it (POSIX advisory locks).
    private static func create(_ path: String) throws(StoreError) {
        let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else {
            throw StoreError(.create, path: path, code: errno, cause: SmallFile.text(errno))
        }
        fchmod(descriptor, 0o600)
        Glibc.close(descriptor)
    }

    private static func syncDirectory(of path: String) {
        SmallFile.syncDirectory(String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]))
    }

    private static func failure(
        _ operation: StoreError.Operation, _ path: String, _ error: any Error
    ) -> StoreError {
        switch error {
        case let error as StoreError: error
        case let error as DatabaseError:
            StoreError(
                operation, path: path, code: error.extendedResultCode.rawValue, cause: error.message ?? "unknown")
        default: StoreError(operation, path: path, code: 0, cause: "\(type(of: error))")
        }
    }
}
