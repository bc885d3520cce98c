import StentExchange
import StentModel
import Testing

@Suite struct OutboxBacklogTests {
    private let credential = Array("Basic own".utf8)

    private func job(_ id: String, twin: UInt8 = 0, bytes: Int = 0) -> OutboxJob {
        OutboxJob(
            id: id, created: WallTime(nanoseconds: 1), author: Principal(id: "33", name: ""), target: "",
            content: [UInt8](repeating: 0x78, count: bytes), twin: twin == 0 ? Array(id.utf8) : [twin])
    }

    @Test func `what the store could not take is put in again, oldest first, one at a time`() {
        var backlog = OutboxBacklog()
        #expect(backlog.next() == nil)
        #expect(backlog.keep(job("a"), credential: credential) == .kept("a"))
        #expect(backlog.keep(job("b"), credential: credential) == .kept("b"))
        #expect(backlog.next() == job("a"))
        #expect(backlog.next() == nil)
        #expect(backlog.put("a", .unavailable) == .again)
        #expect(backlog.next() == job("a"))
        #expect(backlog.put("a", .stored) == .stored(.init(job: job("a"), credential: credential)))
        #expect(backlog.count == 1)
        #expect(backlog.next() == job("b"))
    }

    @Test func `a client who asks again is told of the job that waits, until the answer was delivered`() {
        var backlog = OutboxBacklog()
        _ = backlog.keep(job("a", twin: 7), credential: credential)
        #expect(backlog.twin(of: job("b", twin: 7)) == "a")
        #expect(backlog.keep(job("b", twin: 7), credential: credential) == .kept("a"))
        let isDelivered = backlog.deliver("a")
        #expect(isDelivered)
        #expect(backlog.twin(of: job("c", twin: 7)) == nil)
        #expect(backlog.keep(job("c", twin: 7), credential: credential) == .kept("c"))
        let isHere = backlog.deliver("x")
        #expect(!isHere)
        _ = backlog.next()
        #expect(
            backlog.put("a", .stored)
                == .stored(.init(job: job("a", twin: 7), credential: credential, isDelivered: true)))
    }

    @Test func `a job whose first try was carried out after all is stored`() {
        var backlog = OutboxBacklog()
        _ = backlog.keep(job("a"), credential: credential)
        _ = backlog.next()
        #expect(backlog.put("a", .known("a")) == .stored(.init(job: job("a"), credential: credential)))
    }

    @Test func `a job that is one of before is no second one`() {
        var backlog = OutboxBacklog()
        _ = backlog.keep(job("a"), credential: credential)
        _ = backlog.next()
        #expect(backlog.put("a", .known("z")) == .known("z", .init(job: job("a"), credential: credential)))
        #expect(backlog.count == 0)
    }

    @Test func `more jobs or bytes than there is room for are not kept`() {
        var backlog = OutboxBacklog(jobs: 2, bytes: 2_000)
        #expect(backlog.keep(job("a", bytes: 900), credential: credential) == .kept("a"))
        #expect(backlog.keep(job("b", bytes: 900), credential: credential) == .full)
        #expect(backlog.keep(job("c"), credential: credential) == .kept("c"))
        #expect(backlog.keep(job("d"), credential: credential) == .full)
        _ = backlog.next()
        _ = backlog.put("a", .stored)
        #expect(backlog.keep(job("b", bytes: 900), credential: credential) == .kept("b"))
    }

    @Test func `at the end all that waits is handed over, and an answer that comes late changes nothing`() {
        var backlog = OutboxBacklog()
        _ = backlog.keep(job("a"), credential: credential)
        _ = backlog.next()
        #expect(backlog.empty().map(\.job.id) == ["a"])
        #expect(backlog.count == 0)
        #expect(backlog.put("a", .stored) == .again)
    }
}
