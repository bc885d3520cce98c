import Foundation
import StentExchange
import StentModel
import StentStore
import Testing

/// A database that can't be used makes the ledger know less, never something wrong.
@Suite(.timeLimit(.minutes(1))) struct OwnershipDamageTests {
    private let directory: StateDirectory

    init() throws { directory = try StateDirectory() }

    /// A store that says note 5 is 7's.
    private func storeOldOwner() throws {
        let ledger = try directory.ledger()
        ledger.learn([.note(5, "7")])
        ledger.close()
    }

    @Test func `a fact that can't be written outweighs the store until it is`() async throws {
        try storeOldOwner()
        let log = StoreLog()
        let ledger = try directory.ledger(.remembering(1), log: log)
        #expect(await ledger.find(.note(5)) == "7")
        let disturber = try Disturber(directory.ownership)
        try await disturber.lock()
        ledger.learn([.note(5, "9"), .note(6, nil)])
        #expect(await log.failing()?.operation == .write)
        #expect(await ledger.find(.note(5)) == "9")
        #expect(ledger.remembered(.note(5)) == "9")
        #expect(ledger.metrics.isFailing)
        try await disturber.letGo()
        await log.recovered()
        #expect(!ledger.metrics.isFailing)
        #expect(ledger.metrics.unwritten == 0)
        ledger.close()
        try disturber.close()
        let next = try directory.ledger()
        #expect(await next.find(.note(5)) == "9")
        next.close()
    }

    @Test func `while somebody else writes, the store is still read, and reading is no recovery`() async throws {
        let first = try directory.ledger()
        first.learn((0..<10).map { .note($0, "7") })
        first.close()
        let log = StoreLog()
        let ledger = try directory.ledger(log: log)
        #expect(await ledger.find(.note(99)) == nil)  // the store is open
        let disturber = try Disturber(directory.ownership)
        try await disturber.lock()
        ledger.learn([.note(100, "9")])
        #expect(await log.failing() != nil)
        for id in 0..<10 { #expect(await ledger.find(.note(id)) == "7") }
        #expect(ledger.metrics.isFailing)
        try await disturber.letGo()
        await log.recovered()
        ledger.close()
        try disturber.close()
    }

    @Test func `when too many facts wait, the store counts no more until it has been emptied`() async throws {
        try storeOldOwner()
        let log = StoreLog()
        let ledger = try directory.ledger(.remembering(1, unwritten: 10), log: log)
        let disturber = try Disturber(directory.ownership)
        _ = await ledger.find(.note(1))  // the store is open
        try await disturber.lock()
        ledger.learn([.note(5, "9")])
        #expect(await log.failing() != nil)
        ledger.learn([.note(5, "8")])
        ledger.learn((100..<120).map { .note($0, "1") })
        #expect(ledger.metrics.overflows == 1)
        #expect(await ledger.find(.note(5)) == nil)
        try await disturber.letGo()
        await log.recovered()
        await ledger.settle()
        #expect(await ledger.find(.note(5)) == nil)
        ledger.learn([.note(6, "3")])
        ledger.close()
        #expect(try await disturber.number("SELECT count(*) FROM ownership WHERE id = '5'") == 0)
        #expect(try await disturber.number("SELECT count(*) FROM ownership WHERE id = '6'") == 1)
        try disturber.close()
    }

    @Test func `a file that is no database is moved aside, and the ledger learns anew`() async throws {
        try Data(repeating: 0x5A, count: 8_192).write(to: URL(fileURLWithPath: directory.ownership))
        let log = StoreLog()
        let ledger = try directory.ledger(log: log)
        let moved = try #require(await log.replaced())
        #expect(moved.contains("/ownership.sqlite.corrupt-"))
        #expect(await ledger.find(.note(5)) == nil)
        ledger.learn([.note(5, "9")])
        ledger.close()
        let next = try directory.ledger()
        #expect(await next.find(.note(5)) == "9")
        next.close()
    }

    @Test func `damage met while running costs knowledge, and no answer is wrong`() async throws {
        let log = StoreLog()
        let ledger = try directory.ledger(.remembering(1), log: log)
        ledger.learn((0..<5_000).map { .note($0, "owner \($0)") })
        await ledger.settle()
        let disturber = try Disturber(directory.ownership)
        let handle = try await disturber.spoil()
        for id in 0..<5_000 {
            let owner = await ledger.find(.note(id))
            #expect(owner == nil || owner == "owner \(id)")
        }
        #expect(await log.replaced() != nil)
        ledger.learn([.note(5, "9")])
        await ledger.settle()
        ledger.learn([.note(6, "9")])
        #expect(await ledger.find(.note(5)) == "9")
        ledger.close()
        try handle.close()
        try disturber.close()
    }

    @Test func `without its directory the ledger remembers, and writes once it is there`() async throws {
        try FileManager.default.removeItem(atPath: directory.path)
        let log = StoreLog()
        let ledger = try directory.ledger(log: log)
        ledger.learn([.note(5, "33")])
        #expect(await ledger.find(.note(5)) == "33")
        #expect(await ledger.find(.note(6)) == nil)
        #expect(await log.failing() != nil)
        try FileManager.default.createDirectory(atPath: directory.path, withIntermediateDirectories: true)
        await log.recovered()
        ledger.close()
        let next = try directory.ledger()
        #expect(await next.find(.note(5)) == "33")
        next.close()
    }
}
