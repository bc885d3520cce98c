import NIOCore
import StentExchange
import StentModel
import StentPolicy

/// Carries out what `OutboxMachine` decides, on one worker's loop.
final class OutboxRunner {
    /// How long reading the outbox is left alone after it failed.
    private static let readPause = TimeSpan.seconds(1)
    /// How long the store is left alone after it could not take a job.
    private static let putPause = TimeSpan.seconds(1)

    private let worker: Worker
    private let desk: OutboxDesk
    private let listener: OutboxListener
    private var machine: OutboxMachine
    private let timer = TimerNode()
    private let readTimer = TimerNode()
    private let putTimer = TimerNode()

    init(worker: Worker, desk: OutboxDesk, account: [UInt8]?, listener: OutboxListener) {
        self.worker = worker
        self.desk = desk
        self.listener = listener
        machine = OutboxMachine(settle: Self.settle(worker.snapshot), account: account)
        timer.fire = { [unowned self] now in run(machine.tick(now: now), now: now) }
        readTimer.fire = { [unowned self] _ in read() }
        putTimer.fire = { [desk] _ in desk.putAgain() }
    }

    /// The longest of all routes: a job is sent by any of them.
    private static func settle(_ snapshot: Snapshot) -> TimeSpan {
        TimeSpan(snapshot.settings.routes.compactMap(\.resend?.settle).max() ?? .zero)
    }

    func start() {
        read()
        desk.putAgain()
    }

    /// The jobs of an earlier process.
    private func read() {
        let bound = NIOLoopBound(self, eventLoop: worker.loop)
        let loop = worker.loop
        desk.outbox.pending { jobs in loop.execute { bound.value.loaded(jobs) } }
    }

    private func loaded(_ jobs: [OutboxJob]?) {
        let now = worker.now
        guard let jobs else { return worker.schedule(readTimer, due: now.advanced(by: Self.readPause)) }
        run(machine.load(jobs, now: now), now: now)
    }

    func putAgainLater() { worker.schedule(putTimer, due: worker.now.advanced(by: Self.putPause)) }

    func lost(_ id: OutboxJob.ID) { listener.onLost(id) }

    func reconfigure(account: [UInt8]?) {
        let now = worker.now
        run(machine.reconfigure(settle: Self.settle(worker.snapshot), account: account), now: now)
    }

    func add(_ job: OutboxJob, credential: [UInt8]) {
        let now = worker.now
        run(machine.add(job, credential: credential, now: now), now: now)
    }

    func visited(name: String, credential: [UInt8]) {
        run(machine.visited(name: name, credential: credential), now: worker.now)
    }

    private func run(_ actions: [OutboxMachine.Action], now: Moment) {
        for action in actions {
            switch action {
            case .send(let job, let sender, let settled): begin(job, sender, settled: settled)
            case .end(let id, let ending): end(id, ending, now: now)
            case .expect(let name): desk.expect(name)
            case .expectNoMore(let name): desk.expectNoMore(name)
            }
        }
        worker.schedule(timer, due: machine.due)
        desk.publish(
            waiting: machine.count, waitingForAuthor: machine.waitingForAuthor, sending: machine.sendingCount)
    }

    // MARK: One job

    /// That the credentials are the author's is certain before a word is written in the author's name.
    private func begin(_ job: OutboxJob, _ sender: OutboxMachine.Sender, settled: Moment) {
        switch sender {
        case .account: note(job, sender, settled: settled)
        case .author(let authorization):
            let question = IdentityQuestion(
                authorization: authorization, host: Self.host, client: .unknown, parent: Array(job.id.utf8))
            worker.identify(question, for: .write) { [self] answer in
                switch answer {
                case .known(let principal) where principal.id == job.author.id:
                    note(job, sender, settled: settled)
                case .known, .refused: sent(job.id, .unauthorized)
                case .unavailable: sent(job.id, .notDone)
                }
            }
        }
    }

    /// It must not be sent before it is certain that a later process will know that it was.
    private func note(_ job: OutboxJob, _ sender: OutboxMachine.Sender, settled: Moment) {
        let bound = NIOLoopBound(self, eventLoop: worker.loop)
        let loop = worker.loop
        desk.outbox.begin(job.id, now: worker.wallTime(at: worker.now)) { isKept in
            loop.execute {
                guard isKept else { return bound.value.sent(job.id, .notDone) }
                bound.value.send(job, sender, settled: settled)
            }
        }
    }

    private func send(_ job: OutboxJob, _ sender: OutboxMachine.Sender, settled: Moment) {
        let scope = IdempotencyScope(Array(job.id.utf8.filter { $0 != UInt8(ascii: "-") }))
        let earlier = scope.flatMap { scope in
            job.firstTry.map { OwnExchange.EarlierTry(first: $0, settled: settled, scope: scope) }
        }
        let request = OwnExchange.Request(
            target: Array(job.target.utf8), content: job.content, authorization: sender.authorization, host: Self.host,
            purpose: .record, parent: Array(job.id.utf8), client: .unknown, earlier: earlier)
        OwnExchange.make(request, on: worker) { [self] answer in
            sent(
                job.id,
                OutboxMachine.Result(
                    outcome: answer.outcome, status: answer.status, reason: answer.reason,
                    record: Self.recordID(answer.content), began: answer.began))
        }
    }

    /// Links in an answer that nobody reads lead nowhere.
    private static let host = Array("stent".utf8)

    private static func recordID(_ content: [UInt8]) -> String? {
        guard let document = try? JSONDocument(content) else { return nil }
        let id = document.root[name: "id"]
        return id?.number ?? id?.string
    }

    private func sent(_ id: OutboxJob.ID, _ result: OutboxMachine.Result) {
        let now = worker.now
        if case .refused(let status) = result { listener.onRefused(id, status) }
        run(machine.sent(id, result, now: now, jitter: worker.draw()), now: now)
    }

    private func end(_ id: OutboxJob.ID, _ ending: OutboxEnding, now: Moment) {
        let bound = NIOLoopBound(self, eventLoop: worker.loop)
        let loop = worker.loop
        desk.outbox.end(id, ending, now: worker.wallTime(at: now)) { isKept in
            loop.execute { bound.value.ended(id, isKept: isKept) }
        }
    }

    private func ended(_ id: OutboxJob.ID, isKept: Bool) {
        let now = worker.now
        run(machine.ended(id, isKept: isKept, now: now), now: now)
    }
}
