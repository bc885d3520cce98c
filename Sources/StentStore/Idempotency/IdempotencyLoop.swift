import StentExchange
import StentModel

/// What the store's thread does: takes what waits, commits it as one, answers.
///
/// `inFlight` is the truth about this process's exchanges; the database is the truth about all that ended and about former
/// processes. So a row that says "in flight" and is not in `inFlight` is one whose end could not be written: unknown.
final class IdempotencyLoop {
    /// A transaction takes at most this many operations and about this many bytes, so that the first of them does not wait
    /// for a burst of large answers.
    private static let batchOperations = 1_000
    private static let batchBytes = 16 << 20
    /// Keys removed or shortened in one transaction of a sweep.
    private static let sweepRows = 1_000
    private static let sweepPause = TimeSpan.seconds(30)
    private static let retryPause = TimeSpan.milliseconds(250)
    /// A file that is damaged again so soon is left, lest a bad disk is filled with damaged files.
    private static let replacementPause = TimeSpan.seconds(60)
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

    private let queue: IdempotencyQueue
    private let path: String
    private let wallNanoseconds: () -> Int64
    private let onStatus: (IdempotencyStoreStatus) -> Void

    private var database: IdempotencyDatabase?
    private var inFlight: [IdempotencyScope: HeldKey] = [:]
    private var owed: [Owed] = []
    private var limits = IdempotencyLimits()
    private var metrics = IdempotencyMetrics()
    private var lastFailure: IdempotencyStoreError?
    private var retryAt = Moment(nanoseconds: .min)
    private var sweepAt = Moment(nanoseconds: .min)
    private var replaceAt = Moment(nanoseconds: .min)

    init(
        queue: IdempotencyQueue, path: String, wallNanoseconds: @escaping () -> Int64,
        onStatus: @escaping (IdempotencyStoreStatus) -> Void
    ) {
        self.queue = queue
        self.path = path
        self.wallNanoseconds = wallNanoseconds
        self.onStatus = onStatus
    }

    func run() {
        while true {
            timedWork()
            let work = queue.take(until: owed.isEmpty && database != nil ? sweepAt : min(sweepAt, retryAt))
            limits = work.limits
            var rest = work.operations[...]
            while let operation = rest.first {
                if case .sweep(let now, let done) = operation {
                    rest.removeFirst()
                    while sweep(now: now) {}
                    done()
                } else {
                    commit(Self.batch(from: &rest))
                }
            }
            if work.stops { break }
        }
        if !owed.isEmpty { commit([]) }
        database?.close()
        queue.end()
    }

    /// Opens, sweeps and writes what is owed, each when its time has come.
    private func timedWork() {
        let now = Moment.monotonic()
        if database == nil { _ = opened() }
        if !owed.isEmpty, now >= retryAt { commit([]) }
        if now >= sweepAt {
            let isUnfinished = sweep(now: WallTime(nanoseconds: wallNanoseconds()))
            sweepAt = isUnfinished ? now : now.advanced(by: Self.sweepPause)
        }
    }

    private static func batch(from rest: inout ArraySlice<IdempotencyOperation>) -> ArraySlice<IdempotencyOperation> {
        var weight = 0
        let batch = rest.prefix(batchOperations).prefix { operation in
            if case .sweep = operation { return false }
            defer { weight += operation.weight }
            return weight < batchBytes
        }
        rest = rest[batch.endIndex...]
        return batch
    }

    // MARK: One transaction

