import Foundation
import StentExchange
import StentModel
import StentStore
import Synchronization
import Testing

/// Jobs in a real database. A second outbox on the same directory is what a restart makes.
@Suite struct OutboxStoreTests {
    private let directory: StateDirectory

    init() throws { directory = try StateDirectory() }

    @Test func `what was put in waits, in order of creation, across a restart`() async throws {
        let outbox = try directory.openOutbox()
        for number in [3, 1, 2] { #expect(await outbox.put(.numbered(number)) == .stored) }
        let jobs = [OutboxJob.numbered(1), .numbered(2), .numbered(3)]
        #expect(await outbox.pending() == jobs)
        outbox.close()
        let next = try directory.openOutbox()
        #expect(await next.pending() == jobs)
        next.close()
    }

    @Test func `a try is counted before it is made, and the first one's time stays`() async throws {
        let outbox = try directory.openOutbox()
        _ = await outbox.put(.numbered(1))
        #expect(await outbox.begin("job-1", at: .noon.later(seconds: 10)))
        #expect(await outbox.begin("job-1", at: .noon.later(seconds: 20)))
        outbox.close()
        let next = try directory.openOutbox()
        let job = try #require(await next.pending()?.first)
        #expect(job.firstTry == .noon.later(seconds: 10))
        #expect(job.tries == 2)
        next.close()
    }

    @Test func `a job that does not wait can't be begun`() async throws {
        let outbox = try directory.openOutbox()
        #expect(await outbox.begin("job-1") == false)
        _ = await outbox.put(.numbered(1))
        _ = await outbox.end("job-1", .written("7"))
        #expect(await outbox.begin("job-1") == false)
        outbox.close()
    }

    @Test(arguments: [OutboxEnding.written("7"), .written(nil), .refused(422)])
    func `a job that has ended waits no more, and its first ending counts`(_ ending: OutboxEnding) async throws {
        let outbox = try directory.openOutbox()
        _ = await outbox.put(.numbered(1))
        _ = await outbox.put(.numbered(2))
        #expect(await outbox.end("job-1", ending))
        #expect(await outbox.end("job-1", .refused(500)))
        #expect(await outbox.end("job-9", .refused(500)))
        #expect(await outbox.pending() == [.numbered(2)])
        let (written, refused) = if case .written = ending { (1, 0) } else { (0, 1) }
        #expect(outbox.metrics.jobs.written == written)
        #expect(outbox.metrics.jobs.refused == refused)
        outbox.close()
        let next = try directory.openOutbox()
        #expect(await next.pending() == [.numbered(2)])
        #expect(next.metrics.jobs.written == written)
        #expect(next.metrics.jobs.refused == refused)
        next.close()
    }

    @Test func `an equal job whose client may not have had the answer is the same job`() async throws {
        let outbox = try directory.openOutbox()
        _ = await outbox.put(.numbered(1, twin: 7))
        #expect(await outbox.put(.numbered(2, twin: 7, content: "{}")) == .known("job-1"))
        #expect(await outbox.put(.numbered(3, twin: 8)) == .stored)
        #expect(await outbox.pending() == [.numbered(1, twin: 7), .numbered(3, twin: 8)])
        outbox.close()
        let next = try directory.openOutbox()
        #expect(await next.put(.numbered(2, twin: 7)) == .known("job-1"))
        next.close()
    }

    @Test(arguments: [OutboxEnding.written("7"), .refused(404)])
    func `an equal job is the same also where that one has ended`(_ ending: OutboxEnding) async throws {
        let outbox = try directory.openOutbox()
        _ = await outbox.put(.numbered(1, twin: 7))
        _ = await outbox.end("job-1", ending)
        #expect(await outbox.put(.numbered(2, twin: 7)) == .known("job-1"))
        #expect(await outbox.pending() == [])
        outbox.close()
    }

    @Test func `once the client has had the answer, an equal job is another one`() async throws {
        let outbox = try directory.openOutbox()
        _ = await outbox.put(.numbered(1, twin: 7))
        outbox.delivered("job-1", now: .noon)
        #expect(await outbox.put(.numbered(2, twin: 7)) == .stored)
        #expect(await outbox.put(.numbered(3, twin: 7)) == .known("job-2"))
        outbox.close()
        let next = try directory.openOutbox()
        #expect(await next.put(.numbered(3, twin: 7)) == .known("job-2"))
        next.close()
    }

    @Test func `after an hour an equal job is another one, to the nanosecond`() async throws {
        let outbox = try directory.openOutbox()
        let hour = WallTime.noon.later(seconds: 3_600)
        _ = await outbox.put(.numbered(1, twin: 7), at: .noon)
        #expect(await outbox.put(.numbered(2, twin: 7), at: hour) == .known("job-1"))
        let later = WallTime(nanoseconds: hour.nanoseconds + 1)
        #expect(await outbox.put(.numbered(2, twin: 7), at: later) == .stored)
        outbox.close()
    }

    @Test func `a job that is put in twice is one`() async throws {
        let outbox = try directory.openOutbox()
        _ = await outbox.put(.numbered(1, twin: 7))
        outbox.delivered("job-1", now: .noon)
        #expect(await outbox.put(.numbered(1, twin: 8, content: "{}")) == .known("job-1"))
        #expect(await outbox.pending() == [.numbered(1, twin: 7)])
        outbox.close()
    }

    @Test func `of a hundred equal jobs at once one is stored`() async throws {
        let outbox = try directory.openOutbox()
        let answers = await withTaskGroup(of: OutboxPut.self) { group in
            for number in 0..<100 { group.addTask { await outbox.put(.numbered(number, twin: 7)) } }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(answers.count { $0 == .stored } == 1)
        #expect(await outbox.pending()?.count == 1)
        outbox.close()
    }

    @Test func `what waits is counted, and shown without its content, to a command beside the server too`()
        async throws
    {
        let outbox = try directory.openOutbox()
        for number in 1...4 { _ = await outbox.put(.numbered(number, content: "0123456789")) }
        _ = await outbox.begin("job-2", at: .noon.later(seconds: 60))
        _ = await outbox.end("job-1", .written("7"))
        _ = await outbox.end("job-3", .refused(422))
        var figures = OutboxFigures()
        figures.waiting = 2
        figures.waitingBytes = 20
        figures.oldestWaiting = .noon.later(seconds: 2)
        figures.written = 1
        figures.refused = 1
        #expect(outbox.metrics.jobs == figures)
        let list = try #require(await outbox.list(atMost: 10))
        #expect(list.map(\.id) == ["job-2", "job-4"])
        #expect(list[0].firstTry == .noon.later(seconds: 60))
        #expect(list[0].tries == 1)
        #expect(list[0].bytes == 10)
        #expect(await outbox.list(atMost: 1) == [list[0]])
        let file = try OutboxFile(directory: directory.path)
        #expect(try file.figures() == figures)
        #expect(try file.list(atMost: 10) == list)
        outbox.close()
        #expect(try file.list(atMost: 10) == list)
    }

    @Test func `after shutdown nothing is taken, and every caller hears it before the call returns`() async throws {
        let outbox = try directory.openOutbox()
        _ = await outbox.put(.numbered(1))
        outbox.close()
        let answers = Mutex(0)
        let count: @Sendable (Bool) -> Void = { isRefusal in answers.withLock { $0 += isRefusal ? 1 : 0 } }
        outbox.put(.numbered(2), now: .noon) { count($0 == .unavailable) }
        outbox.delivered("job-1", now: .noon)
        outbox.begin("job-1", now: .noon) { count(!$0) }
        outbox.end("job-1", .written(nil), now: .noon) { count(!$0) }
        outbox.pending { count($0 == nil) }
        outbox.list(atMost: 1) { count($0 == nil) }
        #expect(answers.withLock { $0 } == 5)
        outbox.close()
    }

    @Test func `what was asked for before shutdown is done`() async throws {
        let outbox = try directory.openOutbox()
        let stored = Mutex(0)
        for number in 0..<500 {
            outbox.put(.numbered(number), now: .noon) { put in stored.withLock { $0 += put == .stored ? 1 : 0 } }
        }
        outbox.close()
        #expect(stored.withLock { $0 } == 500)
        let next = try directory.openOutbox()
        #expect(await next.pending()?.count == 500)
        next.close()
    }
}
