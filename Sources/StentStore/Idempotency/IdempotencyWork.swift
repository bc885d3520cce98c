import GRDB
import StentExchange
import StentModel

/// What the thread of the idempotency store does with its database.
///
/// `inFlight` is the truth about this process's exchanges; the database is the truth about all that ended and about former
/// processes. So a row that says "in flight" and is not in `inFlight` is one whose end could not be written: unknown.
final class IdempotencyWork: StoreWork {
    typealias Operation = IdempotencyOperation

    /// What the database holds, and what is under way.
    struct Figures: Sendable {
        var keys = 0
        var bytes = 0
        var inFlight = 0
    }

    static let form = DatabaseForm(
        file: "idempotency.sqlite", label: "idempot", durability: .full, migrator: { IdempotencySchema.migrator })
    static let tendingPause = TimeSpan.seconds(30)
    /// Keys removed or shortened in one transaction of a sweep.
    private static let sweepRows = 1_000
    /// Ends that wait to be written while the database fails; beyond, they stay unknown.
    private static let owedLimit = 100_000

    /// The end of an exchange that could not be written yet.
    private enum Owed {
        case forget(IdempotencyScope)
        case unknown(IdempotencyScope, HeldKey)
    }

    /// What a transaction changes in `inFlight` once it is committed.
    private struct Changes {
        var begun: [IdempotencyScope: HeldKey] = [:]
        var ended: Set<IdempotencyScope> = []
        var bytes = 0
    }

    var settings: IdempotencyLimits
    private var inFlight: [IdempotencyScope: HeldKey] = [:]
    private var owed: [Owed] = []
    private var keys = 0
    private var bytes = 0
    private let onRoomMade: (IdempotencyStoreStatus) -> Void

    /// - Parameter onRoomMade: hears of what was dropped because there was too much.
    init(_ limits: IdempotencyLimits, onRoomMade: @escaping (IdempotencyStoreStatus) -> Void) {
        settings = limits
        self.onRoomMade = onRoomMade
    }

    var figures: Figures { Figures(keys: keys, bytes: bytes, inFlight: inFlight.count) }
    var owes: Bool { !owed.isEmpty }
    var wantsTending: Bool { keys > settings.keys || bytes > settings.bytes }

    /// Keys that the file says are in flight belong to exchanges that a former process did not end: they become unknown.
    /// A file that replaces a damaged one must know what is under way.
    func adopt(_ database: OpenDatabase) throws(StoreError) {
        (keys, bytes) = try database.transaction(.write) { database in
            try database.execute(sql: "UPDATE key SET state = 2 WHERE state = 0")
            let rows = IdempotencyRows(database: database)
            for (scope, held) in inFlight { try rows.put(scope, held, .inFlight) }
            return try rows.measure()
        }
    }

    // MARK: One transaction

    func perform(
        _ operations: ArraySlice<IdempotencyOperation>, on database: OpenDatabase
    ) throws(StoreError) -> [() -> Void] {
        let (changes, answers) = try database.transaction(.write) { database in
            let rows = IdempotencyRows(database: database)
            for end in owed { try settle(end, in: rows) }
            var changes = Changes()
            let answers = try operations.compactMap { try apply($0, to: rows, &changes) }
            return (changes, answers)
        }
        owed.removeAll()
        for scope in changes.ended { inFlight[scope] = nil }
        inFlight.merge(changes.begun) { _, new in new }
        keys += changes.begun.count
        bytes += changes.bytes + changes.begun.count * IdempotencyRows.overhead
        return answers
    }

    /// - Returns: what to call once the transaction is committed.
    private func apply(
        _ operation: IdempotencyOperation, to rows: IdempotencyRows, _ changes: inout Changes
    ) throws -> (() -> Void)? {
        switch operation {
        case .begin(let scope, let fingerprint, let now, let answer):
            let result = try begin(scope, fingerprint, now, in: rows, &changes)
            return { answer(result) }
        case .complete(let scope, let kept, let now, let done):
            guard var held = end(scope, &changes) else { return { done(false) } }
            held.expires = expiry(now)
            try rows.put(scope, held, .kept, answer: kept)
            changes.bytes += kept.fields.count + kept.content.count
            return { done(true) }
        case .abandon(let scope, .notDone, _):
            if end(scope, &changes) != nil { try rows.forget(scope) }
            return nil
        case .abandon(let scope, .unknown, let now):
            guard var held = end(scope, &changes) else { return nil }
            held.expires = expiry(now)
            try rows.put(scope, held, .unknown)
            return nil
        }
    }

