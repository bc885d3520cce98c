import StentAudit
import StentExchange
import StentModel
import Testing

@Suite struct OutboxMachineTests {
    private let now = Moment(nanoseconds: 1_000_000_000_000)
    private let own = Array("Basic own".utf8)
    private let account = Array("Basic account".utf8)

    private func later(_ seconds: Int64) -> Moment { now.advanced(by: .seconds(seconds)) }

    private func machine(concurrency: Int = 2, account: [UInt8]? = nil) -> OutboxMachine {
        OutboxMachine(concurrency: concurrency, settle: .seconds(20), account: account)
    }

    private func job(_ id: String, by author: String = "33", name: String? = nil, firstTry: WallTime? = nil)
        -> OutboxJob
    {
        OutboxJob(
            id: id, created: WallTime(nanoseconds: 1), author: Principal(id: author, name: name ?? "staff\(author)"),
            target: "/notes", content: [], twin: [], firstTry: firstTry)
    }

    /// What is asked for, without the facts.
    private func told(_ actions: [OutboxMachine.Action]) -> [String] {
        actions.map { action in
            switch action {
            case .send(let job, let sender, _):
                "send \(job.id) as \(String(decoding: sender.authorization, as: UTF8.self))"
            case .end(let id, .written(let record)): "end \(id) as \(record ?? "?")"
            case .end(let id, .refused(let status)): "end \(id) as \(status)"
            case .expect(let name): "expect \(name)"
            case .expectNoMore(let name): "expect \(name) no more"
            }
        }
    }

