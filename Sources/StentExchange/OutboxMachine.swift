import StentModel

/// Which record of the outbox is written next, and with whose credentials.
///
/// A job is written in its author's name: with the credentials that the author came by with, or with those of a service
/// account where there is one. Credentials are only ever here, in memory, and only as long as their owner has jobs; after a
/// restart a job waits for its author's next visit. What was sent and not clearly answered is sent again later, after the
/// upstream was asked whether it is there (`ExchangeMachine`).
package struct OutboxMachine: Sendable {
    /// Whose credentials a job is sent with.
    package enum Sender: Sendable, Equatable {
        /// The author's own; the value of Authorization.
        case author([UInt8])
        /// The service account's.
        case account([UInt8])

        package var authorization: [UInt8] {
            switch self {
            case .author(let bytes), .account(let bytes): bytes
            }
        }
    }

    package enum Action: Sendable, Equatable {
        /// Note in the store that it is sent, send it, then report `sent`.
        ///
        /// - Parameter settled: nothing that was sent of it earlier can take effect after this moment.
        case send(OutboxJob, Sender, settled: Moment)
        /// Note its end in the store, then report `ended`.
        case end(OutboxJob.ID, OutboxEnding)
    }

    /// What came of sending a job.
    package enum Result: Sendable, Equatable {
        /// The record exists.
        case written(String?)
        /// The upstream refuses it, and would again.
        case refused(Int)
        /// The credentials are not, or no longer, those of the author.
        case unauthorized
        /// It may have been written, not before this time.
        case unclear(since: WallTime)
        /// It was not sent, or certainly not written.
        case notDone
    }

    private enum State: Sendable {
        case waiting
        case sending
        case pausing(until: Moment)
        case ending(OutboxEnding, until: Moment?)
    }

    private struct Entry: Sendable {
        var job: OutboxJob
        var state = State.waiting
        var settled: Moment
        /// Tries in a row that came to nothing.
        var failures = 0
    }

    /// Pauses between two tries of one job.
    private static let pause = (base: TimeSpan.seconds(1), maximum: TimeSpan.seconds(60))

    /// Jobs sent at once.
    private let concurrency: Int
    /// How long a record that was sent may still turn up.
    package var settle: TimeSpan
    /// `user:password` as the value of Authorization; `nil`: jobs wait for their authors.
    package var account: [UInt8]?

    private var entries: [OutboxJob.ID: Entry] = [:]
    /// Oldest first.
    private var order: [OutboxJob.ID] = []
    /// By the author's id.
    private var credentials: [String: [UInt8]] = [:]
    /// How many jobs wait by the author's id, and the name that the author is known by.
    private var authors: [String: (name: String, jobs: Int)] = [:]
    private var sending = 0

    package init(concurrency: Int = 2, settle: TimeSpan, account: [UInt8]? = nil) {
        self.concurrency = concurrency
        self.settle = settle
        self.account = account
    }

    // MARK: What happens

    /// Jobs of an earlier process.
    ///
    /// - Parameter now: one of them may have been sent until just before.
    package mutating func load(_ jobs: [OutboxJob], now: Moment) -> [Action] {
        for job in jobs { insert(job, settled: job.firstTry == nil ? now : now.advanced(by: settle)) }
        return next(now: now)
    }

    /// A new job, put in the store.
    ///
    /// - Parameter credential: the author's; the value of Authorization.
    package mutating func add(_ job: OutboxJob, credential: [UInt8], now: Moment) -> [Action] {
        credentials[job.author.id] = credential
        insert(job, settled: now)
        return next(now: now)
    }

    /// Names of those whose jobs wait for them.
    package var awaited: Set<String> {
        guard account == nil else { return [] }
        return Set(authors.lazy.filter { credentials[$0.key] == nil }.map(\.value.name))
    }

    /// Somebody of that name came by. Whether the credential is the author's is found out when it is used.
    package mutating func visited(name: String, credential: [UInt8], now: Moment) -> [Action] {
        for (id, author) in authors where author.name == name && credentials[id] == nil {
            credentials[id] = credential
        }
        return next(now: now)
    }

    /// - Parameter jitter: drawn from 0...1, for the pause should there be one.
    package mutating func sent(_ id: OutboxJob.ID, _ result: Result, now: Moment, jitter: Double) -> [Action] {
        guard var entry = entries[id], case .sending = entry.state else { return [] }
        sending -= 1
        switch result {
        case .written(let record): return end(entry, .written(record)) + next(now: now)
        case .refused(let status): return end(entry, .refused(status)) + next(now: now)
        case .unauthorized:
            credentials[entry.job.author.id] = nil
            entry.state = account == nil ? .waiting : .pausing(until: now.advanced(by: pause(&entry, jitter: jitter)))
        case .unclear(let since):
            entry.job.firstTry = entry.job.firstTry ?? since
            entry.settled = now.advanced(by: settle)
            entry.state = .pausing(until: now.advanced(by: pause(&entry, jitter: jitter)))
        case .notDone:
            entry.state = .pausing(until: now.advanced(by: pause(&entry, jitter: jitter)))
        }
        entries[id] = entry
        return next(now: now)
    }

    /// The store has noted the end of a job, or could not: then it is told again. The job is not sent again either way.
    package mutating func ended(_ id: OutboxJob.ID, isKept: Bool, now: Moment) -> [Action] {
        guard var entry = entries[id], case .ending(let ending, _) = entry.state else { return [] }
        guard isKept else {
            entry.state = .ending(ending, until: now.advanced(by: Self.pause.base))
            entries[id] = entry
            return []
        }
        entries[id] = nil
        order.removeAll { $0 == id }
        let author = entry.job.author.id
        authors[author]?.jobs -= 1
        if authors[author]?.jobs == 0 {
            authors[author] = nil
            credentials[author] = nil
        }
        return []
    }

    /// Pauses may be over.
    package mutating func tick(now: Moment) -> [Action] {
        var actions: [Action] = []
        for id in order {
            guard let entry = entries[id] else { continue }
            switch entry.state {
            case .waiting, .sending: continue
            case .pausing(let until): if until <= now { entries[id]?.state = .waiting }
            case .ending(let ending, let until):
                guard let until, until <= now else { continue }
                entries[id]?.state = .ending(ending, until: nil)
                actions.append(.end(id, ending))
            }
        }
        return actions + next(now: now)
    }

    // MARK: What may be asked

    /// When `tick` is wanted next.
    package var due: Moment {
        entries.values.reduce(Moment.distantFuture) { due, entry in
            switch entry.state {
            case .waiting, .sending: due
            case .pausing(let until): min(due, until)
            case .ending(_, let until): min(due, until ?? .distantFuture)
            }
        }
    }

    package var count: Int { entries.count }
    /// Jobs under way.
    package var sendingCount: Int { sending }
    /// Jobs for whose author no credentials are there.
    package var waitingForAuthor: Int {
        guard account == nil else { return 0 }
        return entries.values.reduce(0) { $0 + (credentials[$1.job.author.id] == nil ? 1 : 0) }
    }

    // MARK: Steps

    private mutating func insert(_ job: OutboxJob, settled: Moment) {
        guard entries[job.id] == nil else { return }
        entries[job.id] = Entry(job: job, settled: settled)
        order.append(job.id)
        authors[job.author.id, default: (job.author.name, 0)].jobs += 1
        authors[job.author.id]?.name = job.author.name
    }

    private mutating func end(_ entry: Entry, _ ending: OutboxEnding) -> [Action] {
        entries[entry.job.id]?.state = .ending(ending, until: nil)
        return [.end(entry.job.id, ending)]
    }

    private mutating func next(now: Moment) -> [Action] {
        var actions: [Action] = []
        for id in order {
            guard sending < concurrency else { break }
            guard let entry = entries[id], case .waiting = entry.state else { continue }
            let sender: Sender
            if let own = credentials[entry.job.author.id] {
                sender = .author(own)
            } else if let account {
                sender = .account(account)
            } else {
                continue
            }
            sending += 1
            entries[id]?.state = .sending
            entries[id]?.job.tries += 1
            actions.append(.send(entry.job, sender, settled: entry.settled))
        }
        return actions
    }

    /// Full jitter over a ceiling that doubles.
    private func pause(_ entry: inout Entry, jitter: Double) -> TimeSpan {
        entry.failures += 1
        let ceiling = min(
            Self.pause.base.nanoseconds << Int64(min(entry.failures, 6)), Self.pause.maximum.nanoseconds)
        return TimeSpan(nanoseconds: max(100_000_000, Int64(Double(ceiling) * jitter)))
    }
}
