import Foundation
import StentExchange
import StentModel
import StentStore
import StentTestKit
import Synchronization
import Testing

/// Owners in memory and in a real database. A second ledger on the same directory is what a restart makes.
@Suite struct OwnershipLedgerTests {
    private let directory: StateDirectory

    init() throws { directory = try StateDirectory() }

    @Test func `what was learned is remembered at once`() throws {
        let ledger = try directory.ledger()
        #expect(ledger.remembered(.note(5)) == nil)
        ledger.learn([.note(5, "33"), .note(6, "7")])
        #expect(ledger.remembered(.note(5)) == "33")
        #expect(ledger.remembered(.note(6)) == "7")
        #expect(ledger.remembered(OwnedRecord(resource: "patient", id: "5")) == nil)
        ledger.close()
    }

    @Test func `what was learned outlives a restart, and is remembered once it was asked for`() async throws {
        let ledger = try directory.ledger()
        ledger.learn([.note(5, "33")])
        ledger.close()
        let next = try directory.ledger()
        #expect(next.remembered(.note(5)) == nil)
        #expect(await next.find(.note(5)) == "33")
        #expect(next.remembered(.note(5)) == "33")
        #expect(await next.find(.note(6)) == nil)
        #expect(next.metrics.rows == 1)
        #expect(next.metrics.finds == 2)
        #expect(next.metrics.misses == 1)
        next.close()
    }

    @Test func `the last fact about a record is the one that counts`() async throws {
        let ledger = try directory.ledger()
        for owner in 1...50 { ledger.learn([.note(5, String(owner))]) }
        await ledger.settle()
        ledger.learn([.note(5, "7")])
        #expect(await ledger.find(.note(5)) == "7")
        ledger.close()
        let next = try directory.ledger()
        #expect(await next.find(.note(5)) == "7")
        #expect(next.metrics.rows == 1)
        next.close()
    }

    @Test func `a record that is gone has no owner, and its row is removed`() async throws {
        let ledger = try directory.ledger()
        ledger.learn([.note(5, "33"), .note(6, "33")])
        await ledger.settle()
        #expect(ledger.metrics.rows == 2)
        ledger.learn([.note(5, nil)])
        #expect(ledger.remembered(.note(5)) == nil)
        #expect(await ledger.find(.note(5)) == nil)
        await ledger.settle()
        #expect(ledger.metrics.rows == 1)
        #expect(await ledger.find(.note(5)) == nil)
        ledger.learn([.note(5, "8")])
        #expect(ledger.remembered(.note(5)) == "8")
        ledger.close()
    }

    @Test func `what memory holds already is not written again`() async throws {
        let ledger = try directory.ledger()
        ledger.learn([.note(5, "33"), .note(6, nil)])
        await ledger.settle()
        #expect(ledger.metrics.unwritten == 0)
        ledger.learn([.note(5, "33"), .note(6, nil)])
        #expect(ledger.metrics.unwritten == 0)
        ledger.close()
    }

    @Test func `memory is bounded, and the store knows the rest`() async throws {
        let ledger = try directory.ledger(.remembering(100))
        ledger.learn((0..<1_000).map { .note($0, "owner \($0)") })
        await ledger.settle()
        #expect(ledger.metrics.remembered == 100)
        #expect(ledger.metrics.rows == 1_000)
        for id in 0..<1_000 { #expect(await ledger.find(.note(id)) == "owner \(id)") }
        #expect(ledger.metrics.remembered == 100)
        ledger.close()
    }

    @Test func `a record that is asked for again and again stays in memory`() async throws {
        let ledger = try directory.ledger(.remembering(100))
        ledger.learn([.note(7, "33")])
        for id in 1_000..<2_000 {
            #expect(ledger.remembered(.note(7)) == "33")
            ledger.learn([.note(id, "1")])
            if id % 250 == 0 { await ledger.settle() }
        }
        await ledger.settle()
        #expect(ledger.metrics.unwritten == 0)
        #expect(ledger.remembered(.note(7)) == "33")
        #expect(ledger.remembered(.note(1_000)) == nil)
        ledger.close()
    }

    @Test func `ids and owners longer than any service's are not kept`() async throws {
        let ledger = try directory.ledger()
        let long = String(repeating: "9", count: 65)
        ledger.learn([.note(5, "33"), OwnershipFact(OwnedRecord(resource: "note", id: long), owner: "1")])
        ledger.learn([.note(5, long)])
        #expect(ledger.remembered(OwnedRecord(resource: "note", id: long)) == nil)
        #expect(await ledger.find(.note(5)) == nil)
        await ledger.settle()
        #expect(ledger.metrics.rows == 0)
        ledger.close()
    }

    @Test func `when too many look-ups wait, the next is answered at once that nothing is known`() async throws {
        var limits = OwnershipLimits()
        limits.finds = 2
        let ledger = try directory.ledger(limits)
        ledger.learn([.note(5, "33")])
        let gate = Gatekeeper()
        ledger.find(.note(5)) { _ in gate.hold() }
        await gate.isHeld()
        let answers = Mutex<[String?]>([])
        async let first = ledger.find(.note(5))
        async let second = ledger.find(.note(5))
        // The two are asked for at any time; a third finds no room once they wait.
        while answers.withLock({ $0.isEmpty }) {
            ledger.find(OwnedRecord(resource: "note", id: "none")) { answer in answers.withLock { $0.append(answer) } }
        }
        #expect(answers.withLock { $0 } == [nil])
        gate.letGo()
        _ = await (first, second)
        // Their room is given back a moment after they were answered.
        #expect(await eventually { await ledger.find(.note(5)) == "33" })
        ledger.close()
    }

    @Test func `after shutdown memory still answers, and whoever looks further hears that nothing is known`() throws {
        let ledger = try directory.ledger()
        ledger.learn([.note(5, "33")])
        ledger.close()
        #expect(ledger.remembered(.note(5)) == "33")
        ledger.learn([.note(6, "33")])
        #expect(ledger.remembered(.note(6)) == "33")
        let answers = Mutex<[String?]>([])
        ledger.find(.note(5)) { answer in answers.withLock { $0.append(answer) } }
        #expect(answers.withLock { $0 } == [nil])
        ledger.close()
    }

    @Test func `many threads that learn and look up at once leave what was learned last`() async throws {
        let ledger = try directory.ledger(.remembering(50))
        await withTaskGroup(of: Void.self) { group in
            for thread in 0..<8 {
                group.addTask {
                    for round in 0..<100 {
                        let ids = (0..<10).map { thread * 1_000 + $0 }
                        ledger.learn(ids.map { .note($0, "\(thread).\(round)") })
                        for id in ids { #expect(await ledger.find(.note(id)) == "\(thread).\(round)") }
                    }
                }
            }
        }
        ledger.close()
        let next = try directory.ledger()
        for thread in 0..<8 { #expect(await next.find(.note(thread * 1_000 + 9)) == "\(thread).99") }
        #expect(next.metrics.rows == 80)
        next.close()
    }
}
