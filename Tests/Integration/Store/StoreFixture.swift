import Foundation
import GRDB
import StentStore
import Testing

/// What a store said, in order, to be awaited without polling.
final class StoreLog: Sendable {
    private let stream: AsyncStream<StoreStatus>
    private let continuation: AsyncStream<StoreStatus>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream() }

    var listener: @Sendable (StoreStatus) -> Void { { [continuation] in continuation.yield($0) } }

    /// The next status for which `matches` holds; those before it are passed over.
    func next(where matches: (StoreStatus) -> Bool) async -> StoreStatus? {
        for await status in stream where matches(status) { return status }
        return nil
    }

    /// Where the damaged file went.
    func replaced() async -> String? {
        guard case .replaced(let path, _)? = await next(where: { if case .replaced = $0 { true } else { false } })
        else {
            return nil
        }
        return path
    }

    func failing() async -> StoreError? {
        guard case .failing(let error)? = await next(where: { if case .failing = $0 { true } else { false } }) else {
            return nil
        }
        return error
    }

    func recovered() async { _ = await next { $0 == .recovered } }
}

/// Another process that has the database open.
final class Disturber: Sendable {
    private let queue: DatabaseQueue
    private let path: String

    init(_ path: String) throws {
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        configuration.busyMode = .timeout(10)
        queue = try DatabaseQueue(path: path, configuration: configuration)
        self.path = path
    }

    func run(_ sql: String) async throws { try await queue.writeWithoutTransaction { try $0.execute(sql: sql) } }

    func number(_ sql: String) async throws -> Int? {
        try await queue.writeWithoutTransaction { try Int.fetchOne($0, sql: sql) }
    }

    func strings(_ sql: String) async throws -> [String] {
        try await queue.writeWithoutTransaction { try String.fetchAll($0, sql: sql) }
    }

    /// Nobody else can write until `letGo`.
    func lock() async throws { try await run("BEGIN IMMEDIATE") }

    func letGo() async throws { try await run("ROLLBACK") }

    /// Spoils all but the first pages, which hold the schema, and makes others read their pages anew.
    ///
    /// - Returns: the handle, to be kept open: closing it would drop the locks of this process on the file.
    func spoil() async throws -> FileHandle {
        try await run("PRAGMA wal_checkpoint(TRUNCATE)")
        let handle = try #require(FileHandle(forUpdatingAtPath: path))
        let size = try handle.seekToEnd()
        let kept: UInt64 = 8 * 4_096
        #expect(size > kept)
        try handle.seek(toOffset: kept)
        try handle.write(contentsOf: Data(repeating: 0x5A, count: Int(size - min(size, kept))))
        try await run("PRAGMA user_version = 7")
        return handle
    }

    func close() throws { try queue.close() }
}

/// Holds a thread of a store's where it calls an answer, until it is let go.
final class Gatekeeper: Sendable {
    private let arrived = DispatchSemaphore(value: 0)
    private let opened = DispatchSemaphore(value: 0)

    /// Called on the store's thread.
    func hold() {
        arrived.signal()
        opened.wait()
    }

    /// Returns once the store's thread is held.
    func isHeld() async {
        await withCheckedContinuation { done in
            DispatchQueue.global().async {
                self.arrived.wait()
                done.resume()
            }
        }
    }

    func letGo() { opened.signal() }
}
