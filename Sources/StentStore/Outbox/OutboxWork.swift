import GRDB
import StentExchange
import StentModel

/// What the outbox's thread is asked to do.
enum OutboxOperation: StoreOperation {
    case put(OutboxJob, now: WallTime, @Sendable (OutboxPut) -> Void)
    case delivered(OutboxJob.ID, now: WallTime)
    case begin(OutboxJob.ID, now: WallTime, @Sendable (Bool) -> Void)
    case end(OutboxJob.ID, OutboxEnding, now: WallTime, @Sendable (Bool) -> Void)
    case pending(@Sendable ([OutboxJob]?) -> Void)
    case list(atMost: Int, @Sendable ([WaitingJob]?) -> Void)

    /// Only a new job may be refused because too much waits: what is asked about the others is bounded by their number.
    var weight: Int {
        switch self {
        case .put(let job, _, _): 512 + job.content.count + job.target.utf8.count + job.author.name.utf8.count
        case .delivered, .begin, .end, .pending, .list: 0
        }
    }

    /// It changes nothing.
    var onlyReads: Bool {
        switch self {
        case .pending, .list: true
        case .put, .delivered, .begin, .end: false
        }
    }

    func refuse() {
        switch self {
        case .put(_, _, let answer): answer(.unavailable)
        case .delivered: break
        case .begin(_, _, let done), .end(_, _, _, let done): done(false)
        case .pending(let answer): answer(nil)
        case .list(_, let answer): answer(nil)
        }
    }
}

/// What the outbox's thread does with its database.
final class OutboxWork: StoreWork {
    typealias Operation = OutboxOperation

    static let form = DatabaseForm(
        file: "outbox.sqlite", label: "outbox", durability: .full, migrator: { OutboxSchema.migrator })
    static let tendingPause = TimeSpan.seconds(30)
    /// How long after a job was put in the same request is taken for one that is made again because its answer was lost.
    static let twinLifetime = TimeSpan.seconds(3600)
    /// Jobs removed in one transaction.
    private static let sweepRows = 1_000
    /// Deliveries that wait to be written while the database fails; beyond, they are forgotten.
    private static let owedLimit = 10_000

    var settings: OutboxLimits
    private(set) var figures = OutboxFigures()
    private var owed: [(id: OutboxJob.ID, now: WallTime)] = []
    /// Content was removed that may still be in the write-ahead log.
    private var logHoldsRemoved = true

    init(_ limits: OutboxLimits) { settings = limits }

    var owes: Bool { !owed.isEmpty }

    func adopt(_ database: OpenDatabase) throws(StoreError) {
        figures = try database.reading { try OutboxRows(database: $0).measure() }
    }

    func perform(
        _ operations: ArraySlice<OutboxOperation>, on database: OpenDatabase
    ) throws(StoreError) -> [() -> Void] {
        if owed.isEmpty, operations.allSatisfy(\.onlyReads) {
            return try database.reading { database in
                var unchanged = figures
                return try operations.compactMap { try apply($0, to: OutboxRows(database: database), &unchanged) }
            }
        }
        let (changed, answers) = try database.transaction(.write) { database in
            let rows = OutboxRows(database: database)
            for delivery in owed { try rows.deliver(delivery.id, now: delivery.now) }
            var figures = figures
            let answers = try operations.compactMap { try apply($0, to: rows, &figures) }
            figures.oldestWaiting = try rows.oldestWaiting()
            return (figures, answers)
        }
        owed.removeAll()
        figures = changed
        return answers
    }

    /// - Returns: what to call once the transaction is committed.
    private func apply(
        _ operation: OutboxOperation, to rows: OutboxRows, _ figures: inout OutboxFigures
    ) throws -> (() -> Void)? {
        switch operation {
        case .put(let job, let now, let answer):
            let result = try put(job, now, in: rows, &figures)
            return { answer(result) }
        case .delivered(let id, let now):
            try rows.deliver(id, now: now)
            return nil
        case .begin(let id, let now, let done):
            let waits = try rows.begin(id, now: now)
            return { done(waits) }
        case .end(let id, let ending, let now, let done):
            if let size = try rows.end(id, ending, now: now) {
                figures.waiting -= 1
                figures.waitingBytes -= size
                logHoldsRemoved = true
                switch ending {
                case .written: figures.written += 1
                case .refused: figures.refused += 1
                }
            }
            // Also where it has ended before or is not known: it will not be pending again.
            return { done(true) }
        case .pending(let answer):
            let jobs = try rows.waiting()
            return { answer(jobs) }
        case .list(let count, let answer):
            let jobs = try rows.list(atMost: count)
            return { answer(jobs) }
        }
    }

    private func put(
        _ job: OutboxJob, _ now: WallTime, in rows: OutboxRows, _ figures: inout OutboxFigures
    ) throws -> OutboxPut {
        if let known = try rows.twin(of: job, putSince: Self.earlier(now, by: Self.twinLifetime.nanoseconds)) {
            return .known(known)
        }
        guard figures.waiting < settings.jobs, job.content.count <= settings.bytes - figures.waitingBytes else {
            return .unavailable
        }
        guard try rows.put(job, now: now) else { return .known(job.id) }
        figures.waiting += 1
        figures.waitingBytes += job.content.count
        return .stored
    }

    /// Whoever began or ended a job must ask again; a delivery is made up for.
    func giveUp(_ operations: ArraySlice<OutboxOperation>) {
        for operation in operations {
            switch operation {
            case .delivered(let id, let now):
                if owed.count < Self.owedLimit { owed.append((id, now)) }
            case .put, .begin, .end, .pending, .list: break
            }
            operation.refuse()
        }
    }

    /// Removes jobs that ended long enough ago, and what is left of removed content.
    func tend(_ database: OpenDatabase, now: WallTime) throws(StoreError) -> Tending {
        let keep = max(settings.keepNanoseconds, Self.twinLifetime.nanoseconds)
        let (figures, isUnfinished) = try database.transaction(.sweep) { database in
            let rows = OutboxRows(database: database)
            let removed = try rows.removeEnded(until: Self.earlier(now, by: keep), atMost: Self.sweepRows)
            return (try rows.measure(), removed == Self.sweepRows)
        }
        self.figures = figures
        if isUnfinished { return .unfinished }
        try database.shrink()
        if logHoldsRemoved { logHoldsRemoved = try database.emptyLog() == .incomplete }
        return .done
    }

    private static func earlier(_ time: WallTime, by nanoseconds: Int64) -> WallTime {
        let (difference, overflow) = time.nanoseconds.subtractingReportingOverflow(nanoseconds)
        return WallTime(nanoseconds: overflow ? .min : difference)
    }
}
