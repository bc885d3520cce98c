import StentExchange
import StentModel

/// A shell that crashes at any step, a store that forgets nothing, and an upstream that carries things out late: each job
/// ends as exactly one record, or as none where the upstream refuses it.
struct OutboxSimulation {
    /// How far the shell is with an action.
    private enum Step {
        case begin(OutboxJob, OutboxMachine.Sender, settled: Moment)
        case send(OutboxJob, OutboxMachine.Sender, settled: Moment)
        case sent(OutboxJob.ID, OutboxMachine.Result)
        case end(OutboxJob.ID, OutboxEnding)
        case ended(OutboxJob.ID, isKept: Bool)
    }

    private struct Stored {
        var job: OutboxJob
        var ending: OutboxEnding?
    }

    private static let settle = TimeSpan.seconds(5)
    private static let authors = 4

    private var random: SeededRandom
    private var now = Moment(nanoseconds: 1_000)
    private let account: [UInt8]?
    private var machine: OutboxMachine
    private var steps: [Step] = []
    private var store: [OutboxJob.ID: Stored] = [:]
    private var order: [OutboxJob.ID] = []
    /// Names that the machine asked to hear of.
    private var expected: Set<String> = []

    // What the upstream holds, and is still about to do.
    private var records: [OutboxJob.ID: Int] = [:]
    private var late: [(id: OutboxJob.ID, at: Moment)] = []
    private var isCalm = false

    private(set) var violations: [String] = []
    private(set) var crashes = 0

    init(seed: UInt64) {
        random = SeededRandom(seed: seed)
        account = random.once(in: 3) ? Array("account".utf8) : nil
        machine = OutboxMachine(
            concurrency: Int(random.next() % 3) + 1, settle: Self.settle, account: account)
    }

    mutating func run(_ count: Int) {
        for _ in 0..<count where violations.isEmpty { happen() }
        isCalm = true
        for _ in 0..<10_000 where machine.count > 0 && violations.isEmpty {
            for author in 0..<Self.authors { visit(author, isRight: true) }
            while let step = steps.popLast() { carryOut(step) }
            pass(.seconds(1))
        }
        check(machine.count == 0, "\(machine.count) jobs wait for ever")
        check(machine.waitingForAuthor == 0 && machine.sendingCount == 0, "the gauges are not back at zero")
        check(expected.isEmpty, "somebody is waited for without a job")
        for (id, stored) in store {
            let isRefused = stored.ending == .refused(422)
            check(isRefused == Self.isRefused(id), "\(id) ended as \(stored.ending.map { "\($0)" } ?? "never")")
            check(records[id, default: 0] == (isRefused ? 0 : 1), "\(id) is \(records[id, default: 0]) records")
        }
    }

    private mutating func check(_ holds: Bool, _ rule: String) { if !holds { violations.append(rule) } }

    // MARK: What happens

    private mutating func happen() {
        switch random.next() % 12 {
        case 0: put()
        case 1: visit(Int(random.next() % UInt64(Self.authors)), isRight: !random.once(in: 3))
        case 2: if random.once(in: 4) { crash() }
        case 3...4: pass(.milliseconds(Int64(random.next() % 2_000)))
        case _:
            guard !steps.isEmpty else { return pass(.milliseconds(100)) }
            carryOut(steps.remove(at: Int(random.next() % UInt64(steps.count))))
        }
    }

    private static func isRefused(_ id: OutboxJob.ID) -> Bool { id.hasSuffix("7") }
    private static func credential(_ author: String) -> [UInt8] { Array("right \(author)".utf8) }

    private mutating func put() {
        let author = "\(random.next() % UInt64(Self.authors))"
        let id = "job-\(store.count)"
        let job = OutboxJob(
            id: id, created: wall, author: Principal(id: author, name: "name \(author)"), target: "/notes", content: [],
            twin: [])
        store[id] = Stored(job: job)
        order.append(id)
        guard !random.once(in: 10) else { return crash() }
        take(machine.add(job, credential: Self.credential(author), now: now))
    }

    private mutating func visit(_ author: Int, isRight: Bool) {
        let name = "name \(author)"
        guard expected.contains(name) else { return }
        take(machine.visited(name: name, credential: isRight ? Self.credential("\(author)") : Array("wrong".utf8)))
    }

    /// Only the store and the upstream outlive it.
    private mutating func crash() {
        crashes += 1
        steps = []
        expected = []
        machine = OutboxMachine(settle: Self.settle, account: account)
        let waiting = order.compactMap { store[$0] }.filter { $0.ending == nil }.map(\.job)
        take(machine.load(waiting, now: now))
    }

    private mutating func pass(_ span: TimeSpan) {
        now = now.advanced(by: span)
        for commit in late where commit.at <= now { records[commit.id, default: 0] += 1 }
        late.removeAll { $0.at <= now }
        if machine.due <= now {
            take(machine.tick(now: now))
            check(machine.due > now, "due again at once")
        }
    }

    private var wall: WallTime { WallTime(nanoseconds: now.nanoseconds) }

    // MARK: The shell

    private mutating func take(_ actions: [OutboxMachine.Action]) {
        for action in actions {
            switch action {
            case .send(let job, let sender, let settled): steps.append(.begin(job, sender, settled: settled))
            case .end(let id, let ending): steps.append(.end(id, ending))
            case .expect(let name): check(expected.insert(name).inserted, "\(name) is waited for twice")
            case .expectNoMore(let name): check(expected.remove(name) != nil, "\(name) was not waited for")
            }
        }
    }

    private mutating func carryOut(_ step: Step) {
        switch step {
        case .begin(let job, let sender, let settled):
            if sender == .author(Array("wrong".utf8)) { return steps.append(.sent(job.id, .unauthorized)) }
            if !isCalm, random.once(in: 6) { return steps.append(.sent(job.id, .notDone)) }
            check(store[job.id]?.ending == nil, "\(job.id) is sent after its end")
            let first = store[job.id]?.job.firstTry ?? wall
            store[job.id]?.job.firstTry = first
            steps.append(.send(job, sender, settled: settled))
        case .send(let job, _, let settled): send(job, settled: settled)
        case .sent(let id, let result):
            take(machine.sent(id, result, now: now, jitter: Double(random.next() % 1_000) / 1_000))
        case .end(let id, let ending):
            let isKept = isCalm || !random.once(in: 6)
            if isKept, store[id]?.ending == nil { store[id]?.ending = ending }
            steps.append(.ended(id, isKept: isKept))
        case .ended(let id, let isKept): take(machine.ended(id, isKept: isKept, now: now))
        }
    }

    /// What an exchange of stent's own does with it: look first where it was sent before, and only once nothing that was
    /// sent can turn up any more, send it.
    private mutating func send(_ job: OutboxJob, settled: Moment) {
        if job.firstTry != nil {
            if records[job.id] != nil { return steps.append(.sent(job.id, .written(nil))) }
            guard now >= settled else { return steps.append(.sent(job.id, .unclear(since: wall))) }
        }
        guard !Self.isRefused(job.id) else { return steps.append(.sent(job.id, .refused(422))) }
        switch isCalm ? 0 : random.next() % 4 {
        case 0, 1:
            records[job.id, default: 0] += 1
            steps.append(.sent(job.id, .written("1")))
        case 2: steps.append(.sent(job.id, .notDone))
        case _:
            if random.once(in: 2) {
                let delay = TimeSpan.milliseconds(Int64(random.next() % 5_000))
                late.append((job.id, now.advanced(by: delay)))
            }
            steps.append(.sent(job.id, .unclear(since: wall)))
        }
    }
}
