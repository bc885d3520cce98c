import Foundation
import GRDB
import StentExchange
import StentModel
import StentStore
import Testing

/// A database that can't be used: whoever begins is refused, and it recovers by itself.
@Suite struct IdempotencyDamageTests {
    private let directory: StateDirectory
    private let scope = IdempotencyScope.numbered(7)

    init() throws { directory = try StateDirectory() }

    @Test func `a file that is no database is moved aside, a new one is begun, and it is said`() async throws {
        try Data(repeating: 0x5A, count: 8_192).write(to: URL(fileURLWithPath: directory.database))
        let log = KeyLog()
        let store = try directory.store(log: log)
        let status = await log.next { if case .replaced = $0 { true } else { false } }
        guard case .replaced(let moved, _)? = status else { return }
        #expect(moved.contains("/idempotency.sqlite.corrupt-"))
        #expect(FileManager.default.contents(atPath: moved)?.count == 8_192)
        #expect(await store.begin(scope) == .first)
        store.close()
    }

    @Test func `what is in flight outlives damage that is met while running`() async throws {
        let log = KeyLog()
        let store = try directory.store(log: log)
        #expect(await store.begin(scope) == .first)
        await withTaskGroup(of: Void.self) { group in
            for number in 100..<2_000 { group.addTask { _ = await store.begin(.numbered(number)) } }
        }
        let disturber = try DatabaseQueue(path: directory.database)
        try await disturber.writeWithoutTransaction { try $0.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)") }
        // Everything but the first pages, which hold the schema.
        let handle = try #require(FileHandle(forUpdatingAtPath: directory.database))
        let size = try handle.seekToEnd()
        try handle.seek(toOffset: 8 * 4_096)
        try handle.write(contentsOf: Data(repeating: 0x5A, count: Int(size) - 8 * 4_096))
        // A change by somebody else makes the store read its pages anew.
        try await disturber.writeWithoutTransaction { try $0.execute(sql: "PRAGMA user_version = 7") }

        for number in 2_000..<2_100 { _ = await store.begin(.numbered(number)) }
        let status = await log.next { if case .replaced = $0 { true } else { false } }
        #expect(status != nil)
        #expect(await store.begin(scope) == .inFlight)
        #expect(await store.complete(scope, .created))
        #expect(await store.begin(scope) == .kept(.created))
        store.close()
        let next = try directory.store()
        #expect(await next.begin(scope) == .kept(.created))
        #expect(await next.begin(.numbered(100)) == .unknown(firstTry: .noon))
        next.close()
        // The handle stays open until here: closing it earlier would drop the locks of this process on the file.
        try handle.close()
    }

    @Test func `without its directory the store refuses, and works once it is there`() async throws {
        try FileManager.default.removeItem(atPath: directory.path)
        let log = KeyLog()
        let store = try directory.store(log: log)
        #expect(await store.begin(scope) == .unavailable)
        #expect(await log.next { if case .failing = $0 { true } else { false } } != nil)
        #expect(store.metrics.isFailing)
        try FileManager.default.createDirectory(atPath: directory.path, withIntermediateDirectories: true)
        #expect(await log.next { $0 == .recovered } == .recovered)
        #expect(await store.begin(scope) == .first)
        store.close()
    }

    @Test(.enabled(if: geteuid() != 0, "root may write everywhere"))
    func `in a directory that can't be written the store refuses`() async throws {
        chmod(directory.path, 0o500)
        defer { chmod(directory.path, 0o700) }
        let store = try directory.store()
        #expect(await store.begin(scope) == .unavailable)
        #expect(throws: IdempotencyStoreError.self) { try IdempotencyScopeKey(directory: directory.path) }
        store.close()
    }

    @Test func `an end that can't be written leaves the key unknown; one with nothing done is made up for`()
        async throws
    {
        let (completed, undone, other) = (scope, IdempotencyScope.numbered(8), IdempotencyScope.numbered(9))
        let log = KeyLog()
        let store = try directory.store(log: log)
        _ = await store.begin(completed)
        _ = await store.begin(undone)
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        let disturber = try DatabaseQueue(path: directory.database, configuration: configuration)
        try await disturber.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
        store.abandon(undone, .notDone, now: .noon)
        #expect(await store.complete(completed, .created) == false)
        #expect(await store.begin(other) == .unavailable)
        try await disturber.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
        #expect(await log.next { $0 == .recovered } == .recovered)
        #expect(await store.begin(completed) == .unknown(firstTry: .noon))
        #expect(await store.begin(undone) == .first)
        #expect(await store.begin(other) == .first)
        store.close()
        try disturber.close()
    }

    @Test func `a database of a newer stent is left alone`() async throws {
        let store = try directory.store()
        _ = await store.begin(scope)
        store.close()
        let newer = try DatabaseQueue(path: directory.database)
        try await newer.write { try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('9 from the future')") }
        try newer.close()
        let log = KeyLog()
        let next = try directory.store(log: log)
        #expect(await next.begin(scope) == .unavailable)
        guard case .failing(let error)? = await log.next(where: { _ in true }) else { return }
        #expect(error.operation == .migrate)
        next.close()
        #expect(try directory.names.contains { $0.contains("corrupt") } == false)
    }

    @Test func `only the owner can read what is kept`() async throws {
        let store = try directory.store()
        _ = await store.begin(scope)
        for name in try directory.names { #expect(try directory.mode(of: name) == 0o600, "\(name)") }
        store.close()
    }

    @Test func `the database is safe against power failure and gives space back`() async throws {
        let store = try directory.store()
        _ = await store.begin(scope)
        store.close()
        let reader = try DatabaseQueue(path: directory.database)
        let (journal, vacuum) = try await reader.read { database in
            (
                try String.fetchOne(database, sql: "PRAGMA journal_mode"),
                try Int.fetchOne(database, sql: "PRAGMA auto_vacuum")
            )
        }
        #expect(journal == "wal")
        #expect(vacuum == 2)
        try reader.close()
    }
}
