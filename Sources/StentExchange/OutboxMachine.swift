import StentAudit
import StentModel

/// Which record of the outbox is written next, and with whose credentials.
///
/// A job is written in its author's name: with the credentials that the author came by with, or with those of a service
/// account where there is one. Credentials are only ever here, in memory, and only as long as their owner has jobs; after a
/// restart a job waits for its author's next visit. What was sent and not clearly answered is sent again later, after the
/// upstream was asked whether it is there (`ExchangeMachine`).
///
/// An author's jobs are sent in the order they came; the authors take turns. Every event takes constant time, but for the
/// logarithm of how many jobs pause: a store may hold a hundred thousand jobs whose authors are away.
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
        /// From now on report `visited` when somebody of this name comes by.
        case expect(String)
        /// Nobody of this name is waited for any more.
        case expectNoMore(String)
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

        /// - Parameters:
        ///   - outcome: of the exchange that it was sent by, as are `status` and `reason`.
        ///   - record: the id in the answer, where there is one.
        ///   - began: when it was sent.
        package init(outcome: WriteOutcome?, status: Int, reason: Reason, record: String?, began: WallTime) {
            switch outcome {
            case .committed: self = .written(record)
            case .unknown: self = .unclear(since: began)
            case .rejected where status == 401 || status == 403: self = .unauthorized
            // 408 and 429 are about the moment (RFC 9110 §15.5.9, RFC 6585 §4).
            case .rejected
            where (400..<500).contains(status) && reason == .exchangeAnswered && status != 408 && status != 429:
                self = .refused(status)
            case .rejected, .notSent, .none: self = .notDone
            }
        }
    }

    private enum State: Sendable {
        /// Stands in its author's line.
        case waiting
        case sending(Sender)
        /// Stands in the agenda.
        case pausing
        /// Stands in the agenda where the store is to be told again.
        case ending(OutboxEnding)
    }

    private struct Entry: Sendable {
        var job: OutboxJob
        var state = State.waiting
        var settled: Moment
        /// Tries in a row that came to nothing.
        var failures = 0
    }

    private struct Author: Sendable {
        /// As the last job that came knows it.
        var name: String
        var credential: [UInt8]?
        /// All that have not ended.
        var jobs = 0
        var line = Line<OutboxJob.ID>()
        /// Stands among those who are next.
        var isNext = false
        /// Nothing can be sent before the author comes by.
        var isExpected = false
    }

    /// Pauses between two tries of one job.
    private static let pause = (base: TimeSpan.seconds(1), maximum: TimeSpan.seconds(60))

    /// Jobs sent at once.
    private let concurrency: Int
    private var settle: TimeSpan
    private var account: [UInt8]?

    private var entries: [OutboxJob.ID: Entry] = [:]
    /// By id.
    private var authors: [String: Author] = [:]
    /// Ids of authors with jobs in line that can be sent, in turn.
    private var turns = Line<String>()
    private var agenda = Agenda<OutboxJob.ID>()
    /// Ids of the authors who are waited for, by name.
    private var expected: [String: [String]] = [:]
    private var sending = 0
    private var waitingForAuthors = 0

    /// - Parameters:
    ///   - settle: how long a record that was sent may still turn up.
    ///   - account: `user:password` as the value of Authorization; `nil`: jobs wait for their authors.
    package init(concurrency: Int = 2, settle: TimeSpan, account: [UInt8]? = nil) {
        self.concurrency = concurrency
        self.settle = settle
        self.account = account
    }

    // MARK: What happens

    package mutating func reconfigure(settle: TimeSpan, account: [UInt8]?) -> [Action] {
        self.settle = settle
        self.account = account
        var actions: [Action] = []
        for id in authors.keys { place(id, &actions) }
        return actions + next()
    }

    /// Jobs of an earlier process.
    ///
    /// - Parameter now: one of them may have been sent until just before.
    package mutating func load(_ jobs: [OutboxJob], now: Moment) -> [Action] {
        var actions: [Action] = []
        for job in jobs {
            insert(job, settled: job.firstTry == nil ? now : now.advanced(by: settle), &actions)
            place(job.author.id, &actions)
        }
        return actions + next()
    }

    /// A new job, put in the store.
    ///
    /// - Parameter credential: the author's; the value of Authorization.
    package mutating func add(_ job: OutboxJob, credential: [UInt8], now: Moment) -> [Action] {
        var actions: [Action] = []
        insert(job, settled: now, &actions)
        authors[job.author.id]?.credential = credential
        place(job.author.id, &actions)
        return actions + next()
    }

    /// Somebody of that name came by. Whether the credential is the author's is found out when it is used.
    package mutating func visited(name: String, credential: [UInt8]) -> [Action] {
        var actions: [Action] = []
        for id in expected[name] ?? [] {
            authors[id]?.credential = credential
            place(id, &actions)
        }
        return actions + next()
    }

    /// - Parameter jitter: drawn from 0...1, for the pause should there be one.
    package mutating func sent(_ id: OutboxJob.ID, _ result: Result, now: Moment, jitter: Double) -> [Action] {
        guard let entry = entries[id], case .sending(let sender) = entry.state else { return [] }
        sending -= 1
        var actions: [Action] = []
        switch result {
        case .written(let record): actions = end(id, .written(record))
        case .refused(let status): actions = end(id, .refused(status))
        case .unauthorized:
            switch sender {
            case .author(let used):
                let author = entry.job.author.id
                // They may have come by with others meanwhile.
                if authors[author]?.credential == used { authors[author]?.credential = nil }
                wait(id, &actions)
            case .account: pause(id, now: now, jitter: jitter)
            }
        case .unclear(let since):
            entries[id]?.job.firstTry = entry.job.firstTry ?? since
            entries[id]?.settled = now.advanced(by: settle)
            pause(id, now: now, jitter: jitter)
        case .notDone: pause(id, now: now, jitter: jitter)
        }
        return actions + next()
    }

    /// The store has noted the end of a job, or could not: then it is told again. The job is not sent again either way.
    package mutating func ended(_ id: OutboxJob.ID, isKept: Bool, now: Moment) -> [Action] {
        guard let entry = entries[id], case .ending = entry.state else { return [] }
        guard isKept else {
            agenda.add(id, at: now.advanced(by: Self.pause.base))
            return []
        }
        entries[id] = nil
        let author = entry.job.author.id
        authors[author]?.jobs -= 1
        if authors[author]?.isExpected ?? false { waitingForAuthors -= 1 }
        guard authors[author]?.jobs == 0 else { return [] }
        var actions: [Action] = []
        expect(author, false, &actions)
        authors[author] = nil
        return actions
    }

    /// Pauses may be over.
    package mutating func tick(now: Moment) -> [Action] {
        var actions: [Action] = []
        while let id = agenda.next(now) {
            switch entries[id]?.state {
            case .pausing: wait(id, &actions)
            case .ending(let ending): actions.append(.end(id, ending))
            case .waiting, .sending, nil: continue
            }
        }
        return actions + next()
    }

    // MARK: What may be asked

    /// When `tick` is wanted next.
    package var due: Moment { agenda.due }
    package var count: Int { entries.count }
    /// Jobs under way.
    package var sendingCount: Int { sending }
    /// Jobs that can't be sent before their author comes by.
    package var waitingForAuthor: Int { waitingForAuthors }

    // MARK: Steps

    private mutating func insert(_ job: OutboxJob, settled: Moment, _ actions: inout [Action]) {
        guard entries[job.id] == nil else { return }
        entries[job.id] = Entry(job: job, settled: settled)
        let id = job.author.id
        if authors[id]?.isExpected ?? false { waitingForAuthors += 1 }
        authors[id, default: Author(name: job.author.name)].jobs += 1
        authors[id]?.line.append(job.id)
        guard let author = authors[id], author.name != job.author.name else { return }
        // They have another name by now, and come by under that.
        expect(id, false, &actions)
        authors[id]?.name = job.author.name
    }

    private mutating func end(_ id: OutboxJob.ID, _ ending: OutboxEnding) -> [Action] {
        entries[id]?.state = .ending(ending)
        return [.end(id, ending)]
    }

    private mutating func wait(_ id: OutboxJob.ID, _ actions: inout [Action]) {
        guard let author = entries[id]?.job.author.id else { return }
        entries[id]?.state = .waiting
        authors[author]?.line.append(id)
        place(author, &actions)
    }

    /// Lets an author have turns where something can be sent, and is waited for where not.
    private mutating func place(_ id: String, _ actions: inout [Action]) {
        guard let author = authors[id] else { return }
        let canSend = author.credential != nil || account != nil
        expect(id, !canSend, &actions)
        guard canSend, !author.isNext, !author.line.isEmpty else { return }
        authors[id]?.isNext = true
        turns.append(id)
    }

    private mutating func expect(_ id: String, _ isExpected: Bool, _ actions: inout [Action]) {
        guard let author = authors[id], author.isExpected != isExpected else { return }
        authors[id]?.isExpected = isExpected
        waitingForAuthors += isExpected ? author.jobs : -author.jobs
        if isExpected {
            expected[author.name, default: []].append(id)
            if expected[author.name]?.count == 1 { actions.append(.expect(author.name)) }
        } else {
            expected[author.name]?.removeAll { $0 == id }
            guard expected[author.name]?.isEmpty ?? false else { return }
            expected[author.name] = nil
            actions.append(.expectNoMore(author.name))
        }
    }

    private mutating func next() -> [Action] {
        var actions: [Action] = []
        while sending < concurrency, let author = turns.popFirst() {
            authors[author]?.isNext = false
            let sender: Sender
            if let own = authors[author]?.credential {
                sender = .author(own)
            } else if let account {
                sender = .account(account)
            } else {
                continue
            }
            guard let id = authors[author]?.line.popFirst(), entries[id] != nil else { continue }
            sending += 1
            entries[id]?.state = .sending(sender)
            entries[id]?.job.tries += 1
            if let entry = entries[id] { actions.append(.send(entry.job, sender, settled: entry.settled)) }
            place(author, &actions)
        }
        return actions
    }

    /// Full jitter over a ceiling that doubles.
    private mutating func pause(_ id: OutboxJob.ID, now: Moment, jitter: Double) {
        guard var entry = entries[id] else { return }
        entry.failures += 1
        entry.state = .pausing
        entries[id] = entry
        let ceiling = min(
            Self.pause.base.nanoseconds << Int64(min(entry.failures, 6)), Self.pause.maximum.nanoseconds)
        let span = TimeSpan(nanoseconds: max(100_000_000, Int64(Double(ceiling) * jitter)))
        agenda.add(id, at: now.advanced(by: span))
    }
}

