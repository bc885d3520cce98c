/// Whom a trail's seals are by, whether they are believed, and what they vouch for.
///
/// Lines come in the order of the trail. A seal vouches for its own run up to the line before it: what the lines of
/// that run say of keys and of aged-out segments counts once a seal behind them is good.
struct ChainSeals: Sendable {
    /// A record of aging out.
    struct AgedOut: Sendable {
        let through: Int
        let head: ChainHash
        /// The record's own number, and its run.
        let sequence: Int
        let run: Int
    }

    private struct Change: Sendable {
        let old: AuditKeyID
        let new: AuditPublicKey
        let run: Int
        var isVouchedFor = false
    }

    /// Which trail it is, once a line has named it.
    private(set) var trail: TrailID?
    /// Keys that others handed over to.
    private(set) var learned: [AuditKeyID: AuditPublicKey] = [:]
    /// Good seals, and those that nobody had a key for because none was given.
    private(set) var good = 0
    private(set) var unverified = 0
    /// The highest number that a good seal vouches for, and when that was made.
    private(set) var through: Int?
    private(set) var time: String?

    private let hasKeys: Bool
    private var retired: Set<AuditKeyID> = []
    private var change: Change?
    /// The farthest record that is vouched for, and the farthest that is not yet.
    private var sealedRecords: [Int: AgedOut] = [:]
    private var waitingRecord: AgedOut?

    /// No trail changes its key so often.
    private static let mostKeys = 10_000

    init(trail: TrailID?, hasKeys: Bool) {
        self.trail = trail
        self.hasKeys = hasKeys
    }

    /// The record up to which lines may be missing at the beginning.
    ///
    /// - Parameter foreign: runs whose word does not count.
    func agedOut(outside foreign: Set<Int>) -> AgedOut? {
        var records = sealedRecords.values.filter { !foreign.contains($0.run) }
        if !hasKeys, let waitingRecord, !foreign.contains(waitingRecord.run) { records.append(waitingRecord) }
        return records.max { $0.through < $1.through }
    }

    /// A record that goes farther, and that no seal vouches for.
    func unsealedRecord(outside foreign: Set<Int>) -> AgedOut? {
        guard hasKeys, let waitingRecord, !foreign.contains(waitingRecord.run) else { return nil }
        return waitingRecord
    }

    /// - Parameter trail: becomes what the line says of it.
    /// - Returns: what is wrong with the line.
    mutating func add(_ mark: AuditBlock.Mark, run: Int, trail named: inout ChainRun.Trail) -> AuditFinding.Kind? {
        switch mark.record {
        case .begun(let trail, _):
            named = name(trail)
            return named == .own ? nil : .foreign(trail, through: mark.sequence)
        case .sealed(let seal): return add(seal, mark, run: run, trail: &named)
        case .agedOut(_, let through, let head):
            let record = AgedOut(through: through, head: head, sequence: mark.sequence, run: run)
            guard through < mark.sequence else { return nil }
            if let waitingRecord, waitingRecord.run == run, waitingRecord.through > through { return nil }
            waitingRecord = record
            return nil
        case .keyChanged(let old, let new):
            change = Change(old: old, new: new, run: run)
            return nil
        case .unreadableSeal: return .badSeal(.unreadable)
        case .rotated: return nil
        }
    }

    private mutating func add(
        _ seal: AuditSeal, _ mark: AuditBlock.Mark, run: Int, trail named: inout ChainRun.Trail
    ) -> AuditFinding.Kind? {
        guard mark.seal != .otherHead else { return .badSeal(.otherHead) }
        if let trail, trail != seal.trail {
            named = .foreign(seal.trail)
            return .foreign(seal.trail, through: mark.sequence)
        }
        guard hasKeys else {
            named = name(seal.trail)
            unverified += 1
            return nil
        }
        switch mark.seal {
        case .noSeal, .otherHead, .wrongSignature: return .badSeal(.signature)
        case .good: break
        case .unknownKey:
            guard let key = learned[seal.key] else { return .badSeal(.unknownKey(seal.key)) }
            guard seal.isSigned(by: key) else { return .badSeal(.signature) }
        }
        guard !retired.contains(seal.key) else { return .badSeal(.retiredKey(seal.key)) }
        named = name(seal.trail)
        good += 1
        if seal.through > through ?? -1 {
            through = seal.through
            time = seal.time
        }
        vouch(seal, run: run)
        return nil
    }

    /// Believes what lines before the seal say, those of its own run.
    private mutating func vouch(_ seal: AuditSeal, run: Int) {
        if let record = waitingRecord, record.run == run {
            if record.through > sealedRecords[run]?.through ?? -1 { sealedRecords[run] = record }
            waitingRecord = nil
        }
        guard var change, change.run == run else { return }
        if seal.key == change.old, learned.count < Self.mostKeys {
            change.isVouchedFor = true
            learned[change.new.id] = change.new
            self.change = change
        } else if seal.key == change.new.id, change.isVouchedFor {
            retired.insert(change.old)
            retired.remove(change.new.id)
            self.change = nil
        }
    }

    private mutating func name(_ named: TrailID) -> ChainRun.Trail {
        trail = trail ?? named
        return trail == named ? .own : .foreign(named)
    }
}
