import Foundation
import StentExchange
import StentModel
import StentStore

extension StateDirectory {
    var ownership: String { path + "/ownership.sqlite" }

    func ledger(
        _ limits: OwnershipLimits = OwnershipLimits(), log: StoreLog = StoreLog()
    ) throws -> SQLiteOwnershipLedger {
        try SQLiteOwnershipLedger(
            directory: path, limits: limits, wallNanoseconds: { WallTime.noon.nanoseconds }, onStatus: log.listener)
    }
}

extension OwnershipLimits {
    /// Room for so few records that every other is forgotten.
    static func remembering(_ records: Int, unwritten: Int = 100_000) -> OwnershipLimits {
        var limits = OwnershipLimits()
        limits.records = records
        limits.unwritten = unwritten
        return limits
    }
}

extension OwnedRecord {
    static func note(_ id: Int) -> OwnedRecord { OwnedRecord(resource: "note", id: String(id)) }
}

extension OwnershipFact {
    static func note(_ id: Int, _ owner: String?) -> OwnershipFact { OwnershipFact(.note(id), owner: owner) }
}

extension SQLiteOwnershipLedger {
    func find(_ record: OwnedRecord) async -> String? {
        await withCheckedContinuation { answer in find(record) { answer.resume(returning: $0) } }
    }

    func settle() async { await withCheckedContinuation { done in settle { done.resume() } } }

    /// As a process that ends well.
    func close() { shutdown(within: .seconds(10)) }
}