/// First in, first out, in constant time.
private struct Line<Element: Sendable>: Sendable {
    private var elements: [Element?] = []
    private var first = 0

    var isEmpty: Bool { first == elements.count }

    mutating func append(_ element: Element) { elements.append(element) }

    mutating func popFirst() -> Element? {
        guard first < elements.count else { return nil }
        let element = elements[first]
        elements[first] = nil
        first += 1
        if first > 16, first > elements.count / 2 {
            elements.removeFirst(first)
            first = 0
        }
        return element
    }
}

/// What is to happen when: a binary heap.
private struct Agenda<Element: Sendable>: Sendable {
    private var items: [(at: Moment, element: Element)] = []

    var due: Moment { items.first?.at ?? .distantFuture }

    mutating func add(_ element: Element, at moment: Moment) {
        items.append((moment, element))
        var place = items.count - 1
        while place > 0, items[place].at < items[(place - 1) / 2].at {
            items.swapAt(place, (place - 1) / 2)
            place = (place - 1) / 2
        }
    }

    /// Takes one whose time has come.
    mutating func next(_ now: Moment) -> Element? {
        guard let first = items.first, first.at <= now else { return nil }
        let last = items.removeLast()
        guard !items.isEmpty else { return first.element }
        items[0] = last
        var place = 0
        while true {
            var least = place
            for child in [2 * place + 1, 2 * place + 2] where child < items.count && items[child].at < items[least].at {
                least = child
            }
            guard least != place else { return first.element }
            items.swapAt(place, least)
            place = least
        }
    }
}
