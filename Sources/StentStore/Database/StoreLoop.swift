import StentModel

/// What a store's thread does: takes what waits, lets the work do it as one, answers. Opens the database, again after a
/// failure, and begins a new one where it is damaged.
final class StoreLoop<Work: StoreWork> {
    /// A transaction takes at most this many operations and about this many bytes, so that the first of them does not wait
    /// for a burst of large ones.
    private let batchOperations = 1_000
    private let batchBytes = 16 << 20
    private let retryPause = TimeSpan.milliseconds(250)
    /// A file that is damaged again so soon is left, lest a bad disk is filled with damaged files.
    private let replacementPause = TimeSpan.seconds(60)

    private let queue: StoreQueue<Work>
    private let path: String
    private let wallNanoseconds: () -> Int64
    private let onStatus: (StoreStatus) -> Void
    private let work: Work

    private var database: OpenDatabase?
    private var health = StoreHealth()
    private var lastFailure: StoreError?
    /// `OpenDatabase.commits` at that time.
    private var commitsAtFailure = 0
    private var retryAt = Moment(nanoseconds: .min)
    private var tendAt = Moment(nanoseconds: .min)
    private var replaceAt = Moment(nanoseconds: .min)
    /// When what is owed is written; `nil` while nothing is.
    private var settleAt: Moment?

    init(
        _ work: Work, queue: StoreQueue<Work>, path: String, wallNanoseconds: @escaping () -> Int64,
        onStatus: @escaping (StoreStatus) -> Void
    ) {
        self.work = work
        self.queue = queue
        self.path = path
        self.wallNanoseconds = wallNanoseconds
        self.onStatus = onStatus
    }

    func run() {
        while true {
            timedWork()
            let taken = queue.take(until: nextTime())
            work.settings = taken.settings
            var rest = taken.entries[...]
            while let entry = rest.first {
                switch entry {
                case .tend(let now, let done):
                    rest.removeFirst()
                    while tend(now: now) == .unfinished {}
                    done()
                case .operation: perform(batch(from: &rest))
                }
            }
            if taken.stops { break }
        }
        if work.owes { perform([]) }
        database?.close()
        queue.end()
    }

    /// Opens, tends and writes what is owed, each when its time has come.
    private func timedWork() {
        let now = Moment.monotonic()
        if database == nil { _ = opened() }
        if !work.owes {
            settleAt = nil
        } else if let settleAt, now >= max(settleAt, retryAt) {
            self.settleAt = nil
            perform([])
        }
        if now >= tendAt {
            let tending = tend(now: WallTime(nanoseconds: wallNanoseconds()))
            tendAt = tending == .unfinished ? now : now.advanced(by: Work.tendingPause)
        }
    }

    private func nextTime() -> Moment {
        let now = Moment.monotonic()
        if work.owes, settleAt == nil { settleAt = now.advanced(by: Work.owingPause) }
        var next = tendAt
        if let settleAt { next = min(next, max(settleAt, retryAt)) }
        return database == nil ? min(next, retryAt) : next
    }

    private func batch(from rest: inout ArraySlice<StoreQueue<Work>.Entry>) -> ArraySlice<Work.Operation> {
        var weight = 0
        var batch: [Work.Operation] = []
        while batch.count < batchOperations, weight < batchBytes, case .operation(let operation)? = rest.first {
            weight += operation.weight
            batch.append(operation)
            rest.removeFirst()
        }
        return batch[...]
    }

    private func perform(_ operations: ArraySlice<Work.Operation>) {
        guard let database = opened() else { return giveUp(operations) }
        do throws(StoreError) {
            let answers = try work.perform(operations, on: database)
            health.commits += 1
            hasWorked()
            for answer in answers { answer() }
        } catch {
            giveUp(operations)
            hasFailed(error)
        }
        if work.wantsTending { tendAt = Moment(nanoseconds: .min) }
    }

    private func tend(now: WallTime) -> Tending {
        guard let database = opened() else { return .done }
        do throws(StoreError) {
            let tending = try work.tend(database, now: now)
            hasWorked()
            return tending
        } catch {
            hasFailed(error)
            return .done
        }
    }

    // MARK: Failing and recovering

    private func giveUp(_ operations: ArraySlice<Work.Operation>) {
        work.giveUp(operations)
        publish()
    }

    private func opened() -> OpenDatabase? {
        if let database { return database }
        guard Moment.monotonic() >= retryAt else { return nil }
        do throws(StoreError) {
            let opened = try OpenDatabase(Work.form, path: path)
            try work.adopt(opened)
            database = opened
            hasRecovered()
        } catch {
            hasFailed(error)
        }
        return database
    }

    private func hasWorked() {
        if let lastFailure, lastFailure.isOfWriting, database?.commits == commitsAtFailure { return publish() }
        hasRecovered()
    }

    private func hasRecovered() {
        health.isFailing = false
        publish()
        if lastFailure != nil { onStatus(.recovered) }
        lastFailure = nil
    }

    private func hasFailed(_ error: StoreError) {
        let now = Moment.monotonic()
        health.failures += 1
        health.isFailing = true
        retryAt = now.advanced(by: retryPause)
        publish()
        if error != lastFailure { onStatus(.failing(error)) }
        lastFailure = error
        commitsAtFailure = database?.commits ?? 0
        guard error.isDamage else { return }
        database?.close()
        database = nil
        guard now >= replaceAt else { return retryAt = replaceAt }
        let time = WallTime(nanoseconds: wallNanoseconds())
        guard let target = OpenDatabase.moveAside(path, at: time) else { return }
        onStatus(.replaced(movedTo: target, error))
        replaceAt = now.advanced(by: replacementPause)
        retryAt = now
    }

    private func publish() { queue.publish(health, work.figures) }
}
