import Foundation
import StentExchange
import StentModel
import StentStore
import Testing

/// The ledger's database as commands see it, beside a server or alone.
@Suite struct OwnershipFileTests {
    private let directory: StateDirectory

    init() throws { directory = try StateDirectory() }

    @Test func `what a running ledger has learned is shown`() async throws {
        let ledger = try directory.ledger()
        ledger.learn([
            .note(5, "33"), .note(6, "7"), OwnershipFact(OwnedRecord(resource: "patient", id: "1"), owner: "2"),
        ])
        await ledger.settle()
        let file = try OwnershipFile(directory: directory.path, missing: .isError)
        let owners = try file.owners("note", ids: ["5", "6", "7"])
        #expect(owners.mapValues(\.owner) == ["5": "33", "6": "7"])
        #expect(owners["5"]?.learned == .noon)
        let counts = try file.counts()
        #expect(counts.map(\.resource) == ["note", "patient"])
        #expect(counts.map(\.records) == [2, 1])
        ledger.close()
    }

    @Test func `an import says what it changed`() throws {
        let file = try OwnershipFile(directory: directory.path, missing: .isMade)
        let first = try file.adopt([.note(1, "7"), .note(2, "7"), .note(3, "7")], now: .noon)
        #expect((first.added, first.changed, first.removed, first.same) == (3, 0, 0, 0))
        let second = try file.adopt([.note(1, "7"), .note(2, "8"), .note(3, nil), .note(4, nil)], now: .noon)
        #expect((second.added, second.changed, second.removed, second.same) == (0, 1, 1, 2))
        #expect(try directory.mode(of: "ownership.sqlite") == 0o600)
    }

    @Test(.timeLimit(.minutes(1)))
    func `a running ledger takes notice of an import by itself`() async throws {
        let ledger = try directory.ledger()
        ledger.learn([.note(5, "7")])
        await ledger.settle()
        let file = try OwnershipFile(directory: directory.path, missing: .isError)
        _ = try file.adopt([.note(5, "9"), .note(6, "9")], now: .noon)
        while await ledger.find(.note(5)) != "9" {}
        #expect(await ledger.find(.note(6)) == "9")
        #expect(ledger.metrics.rows == 2)
        ledger.close()
    }

    @Test func `after an import memory is forgotten, but not what waits to be written`() async throws {
        let ledger = try directory.ledger()
        ledger.learn([.note(5, "7"), .note(6, "7")])
        await ledger.settle()
        let file = try OwnershipFile(directory: directory.path, missing: .isError)
        _ = try file.adopt([.note(5, "9"), .note(6, "9")], now: .noon)
        ledger.learn([.note(6, "8")])
        await ledger.settle()
        #expect(ledger.remembered(.note(5)) == nil)
        #expect(await ledger.find(.note(5)) == "9")
        #expect(await ledger.find(.note(6)) == "8")
        ledger.close()
    }

    @Test func `a ledger that learns while another process imports loses nothing of either`() async throws {
        let ledger = try directory.ledger()
        await ledger.settle()
        let path = directory.path
        async let imported = Task.detached {
            let file = try OwnershipFile(directory: path, missing: .isError)
            for round in 0..<20 {
                _ = try file.adopt((0..<200).map { .note(100_000 + round * 200 + $0, "1") }, now: .noon)
            }
        }.value
        for id in 0..<4_000 {
            ledger.learn([.note(id, "2")])
            if id % 100 == 0 { await ledger.settle() }
        }
        try await imported
        ledger.close()
        let file = try OwnershipFile(directory: directory.path, missing: .isError)
        #expect(try file.counts().map(\.records) == [8_000])
    }

    @Test func `without a file it is an error that says so, and none is made`() throws {
        let error = #expect(throws: StoreError.self) {
            try OwnershipFile(directory: directory.path, missing: .isError)
        }
        #expect(error?.code == ENOENT)
        #expect(error?.description.hasPrefix("can't open \(directory.ownership): No such file or directory") == true)
        #expect(try directory.names.isEmpty)
    }

    @Test func `a damaged file is an error, and stays as it is`() throws {
        let bytes = Data(repeating: 0x5A, count: 8_192)
        for missing in [OwnershipFile.Missing.isError, .isMade] {
            try bytes.write(to: URL(fileURLWithPath: directory.ownership))
            let error = #expect(throws: StoreError.self) {
                try OwnershipFile(directory: directory.path, missing: missing)
            }
            #expect(error?.isDamage == true)
            #expect(FileManager.default.contents(atPath: directory.ownership) == bytes)
            #expect(try directory.names == ["ownership.sqlite"])
        }
    }

    @Test func `a file without our tables is an error, and gets none`() throws {
        #expect(FileManager.default.createFile(atPath: directory.ownership, contents: Data()))
        let error = #expect(throws: StoreError.self) {
            try OwnershipFile(directory: directory.path, missing: .isError)
        }
        #expect(error?.description.contains("has not the tables") == true)
        #expect(FileManager.default.contents(atPath: directory.ownership)?.isEmpty == true)
    }

    @Test func `a file of a newer stent is left alone`() async throws {
        try directory.ledger().close()
        let newer = try Disturber(directory.ownership)
        try await newer.run("INSERT INTO grdb_migrations VALUES ('9 from the future')")
        try newer.close()
        let error = #expect(throws: StoreError.self) {
            try OwnershipFile(directory: directory.path, missing: .isError)
        }
        #expect(error?.operation == .migrate)
    }
}
