import GRDB
import Glibc
import StentAudit
import StentModel

/// The open database file. Confined to the store's thread.
final class IdempotencyDatabase {
    private let path: String
    private let queue: DatabaseQueue

    /// Opens the file, or makes it with mode 0600.
    ///
    /// Keys that the file says are in flight belong to exchanges that a former process did not end: they become unknown.
    init(path: String) throws(IdempotencyStoreError) {
        self.path = path
        try Self.create(path)
        var configuration = Configuration()
        configuration.label = "idempotency"
        configuration.journalMode = .wal
        // Only somebody who looks at the file with another program can be in the way.
        configuration.busyMode = .timeout(0.2)
        configuration.foreignKeysEnabled = false
        configuration.prepareDatabase { database in
            // Both before the first table is there: afterwards auto_vacuum can't be changed.
            try database.execute(sql: "PRAGMA auto_vacuum = INCREMENTAL")
            try database.execute(sql: "PRAGMA secure_delete = ON")  // answers may tell about patients
        }
        do {
            queue = try DatabaseQueue(path: path, configuration: configuration)
        } catch {
            throw Self.failure(.open, path, error)
        }
        do {
            let migrator = IdempotencySchema.migrator
            guard try !queue.read(migrator.hasBeenSuperseded) else {
                throw IdempotencyStoreError(
                    .migrate, path: path, code: 0, cause: "a newer stent wrote it; use that one, or move the file away")
            }
            try migrator.migrate(queue)
            try queue.writeWithoutTransaction { database in
                // GRDB sets NORMAL with WAL, which a power failure may take the last transactions from.
                try database.execute(sql: "PRAGMA synchronous = FULL")
                try database.execute(sql: "PRAGMA journal_size_limit = 67108864")
                try database.execute(sql: "UPDATE key SET state = 2 WHERE state = 0")
            }
        } catch {
            try? queue.close()
            throw Self.failure(.migrate, path, error)
        }
        Self.syncDirectory(of: path)
    }

    /// Runs `body` in one transaction that is on the disk when this returns.
    func transaction<Result>(
        _ operation: IdempotencyStoreError.Operation, _ body: (IdempotencyRows) throws -> Result
    ) throws(IdempotencyStoreError) -> Result {
        do {
            return try queue.writeWithoutTransaction { database in
                var result: Result?
                try database.inTransaction(.immediate) {
                    result = try body(IdempotencyRows(database: database))
                    return .commit
                }
                guard let result else { preconditionFailure("a committed transaction ran its body") }
                return result
            }
        } catch {
            throw Self.failure(operation, path, error)
        }
    }

    /// Gives pages that nothing uses any more back to the file system, a few at a time.
    func shrink() throws(IdempotencyStoreError) {
        do {
            try queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA incremental_vacuum(2000)") }
        } catch {
            throw Self.failure(.sweep, path, error)
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

    /// SQLite would make it with the process's umask. Opened here only while nobody has it open: closing a descriptor of a
    /// file drops all locks that the process has on it (POSIX advisory locks).
    private static func create(_ path: String) throws(IdempotencyStoreError) {
        let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else {
            throw IdempotencyStoreError(.create, path: path, code: errno, cause: SmallFile.text(errno))
        }
        fchmod(descriptor, 0o600)
        Glibc.close(descriptor)
    }

    private static func syncDirectory(of path: String) {
        SmallFile.syncDirectory(String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]))
    }

    private static func failure(
        _ operation: IdempotencyStoreError.Operation, _ path: String, _ error: any Error
    ) -> IdempotencyStoreError {
        switch error {
        case let error as IdempotencyStoreError: error
        case let error as DatabaseError:
            IdempotencyStoreError(
                operation, path: path, code: error.extendedResultCode.rawValue, cause: error.message ?? "unknown")
        default: IdempotencyStoreError(operation, path: path, code: 0, cause: "\(type(of: error))")
        }
    }
}

extension IdempotencyStoreError {
    /// The file itself is damaged (SQLITE_CORRUPT, SQLITE_NOTADB): trying again is no use. The low byte of an extended
    /// code is the plain one.
    var isDamage: Bool {
        switch operation {
        case .open, .migrate, .write, .sweep: code & 0xFF == 11 || code & 0xFF == 26
        case .create, .readKey, .makeKey, .startThread: false  // here `code` is the system's
        }
    }
}