    private func commit(_ batch: ArraySlice<IdempotencyOperation>) {
        guard let database = opened() else { return giveUp(batch) }
        do throws(IdempotencyStoreError) {
            let (changes, answers) = try database.transaction(.write) { rows in
                for end in owed { try settle(end, in: rows) }
                var changes = Changes()
                let answers = try batch.map { try apply($0, to: rows, &changes) }
                return (changes, answers)
            }
            owed.removeAll()
            for scope in changes.ended { inFlight[scope] = nil }
            inFlight.merge(changes.begun) { _, new in new }
            metrics.commits += 1
            metrics.keys += changes.begun.count
            metrics.bytes += changes.bytes + changes.begun.count * IdempotencyRows.overhead
            hasWorked()
            for answer in answers { answer?() }
        } catch {
            giveUp(batch)
            hasFailed(error)
        }
        if metrics.keys > limits.keys || metrics.bytes > limits.bytes { sweepAt = Moment(nanoseconds: .min) }
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
        case .sweep: return nil
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
        let (sum, overflow) = now.nanoseconds.addingReportingOverflow(limits.lifetimeNanoseconds)
        return WallTime(nanoseconds: overflow ? .max : sum)
    }

    // MARK: Failing and recovering

    /// Nothing of `batch` was written: what it begins is refused, what it ends is owed.
    private func giveUp(_ batch: ArraySlice<IdempotencyOperation>) {
        for operation in batch {
            switch operation {
            case .begin, .sweep: break
            case .complete(let scope, _, _, _), .abandon(let scope, .unknown, _):
                guard let held = inFlight.removeValue(forKey: scope) else { break }
                if owed.count < Self.owedLimit { owed.append(.unknown(scope, held)) }
            case .abandon(let scope, .notDone, _):
                guard inFlight.removeValue(forKey: scope) != nil else { break }
                if owed.count < Self.owedLimit { owed.append(.forget(scope)) }
            }
            operation.refuse()
        }
        publish()
    }

    private func opened() -> IdempotencyDatabase? {
        if let database { return database }
        guard Moment.monotonic() >= retryAt else { return nil }
        do throws(IdempotencyStoreError) {
            let opened = try IdempotencyDatabase(path: path)
            // After a replacement the new file must know what is under way.
            let size = try opened.transaction(.write) { rows in
                for (scope, held) in inFlight { try rows.put(scope, held, .inFlight) }
                return try rows.measure()
            }
            (metrics.keys, metrics.bytes) = size
            database = opened
            hasWorked()
        } catch {
            hasFailed(error)
        }
        return database
    }

    private func hasWorked() {
        metrics.isFailing = false
        if lastFailure != nil { onStatus(.recovered) }
        lastFailure = nil
        publish()
    }

    private func hasFailed(_ error: IdempotencyStoreError) {
        let now = Moment.monotonic()
        metrics.failures += 1
        metrics.isFailing = true
        retryAt = now.advanced(by: Self.retryPause)
        if error != lastFailure { onStatus(.failing(error)) }
        lastFailure = error
        publish()
        guard error.isDamage else { return }
        database?.close()
        database = nil
        guard now >= replaceAt else { return retryAt = replaceAt }
        let time = WallTime(nanoseconds: wallNanoseconds())
        guard let target = IdempotencyDatabase.moveAside(path, at: time) else { return }
        onStatus(.replaced(movedTo: target, error))
        replaceAt = now.advanced(by: Self.replacementPause)
        retryAt = now
    }

    private func publish() {
        metrics.inFlight = inFlight.count
        queue.publish(metrics)
    }

    // MARK: Sweeping

    /// Removes a number of expired keys and makes room.
    ///
    /// - Returns: whether there is more to remove.
    private func sweep(now: WallTime) -> Bool {
        guard let database = opened() else { return false }
        let limits = limits
        do throws(IdempotencyStoreError) {
            let (size, isUnfinished, answers, keys) = try database.transaction(.sweep) { rows in
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
            (metrics.keys, metrics.bytes) = size
            if answers > 0 { onStatus(.answersDropped(answers)) }
            if keys > 0 { onStatus(.keysForgotten(keys)) }
            if !isUnfinished { try database.shrink() }
            hasWorked()
            return isUnfinished
        } catch {
            hasFailed(error)
            return false
        }
    }
}
