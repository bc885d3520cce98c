import GRDB
import StentExchange
import StentModel

/// The table of owners, version by version.
enum OwnershipSchema {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1 owners") { database in
            try database.execute(
                sql: """
                    CREATE TABLE ownership (
                        resource TEXT NOT NULL,
                        id TEXT NOT NULL,
                        owner TEXT NOT NULL,
                        learned_at INTEGER NOT NULL,
                        PRIMARY KEY (resource, id)
                    ) STRICT, WITHOUT ROWID
                    """)
        }
        return migrator
    }
}

/// The statements, inside a transaction.
struct OwnershipRows {
    /// What putting a fact in changed.
    enum Change: Sendable {
        case added
        case changed
        case removed
        case none
    }

    let database: Database

    func find(_ record: OwnedRecord) throws -> (owner: String, learned: WallTime)? {
        let statement = try database.cachedStatement(
            sql: "SELECT owner, learned_at FROM ownership WHERE resource = ? AND id = ?")
        guard let row = try Row.fetchOne(statement, arguments: [record.resource, record.id]) else { return nil }
        return (row[0], WallTime(nanoseconds: row[1]))
    }

    /// - Parameter owner: `nil`: the record is gone.
    func put(_ record: OwnedRecord, _ owner: String?, learned: WallTime) throws -> Change {
        guard let owner else {
            let statement = try database.cachedStatement(sql: "DELETE FROM ownership WHERE resource = ? AND id = ?")
            try statement.execute(arguments: [record.resource, record.id])
            return database.changesCount == 0 ? .none : .removed
        }
        let add = try database.cachedStatement(
            sql: "INSERT INTO ownership (resource, id, owner, learned_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING")
        try add.execute(arguments: [record.resource, record.id, owner, learned.nanoseconds])
        if database.changesCount > 0 { return .added }
        let change = try database.cachedStatement(
            sql: "UPDATE ownership SET owner = ?, learned_at = ? WHERE resource = ? AND id = ? AND owner <> ?")
        try change.execute(arguments: [owner, learned.nanoseconds, record.resource, record.id, owner])
        return database.changesCount == 0 ? .none : .changed
    }

    func removeAll() throws { try database.execute(sql: "DELETE FROM ownership") }

    func count() throws -> Int { try Int.fetchOne(database, sql: "SELECT count(*) FROM ownership") ?? 0 }

    func countByResource() throws -> [(resource: String, records: Int)] {
        try Row.fetchAll(
            database, sql: "SELECT resource, count(*) FROM ownership GROUP BY resource ORDER BY resource"
        ).map { ($0[0], $0[1]) }
    }
}
