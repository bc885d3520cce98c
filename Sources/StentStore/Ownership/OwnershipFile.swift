import StentExchange
import StentModel

/// The ledger's database as a command sees it (`stent owner`), whether or not a server has it open. Confined to one thread.
package final class OwnershipFile {
    /// What becomes of a file that is not there.
    package enum Missing: Sendable {
        /// It is an error, and no file is made.
        case isError
        case isMade
    }

    /// One row.
    package struct Entry: Sendable, Equatable {
        package var owner: String
        package var learned: WallTime
    }

    /// What an import changed.
    package struct Imported: Sendable, Equatable {
        package var added = 0
        package var changed = 0
        package var removed = 0
        /// Known already.
        package var same = 0
    }

    private let database: OpenDatabase

    /// - Parameter directory: the state directory.
    /// - Throws: `StoreError` where there is no file, or it can't be opened or is damaged (`isDamage`); it is left as it is.
    package init(directory: String, missing: Missing) throws(StoreError) {
        let form = OwnershipWork.form
        let path = form.path(in: directory)
        switch missing {
        case .isError: break
        case .isMade:
            // A server that makes it at the same time is no matter: migrations are transactions.
            if !SmallFile.exists(path) { try OpenDatabase(form, path: path).close() }
        }
        database = try OpenDatabase.existing(form, path: path)
    }

    deinit { database.close() }

    /// The owners of those among `ids` that are known, by id.
    package func owners(_ resource: String, ids: [String]) throws(StoreError) -> [String: Entry] {
        try database.reading { database in
            let rows = OwnershipRows(database: database)
            var found: [String: Entry] = [:]
            for id in ids {
                guard let row = try rows.find(OwnedRecord(resource: resource, id: id)) else { continue }
                found[id] = Entry(owner: row.owner, learned: row.learned)
            }
            return found
        }
    }

    /// How many records are known, by resource.
    package func counts() throws(StoreError) -> [(resource: String, records: Int)] {
        try database.reading { try OwnershipRows(database: $0).countByResource() }
    }

    /// Puts all facts in, or none. A running server takes notice within about a second.
    package func adopt(_ facts: [OwnershipFact], now: WallTime) throws(StoreError) -> Imported {
        try database.transaction(.write) { database in
            let rows = OwnershipRows(database: database)
            var imported = Imported()
            for fact in facts {
                switch try rows.put(fact.record, fact.owner, learned: now) {
                case .added: imported.added += 1
                case .changed: imported.changed += 1
                case .removed: imported.removed += 1
                case .none: imported.same += 1
                }
            }
            return imported
        }
    }
}