    private func begin(
        _ scope: IdempotencyScope, _ fingerprint: [UInt8], _ now: WallTime, in rows: IdempotencyRows,
        _ changes: inout Changes
    ) throws -> IdempotencyBegin {
        if let held = changes.begun[scope] ?? (changes.ended.contains(scope) ? nil : inFlight[scope]) {
            return held.fingerprint == fingerprint ? .inFlight : .reused
        }
        if let row = try rows.find(scope), row.held.expires.nanoseconds > now.nanoseconds {
            guard row.held.fingerprint == fingerprint else { return .reused }
            guard let answer = row.answer else { return .unknown(firstTry: row.held.firstTry) }
            return .kept(answer)
        }
        let held = HeldKey(fingerprint: fingerprint, firstTry: now, expires: expiry(now))
        try rows.put(scope, held, .inFlight)
        changes.begun[scope] = held
        return .first
    }

    /// Takes a key out of flight; `nil` where it is not in flight, because the caller does not hold it.
    private func end(_ scope: IdempotencyScope, _ changes: inout Changes) -> HeldKey? {
        if let held = changes.begun.removeValue(forKey: scope) {
            changes.ended.insert(scope)
            return held
        }
        guard let held = inFlight[scope], changes.ended.insert(scope).inserted else { return nil }
        return held
    }

    private func settle(_ end: Owed, in rows: IdempotencyRows) throws {
        switch end {
        case .forget(let scope): try rows.forget(scope)
        case .unknown(let scope, let held): try rows.put(scope, held, .unknown)
        }
    }

    private func expiry(_ now: WallTime) -> WallTime {
        let (sum, overflow) = now.nanoseconds.addingReportingOverflow(settings.lifetimeNanoseconds)
        return WallTime(nanoseconds: overflow ? .max : sum)
    }

    /// What they begin is refused, what they end is owed.
    func giveUp(_ operations: ArraySlice<IdempotencyOperation>) {
        for operation in operations {
            switch operation {
            case .begin: break
            case .complete(let scope, _, _, _), .abandon(let scope, .unknown, _):
                guard let held = inFlight.removeValue(forKey: scope) else { break }
                if owed.count < Self.owedLimit { owed.append(.unknown(scope, held)) }
            case .abandon(let scope, .notDone, _):
                guard inFlight.removeValue(forKey: scope) != nil else { break }
                if owed.count < Self.owedLimit { owed.append(.forget(scope)) }
            }
            operation.refuse()
        }
    }

    // MARK: Sweeping

    /// Removes a number of expired keys and makes room.
    func tend(_ database: OpenDatabase, now: WallTime) throws(StoreError) -> Tending {
        let limits = settings
        let (size, isUnfinished, answers, forgotten) = try database.transaction(.sweep) { database in
            let rows = IdempotencyRows(database: database)
            var isUnfinished = try rows.removeExpired(now: now, atMost: Self.sweepRows) == Self.sweepRows
            let size = try rows.measure()
            var keys = 0
            var answers = 0
            if !isUnfinished, size.keys > limits.keys {
                // One in a hundred more than needed, so that this is not done for every new key.
                let surplus = size.keys - limits.keys + limits.keys / 100
                keys = try rows.removeOldest(min(surplus, Self.sweepRows))
                isUnfinished = keys == Self.sweepRows
            }
            if !isUnfinished, size.bytes > limits.bytes {
                let surplus = size.bytes - limits.bytes + limits.bytes / 100
                let dropped = try rows.dropOldestAnswers(bytes: surplus, atMost: Self.sweepRows)
                answers = dropped.answers
                isUnfinished = answers == Self.sweepRows && dropped.bytes < surplus
            }
            return (try rows.measure(), isUnfinished, answers, keys)
        }
        (keys, bytes) = size
        if answers > 0 { onRoomMade(.answersDropped(answers)) }
        if forgotten > 0 { onRoomMade(.keysForgotten(forgotten)) }
        if !isUnfinished { try database.shrink() }
        return isUnfinished ? .unfinished : .done
    }
}
