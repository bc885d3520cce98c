// GRDB takes and gives blobs as Foundation's Data, hence FoundationEssentials; nothing else here is of it.
import FoundationEssentials
import GRDB
import StentExchange
import StentModel

/// The table of keys, version by version.
enum IdempotencySchema {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1 keys") { database in
            try database.execute(
                sql: """
                    CREATE TABLE key (
                        id INTEGER PRIMARY KEY,
                        scope BLOB NOT NULL UNIQUE,
                        fingerprint BLOB NOT NULL,
                        state INTEGER NOT NULL,
                        first_try INTEGER NOT NULL,
                        expires INTEGER NOT NULL,
                        size INTEGER NOT NULL,
                        status INTEGER,
                        fields BLOB,
                        content BLOB
                    ) STRICT
                    """)
            // What expires, what is oldest and how much there is are all answered from this index alone.
            try database.execute(sql: "CREATE INDEX key_by_age ON key (expires, state, size)")
        }
        return migrator
    }
}

/// What is known of a request that was begun, whoever holds it now.
struct HeldKey: Sendable, Equatable {
    var fingerprint: [UInt8]
    var firstTry: WallTime
    var expires: WallTime
}

/// One key as the database has it.
struct KeyRow {
    /// Raw values are in the file: add, never change.
    enum State: Int64 {
        case inFlight = 0
        case kept = 1
        case unknown = 2
    }

    var held: HeldKey
    /// `nil` where there is none to give: in flight, or unknown.
    var answer: KeptAnswer?
}

/// The statements, inside a transaction.
struct IdempotencyRows {
    let database: Database
    /// Bytes that a key takes without its answer, indexes included, roughly.
    static let overhead = 256

    func find(_ scope: IdempotencyScope) throws -> KeyRow? {
        let statement = try database.cachedStatement(
            sql: "SELECT fingerprint, first_try, expires, state, status, fields, content FROM key WHERE scope = ?")
        guard let row = try Row.fetchOne(statement, arguments: [blob(scope.bytes)]) else { return nil }
        let held = HeldKey(
            fingerprint: try bytes(row, 0), firstTry: WallTime(nanoseconds: row[1]),
            expires: WallTime(nanoseconds: row[2]))
        guard row[3] == KeyRow.State.kept.rawValue, let status = row[4] as Int? else { return KeyRow(held: held) }
        return KeyRow(
            held: held, answer: KeptAnswer(status: status, fields: try bytes(row, 5), content: try bytes(row, 6)))
    }

    /// Puts a key in, or in place of what was there.
    func put(_ scope: IdempotencyScope, _ held: HeldKey, _ state: KeyRow.State, answer: KeptAnswer? = nil) throws {
        let statement = try database.cachedStatement(
            sql: """
                INSERT INTO key (scope, fingerprint, state, first_try, expires, size, status, fields, content)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (scope) DO UPDATE SET
                    fingerprint = excluded.fingerprint, state = excluded.state, first_try = excluded.first_try,
                    expires = excluded.expires, size = excluded.size, status = excluded.status,
                    fields = excluded.fields, content = excluded.content
                """)
        let size = Self.overhead + (answer.map { $0.fields.count + $0.content.count } ?? 0)
        try statement.execute(arguments: [
            blob(scope.bytes), blob(held.fingerprint), state.rawValue, held.firstTry.nanoseconds,
            held.expires.nanoseconds, size, answer?.status, answer.map { blob($0.fields) },
            answer.map { blob($0.content) },
        ])
    }

    /// Forgets a key that is in flight; one that has an answer or is unknown stays.
    func forget(_ scope: IdempotencyScope) throws {
        let statement = try database.cachedStatement(sql: "DELETE FROM key WHERE scope = ? AND state = 0")
        try statement.execute(arguments: [blob(scope.bytes)])
    }

    /// Removes up to `count` keys whose time is over.
    ///
    /// - Returns: how many there were.
    func removeExpired(now: WallTime, atMost count: Int) throws -> Int {
        let statement = try database.cachedStatement(
            sql: "DELETE FROM key WHERE id IN (SELECT id FROM key INDEXED BY key_by_age WHERE expires <= ? LIMIT ?)")
        try statement.execute(arguments: [now.nanoseconds, count])
        return database.changesCount
    }

    /// Removes up to `count` of the oldest keys that no exchange is at work on.
    func removeOldest(_ count: Int) throws -> Int {
        let statement = try database.cachedStatement(
            sql: """
                DELETE FROM key WHERE id IN (
                    SELECT id FROM key INDEXED BY key_by_age WHERE state <> 0 ORDER BY expires LIMIT ?)
                """)
        try statement.execute(arguments: [count])
        return database.changesCount
    }

    /// Drops the oldest answers, up to `count` of them or until `bytes` are free; their keys become unknown.
    func dropOldestAnswers(bytes: Int, atMost count: Int) throws -> (answers: Int, bytes: Int) {
        let oldest = try database.cachedStatement(
            sql: "SELECT id, size FROM key INDEXED BY key_by_age WHERE state = 1 ORDER BY expires LIMIT ?")
        let drop = try database.cachedStatement(
            sql: "UPDATE key SET state = 2, size = ?, status = NULL, fields = NULL, content = NULL WHERE id = ?")
        var freed = 0
        var answers = 0
        for row in try Row.fetchAll(oldest, arguments: [count]) where freed < bytes {
            try drop.execute(arguments: [Self.overhead, row[0] as Int64])
            freed += max(0, row[1] - Self.overhead)
            answers += 1
        }
        return (answers, freed)
    }

    func measure() throws -> (keys: Int, bytes: Int) {
        let statement = try database.cachedStatement(
            sql: "SELECT count(*), coalesce(sum(size), 0) FROM key INDEXED BY key_by_age")
        guard let row = try Row.fetchOne(statement) else { return (0, 0) }
        return (row[0], row[1])
    }

    private func blob(_ bytes: [UInt8]) -> Data { Data(bytes) }

    private func bytes(_ row: Row, _ index: Int) throws -> [UInt8] {
        try row.withUnsafeData(atIndex: index) { $0.map { [UInt8]($0) } ?? [] }
    }
}
