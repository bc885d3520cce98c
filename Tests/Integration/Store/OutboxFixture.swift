import Foundation
import StentExchange
import StentModel
import StentStore

extension StateDirectory {
    var outbox: String { path + "/outbox.sqlite" }

    func openOutbox(
        _ limits: OutboxLimits = OutboxLimits(OutboxSettings()), log: StoreLog = StoreLog()
    ) throws -> SQLiteOutbox {
        // The outbox's own sweeps use this clock: before everything that a test puts in.
        try SQLiteOutbox(directory: path, limits: limits, wallNanoseconds: { 0 }, onStatus: log.listener)
    }

    /// Whether a text stands in any of the files, the write-ahead logs among them.
    func holds(_ text: String) throws -> Bool {
        for name in try names where !name.hasSuffix("-shm") {
            let bytes = FileManager.default.contents(atPath: path + "/" + name) ?? Data()
            if bytes.range(of: Data(text.utf8)) != nil { return true }
        }
        return false
    }
}

extension OutboxJob {
    /// Job `number`, created so many seconds after noon, with a twin of its own unless another is given.
    static func numbered(_ number: Int, twin: Int? = nil, content: String = #"{"title":"x"}"#) -> OutboxJob {
        OutboxJob(
            id: "job-\(number)", created: .noon.later(seconds: Int64(number)),
            author: Principal(id: "33", name: "staff33"), target: "/notes", content: Array(content.utf8),
            twin: IdempotencyScope.numbered(twin ?? number).bytes)
    }
}

extension SQLiteOutbox {
    func put(_ job: OutboxJob, at now: WallTime = .noon) async -> OutboxPut {
        await withCheckedContinuation { answer in put(job, now: now) { answer.resume(returning: $0) } }
    }

    func begin(_ id: OutboxJob.ID, at now: WallTime = .noon) async -> Bool {
        await withCheckedContinuation { done in begin(id, now: now) { done.resume(returning: $0) } }
    }

    func end(_ id: OutboxJob.ID, _ ending: OutboxEnding, at now: WallTime = .noon) async -> Bool {
        await withCheckedContinuation { done in end(id, ending, now: now) { done.resume(returning: $0) } }
    }

    func pending() async -> [OutboxJob]? {
        await withCheckedContinuation { answer in pending { answer.resume(returning: $0) } }
    }

    func list(atMost count: Int) async -> [WaitingJob]? {
        await withCheckedContinuation { answer in list(atMost: count) { answer.resume(returning: $0) } }
    }

    func sweep(at now: WallTime) async {
        await withCheckedContinuation { done in sweep(now: now) { done.resume() } }
    }

    /// As a process that ends well.
    func close() { shutdown(within: .seconds(10)) }
}