    @Test(arguments: [
        (WriteOutcome?.some(.committed), 201, Reason.exchangeAnswered, OutboxMachine.Result.written("81")),
        (.unknown, 502, .resendUnverified, .unclear(since: WallTime(nanoseconds: 5))),
        (.unknown, 500, .upstreamStatus, .unclear(since: WallTime(nanoseconds: 5))),
        (.rejected, 401, .exchangeAnswered, .unauthorized), (.rejected, 403, .exchangeAnswered, .unauthorized),
        (.rejected, 422, .exchangeAnswered, .refused(422)), (.rejected, 404, .exchangeAnswered, .refused(404)),
        (.rejected, 408, .exchangeAnswered, .notDone), (.rejected, 429, .exchangeAnswered, .notDone),
        (.rejected, 429, .admissionRateLimited, .notDone), (.rejected, 502, .resendNotDone, .notDone),
        (.notSent, 503, .breakerOpen, .notDone), (nil, 0, .exchangeInternal, .notDone),
    ])
    func `what came of sending a job is told by how the exchange ended`(
        outcome: WriteOutcome?, status: Int, reason: Reason, result: OutboxMachine.Result
    ) {
        #expect(
            OutboxMachine.Result(
                outcome: outcome, status: status, reason: reason, record: "81", began: WallTime(nanoseconds: 5))
                == result)
    }

    @Test func `a new job is sent at once, with its author's credentials`() {
        var machine = machine()
        #expect(told(machine.add(job("a"), credential: own, now: now)) == ["send a as Basic own"])
        #expect(machine.count == 1)
        #expect(machine.sendingCount == 1)
        #expect(machine.waitingForAuthor == 0)
        #expect(machine.due == .distantFuture)
    }

    @Test func `what was written is ended, and forgotten once the store knows`() {
        var machine = machine()
        _ = machine.add(job("a"), credential: own, now: now)
        #expect(machine.sent("a", .written("7"), now: now, jitter: 1) == [.end("a", .written("7"))])
        #expect(machine.count == 1)
        #expect(machine.sendingCount == 0)
        #expect(machine.ended("a", isKept: true, now: now) == [])
        #expect(machine.count == 0)
    }

    @Test func `an end that the store could not note is told again, and the job is not sent again`() {
        var machine = machine()
        _ = machine.add(job("a"), credential: own, now: now)
        _ = machine.sent("a", .refused(422), now: now, jitter: 1)
        #expect(machine.ended("a", isKept: false, now: now) == [])
        #expect(machine.due == later(1))
        #expect(machine.tick(now: later(1)) == [.end("a", .refused(422))])
        #expect(machine.due == .distantFuture)
        #expect(machine.ended("a", isKept: true, now: later(1)) == [])
        #expect(machine.count == 0)
    }

    @Test func `what the upstream refuses is ended as refused`() {
        var machine = machine()
        _ = machine.add(job("a"), credential: own, now: now)
        #expect(machine.sent("a", .refused(422), now: now, jitter: 1) == [.end("a", .refused(422))])
    }

    @Test func `what was not done is sent again after a pause that grows`() {
        var machine = machine()
        _ = machine.add(job("a"), credential: own, now: now)
        var moment = now
        for pause in [2, 4, 8, 16, 32, 60, 60] as [Int64] {
            #expect(machine.sent("a", .notDone, now: moment, jitter: 1) == [])
            #expect(machine.due == moment.advanced(by: .seconds(pause)))
            #expect(machine.tick(now: moment.advanced(by: .seconds(pause - 1))) == [])
            moment = machine.due
            #expect(told(machine.tick(now: moment)) == ["send a as Basic own"])
        }
        _ = machine.sent("a", .notDone, now: moment, jitter: 0)
        #expect(machine.due == moment.advanced(by: .milliseconds(100)))
    }

    @Test func `what is unclear is looked for before it is sent again, and not before it has settled`() {
        var machine = machine()
        let first = WallTime(nanoseconds: 77)
        _ = machine.add(job("a"), credential: own, now: now)
        _ = machine.sent("a", .unclear(since: first), now: later(1), jitter: 0)
        guard case .send(let job, _, let settled)? = machine.tick(now: later(2)).first else {
            Issue.record("it is not sent again")
            return
        }
        #expect(job.firstTry == first)
        #expect(job.tries == 2)
        #expect(settled == later(21))
        // The first time it was sent stays the first.
        _ = machine.sent("a", .unclear(since: WallTime(nanoseconds: 99)), now: later(3), jitter: 0)
        guard case .send(let again, _, later(23))? = machine.tick(now: later(4)).first else {
            Issue.record("it is not sent a third time")
            return
        }
        #expect(again.firstTry == first)
    }

    @Test func `a job of an earlier process waits for its author, and what was sent has to settle`() {
        var machine = machine()
        let jobs = [job("a", firstTry: WallTime(nanoseconds: 5)), job("b")]
        #expect(told(machine.load(jobs, now: now)) == ["expect staff33"])
        #expect(machine.waitingForAuthor == 2)
        let actions = machine.visited(name: "staff33", credential: own)
        #expect(told(actions) == ["expect staff33 no more", "send a as Basic own", "send b as Basic own"])
        let settled = actions.compactMap { if case .send(_, _, let settled) = $0 { settled } else { nil } }
        #expect(settled == [later(20), now])
        #expect(machine.waitingForAuthor == 0)
    }

    @Test func `a job that is read from the store and comes by itself as well is one`() {
        var machine = machine()
        _ = machine.add(job("a"), credential: own, now: now)
        #expect(machine.load([job("a")], now: now) == [])
        #expect(machine.count == 1)
        var other = self.machine()
        _ = other.load([job("a")], now: now)
        #expect(
            told(other.add(job("a"), credential: own, now: now)) == ["expect staff33 no more", "send a as Basic own"])
        #expect(other.count == 1)
    }

    @Test func `a visit of somebody who is not waited for does nothing`() {
        var machine = machine()
        #expect(machine.visited(name: "staff1", credential: own) == [])
        _ = machine.load([job("a")], now: now)
        #expect(machine.visited(name: "staff1", credential: own) == [])
        #expect(machine.waitingForAuthor == 1)
    }

    @Test func `credentials that are not the author's are forgotten, and the author is waited for`() {
        var machine = machine()
        _ = machine.load([job("a")], now: now)
        _ = machine.visited(name: "staff33", credential: Array("Basic wrong".utf8))
        #expect(told(machine.sent("a", .unauthorized, now: now, jitter: 1)) == ["expect staff33"])
        #expect(machine.due == .distantFuture)
        #expect(told(machine.visited(name: "staff33", credential: own)).last == "send a as Basic own")
    }

    @Test func `newer credentials are not forgotten for older ones that were refused`() {
        var machine = machine(concurrency: 1)
        _ = machine.add(job("a"), credential: Array("Basic old".utf8), now: now)
        _ = machine.add(job("b"), credential: own, now: now)
        #expect(told(machine.sent("a", .unauthorized, now: now, jitter: 1)) == ["send b as Basic own"])
        #expect(machine.waitingForAuthor == 0)
    }

    @Test func `a service account writes where the author is away`() {
        var machine = machine(account: account)
        #expect(told(machine.load([job("a")], now: now)) == ["send a as Basic account"])
        #expect(told(machine.add(job("b"), credential: own, now: now)) == ["send b as Basic own"])
        #expect(machine.waitingForAuthor == 0)
    }

    @Test func `the service account steps in where the author's credentials are refused`() {
        var machine = machine(account: account)
        _ = machine.add(job("a"), credential: own, now: now)
        #expect(told(machine.sent("a", .unauthorized, now: now, jitter: 1)) == ["send a as Basic account"])
        // Nobody has better ones than that: it is tried again later.
        #expect(machine.sent("a", .unauthorized, now: now, jitter: 1) == [])
        #expect(machine.due == later(2))
    }

    @Test func `a service account that comes or goes with new settings changes who is waited for`() {
        var machine = machine(concurrency: 1)
        _ = machine.load([job("a"), job("b")], now: now)
        #expect(
            told(machine.reconfigure(settle: .seconds(1), account: account))
                == ["expect staff33 no more", "send a as Basic account"])
        #expect(told(machine.reconfigure(settle: .seconds(1), account: nil)) == ["expect staff33"])
        #expect(told(machine.sent("a", .written(nil), now: now, jitter: 1)) == ["end a as ?"])
        #expect(machine.waitingForAuthor == 2)
        #expect(machine.ended("a", isKept: true, now: now) == [])
        #expect(machine.waitingForAuthor == 1)
    }

    @Test func `an author's jobs are sent in the order they came, and authors take turns`() {
        var machine = machine(concurrency: 1)
        for id in ["a1", "a2", "a3"] { _ = machine.add(job(id, by: "1"), credential: own, now: now) }
        _ = machine.add(job("b1", by: "2"), credential: own, now: now)
        var sent = ["a1"]
        while sent.count < 4 {
            let actions = machine.sent(sent[sent.count - 1], .written(nil), now: now, jitter: 1)
            sent += actions.compactMap { if case .send(let job, _, _) = $0 { job.id } else { nil } }
        }
        #expect(sent == ["a1", "a2", "b1", "a3"])
    }

    @Test func `no more are sent at once than are allowed`() {
        var machine = machine(concurrency: 2)
        for number in 0..<5 { _ = machine.add(job("\(number)"), credential: own, now: now) }
        #expect(machine.sendingCount == 2)
        #expect(machine.count == 5)
    }

    @Test func `an author is waited for under the name that they were known by last`() {
        var machine = machine()
        _ = machine.load([job("a", by: "1", name: "anna"), job("b", by: "1", name: "anna maria")], now: now)
        #expect(machine.visited(name: "anna", credential: own) == [])
        #expect(machine.waitingForAuthor == 2)
        #expect(told(machine.visited(name: "anna maria", credential: own)).count == 3)
    }

    @Test func `of two authors of one name each gets the visit`() {
        var machine = machine()
        #expect(
            told(machine.load([job("a", by: "1", name: "anna"), job("b", by: "2", name: "anna")], now: now))
                == ["expect anna"])
        #expect(
            told(machine.visited(name: "anna", credential: own))
                == ["expect anna no more", "send a as Basic own", "send b as Basic own"])
        #expect(told(machine.sent("b", .unauthorized, now: now, jitter: 1)) == ["expect anna"])
    }

    @Test func `nobody's credentials are kept longer than they have jobs`() {
        var machine = machine()
        _ = machine.add(job("a"), credential: own, now: now)
        _ = machine.sent("a", .written(nil), now: now, jitter: 1)
        _ = machine.ended("a", isKept: true, now: now)
        #expect(told(machine.load([job("b")], now: now)) == ["expect staff33"])
    }

    @Test func `what is reported of a job that is not under way changes nothing`() {
        var machine = machine()
        #expect(machine.sent("x", .written(nil), now: now, jitter: 1) == [])
        #expect(machine.ended("x", isKept: true, now: now) == [])
        _ = machine.load([job("a")], now: now)
        #expect(machine.sent("a", .written(nil), now: now, jitter: 1) == [])
        #expect(machine.ended("a", isKept: true, now: now) == [])
        #expect(machine.count == 1)
    }

    @Test func `twenty thousand jobs whose authors are away cost no time`() {
        var machine = machine()
        let jobs = (0..<20_000).map { job("\($0)", by: "\($0 % 1_000)") }
        #expect(machine.load(jobs, now: now).count == 1_000)
        #expect(machine.waitingForAuthor == 20_000)
        for number in 0..<1_000 {
            let id = "new-\(number)"
            _ = machine.add(job(id, by: "me"), credential: own, now: now)
            _ = machine.sent(id, .written(nil), now: now, jitter: 1)
            _ = machine.ended(id, isKept: true, now: now)
            _ = machine.tick(now: now)
        }
        #expect(machine.count == 20_000)
    }

    @Test(arguments: UInt64(0)..<300)
    func `a job ends as exactly one record, whenever the process crashes`(seed: UInt64) {
        var simulation = OutboxSimulation(seed: seed)
        simulation.run(400)
        #expect(simulation.violations == [], "seed \(seed)")
        #expect(simulation.crashes > 0)
    }
}
