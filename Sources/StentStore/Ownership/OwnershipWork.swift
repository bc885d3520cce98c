import GRDB
import StentExchange
import StentModel

/// What the ledger's thread is asked to do.
enum OwnershipOperation: StoreOperation {
    /// Bytes that one takes while it waits, roughly.
    static let overhead = 256

    case find(OwnedRecord, @Sendable (String?) -> Void)

    var weight: Int { Self.overhead }

    func refuse() {
        switch self {
        case .find(_, let answer): answer(nil)
        }
    }
}

/// What the ledger's thread does with its database: reads what memory does not know, writes what was learned, and looks
/// whether somebody else has written.
final class OwnershipWork: StoreWork {
    typealias Operation = OwnershipOperation

    struct Figures: Sendable {
        var rows = 0
        var finds = 0
        var misses = 0
    }

    static let form = DatabaseForm(
        file: "ownership.sqlite", label: "ownership", durability: .normal, migrator: { OwnershipSchema.migrator })
    static let tendingPause = TimeSpan.seconds(1)
    /// Facts come one by one with each create: one transaction takes those of a while.
    static let owingPause = TimeSpan.milliseconds(100)

    var settings: Void = ()
    private(set) var figures = Figures()
    private let memory: OwnershipMemory
    private let wallNanoseconds: () -> Int64
    /// As the database gave it last; `nil` before it was opened.
    private var version: Int?

    init(_ memory: OwnershipMemory, wallNanoseconds: @escaping () -> Int64) {
        self.memory = memory
        self.wallNanoseconds = wallNanoseconds
    }

    var owes: Bool { memory.owes }

    func adopt(_ database: OpenDatabase) throws(StoreError) {
        // Whoever opens it anew does not know what happened to it meanwhile.
        if version != nil { memory.forget() }
        version = try database.version()
        figures.rows = try database.reading { try OwnershipRows(database: $0).count() }
    }

    func perform(
        _ operations: ArraySlice<OwnershipOperation>, on database: OpenDatabase
    ) throws(StoreError) -> [() -> Void] {
        guard !operations.isEmpty else {
            try settle(database)
            return []
        }
        var finds = 0
        var misses = 0
        let answers = try database.reading { database in
            let rows = OwnershipRows(database: database)
            return try operations.map { operation in
                switch operation {
                case .find(let record, let answer):
                    let owner = try find(record, in: rows)
                    finds += 1
                    if owner == nil { misses += 1 }
                    return { answer(owner) }
                }
            }
        }
        figures.finds += finds
        figures.misses += misses
        return answers
    }

    private func find(_ record: OwnedRecord, in rows: OwnershipRows) throws -> String? {
        switch memory.find(record) {
        case .owner(let owner): return owner
        case .gone: return nil
        case .unknown:
            guard let row = try rows.find(record) else { return memory.owner(of: record) }
            switch memory.remember(record, row.owner) {
            case .owner(let owner): return owner
            case .gone, .unknown: return nil
            }
        }
    }

    private func settle(_ database: OpenDatabase) throws(StoreError) {
        let unwritten = memory.unwritten()
        let now = WallTime(nanoseconds: wallNanoseconds())
        figures.rows = try database.transaction(.write) { database in
            let rows = OwnershipRows(database: database)
            if unwritten.removesAll { try rows.removeAll() }
            var count = unwritten.removesAll ? 0 : figures.rows
            for (record, owner) in unwritten.facts {
                switch try rows.put(record, owner, learned: now) {
                case .added: count += 1
                case .removed: count -= 1
                case .changed, .none: break
                }
            }
            return count
        }
        memory.written(unwritten)
    }

    /// Without the store, memory alone answers; what is to be written stays there.
    func giveUp(_ operations: ArraySlice<OwnershipOperation>) {
        for operation in operations {
            switch operation {
            case .find(let record, let answer):
                let owner = memory.owner(of: record)
                figures.finds += 1
                if owner == nil { figures.misses += 1 }
                answer(owner)
            }
        }
    }

    func tend(_ database: OpenDatabase, now: WallTime) throws(StoreError) -> Tending {
        let version = try database.version()
        if version != self.version {
            figures.rows = try database.reading { try OwnershipRows(database: $0).count() }
            memory.forget()
            self.version = version
        }
        if memory.owes { try settle(database) }
        return .done
    }
}
