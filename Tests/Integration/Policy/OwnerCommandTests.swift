import Foundation
import HospKit
import StentModel
import StentRuntime
import StentTestKit
import Testing

/// `stent owner`, beside a stent that serves from the same state directory.
@Suite struct OwnerCommandTests {
    private static let change = #"{"title":"changed"}"#

    private static func write(_ text: String, _ stent: StentHarness) throws -> String {
        let path = "\(stent.stateDirectory)/owners.txt"
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    @Test func `show tells what the ledger knows while stent serves`() async throws {
        try await withReliableStent { stent, hosp async throws in
            let settings = try stent.settingsFile()
            let id = try #require(try await stent.once(create(note(), staff: 7)).recordID)
            #expect(
                await eventually {
                    let shown = OwnerCommands.show(settings, resource: nil, ids: ["\(id)"])
                    return shown.code == 0 && shown.text.hasPrefix("note \(id)\towner 7\tlearned 20")
                })
            #expect(OwnerCommands.show(settings, resource: "note", ids: []).text == "note\t1 records")
            let unknown = OwnerCommands.show(settings, resource: nil, ids: ["\(id)", "4711"])
            #expect(unknown.code == 1)
            #expect(unknown.text.hasSuffix("note 4711\tnot known"))
        }
    }

    @Test func `an import is noticed while stent serves, and is believed instead of what was known`() async throws {
        try await withReliableStent { stent, hosp async throws in
            let settings = try stent.settingsFile()
            let target = "/notes/\(Seeded.note)"
            #expect(try await stent.once(request("GET", target)).status == 200)
            #expect(try await stent.once(request("DELETE", target, as: Seeded.stranger)).status == 403)
            // What is learned is written a moment later, and must not be written over the import.
            #expect(
                await eventually { OwnerCommands.show(settings, resource: nil, ids: ["\(Seeded.note)"]).code == 0 })
            let path = try Self.write("id,owner\n\(Seeded.note), \(Seeded.stranger)\n900,3\n", stent)
            let imported = OwnerCommands.importOwners(settings, resource: nil, path: path)
            #expect(imported.code == 0, "\(imported.text)")
            #expect(imported.text.hasPrefix("2 owners read: "))
            let began = ContinuousClock.now
            #expect(
                await eventually(every: .milliseconds(50)) {
                    try await stent.once(request("DELETE", target, as: Seeded.stranger)).status == 204
                })
            #expect(ContinuousClock.now - began < .seconds(5))
            #expect(
                try await stent.once(request("PATCH", "/notes/900", Self.change, as: 2)).reason == "ownership.not-owner"
            )
        }
    }

    @Test func `an import takes a list as HOSP answers it`() async throws {
        try await withReliableStent { stent, hosp async throws in
            let settings = try stent.settingsFile()
            let list = try await hosp.ask(request("GET", "/notes")).text
            let imported = OwnerCommands.importOwners(settings, resource: "note", path: try Self.write(list, stent))
            #expect(imported.text == "80 owners read: 80 added, 0 changed, 0 known before")
            let again = OwnerCommands.importOwners(settings, resource: "note", path: try Self.write(list, stent))
            #expect(again.text == "80 owners read: 0 added, 0 changed, 80 known before")
            // HOSP is not asked whose they are.
            let before = try await hosp.asked("GET /notes/{id}")
            for id in 1...10 where 1 + (id * 3) % 40 != Seeded.stranger {
                let answer = try await stent.once(request("DELETE", "/notes/\(id)", as: Seeded.stranger))
                #expect(answer.reason == "ownership.not-owner")
            }
            #expect(try await hosp.asked("GET /notes/{id}") == before)
        }
    }

    @Test(arguments: [
        "1,2\n5", "1,2\n5,6,7", "1,2\n,3", "1,2\n\"5\",\"3\"", #"[{"id":5}]"#, #"[{"id":5,"staff_id":3}"#,
    ])
    func `an import that can't be read changes nothing, and says where`(text: String) async throws {
        try await withReliableStent { stent, hosp async throws in
            let settings = try stent.settingsFile()
            let refused = OwnerCommands.importOwners(
                settings, resource: nil, path: try Self.write(text, stent))
            #expect(refused.code == 1)
            #expect(!refused.text.isEmpty)
            #expect(OwnerCommands.show(settings, resource: nil, ids: []).text == "no owner is known yet")
        }
    }

    @Test func `the report lists who was refused what and who would have been`() async throws {
        try await withReliableStent { stent, hosp async throws in
            let settings = try stent.settingsFile()
            for _ in 0..<3 {
                let answer = try await stent.once(request("DELETE", "/notes/\(Seeded.note)", as: Seeded.stranger))
                #expect(answer.status == 403)
            }
            let reported = try await stent.once(request("PATCH", "/staffs/2", #"{"hospital_id":1}"#, as: 1))
            #expect(reported.status == 200)
            _ = try await stent.line(of: try await stent.once(request("GET", "/nope")))
            let whole = OwnerCommands.report(settings, policies: [], asJSON: true)
            #expect(whole.code == 0)
            let rows = try whole.text.split(separator: "\n").map {
                try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
            }
            #expect(rows.map { $0["count"] as? Int } == [3, 1, 1])
            #expect(
                rows.map { $0["reason"] as? String } == [
                    "ownership.not-owner", "contract.unknown-path", "ownership.not-owner",
                ])
            #expect(rows.map { $0["mode"] as? String } == ["enforce", "enforce", "report"])
            #expect(rows.map { $0["resource"] as? String } == ["note", "", "staff"])
            #expect(rows.map { $0["actor"] as? String } == ["2", "", "1"])
            #expect(rows.last?["example"] as? String == reported["x-request-id"])
            let table = OwnerCommands.report(settings, policies: ["ownership"], asJSON: false).text.split(
                separator: "\n")
            #expect(table.count == 4)
            #expect(table[1].contains("ownership.not-owner") && table[1].contains("staff2 (id 2)"))
            #expect(table[2].contains("report") && table[2].contains("staff1 (id 1)"))
        }
    }

    @Test func `the report of a quiet day says so`() async throws {
        try await withReliableStent { stent, _ async throws in
            let answer = try await stent.once(create(note()))
            _ = try await stent.line(of: answer)
            let report = OwnerCommands.report(try stent.settingsFile(), policies: [], asJSON: false)
            #expect(report.text == "nobody was refused anything, and nobody would have been")
        }
    }
}

/// `stent status`, which asks the admin endpoint.
@Suite struct StatusCommandTests {
    @Test func `it tells what stent knows and what it has yet to write`() async throws {
        let settings = try await {
            var path = ""
            try await withReliableStent { stent, hosp async throws in
                path = try stent.settingsFile()
                #expect(try await stent.once(create(note())).status == 201)
                let shown = { StatusCommand.run(path, asJSON: false) }
                #expect(await eventually { shown().text.contains("owners known: 1 records") })
                #expect(shown().code == 0)
                #expect(shown().text.contains(": ready (settings "))
                #expect(shown().text.contains("audit trail writable: yes"))
                #expect(shown().text.contains("outbox: 0 waiting (0 for their author), 0 in memory only, 0 written"))
                let object = try JSONSerialization.jsonObject(
                    with: Data(StatusCommand.run(path, asJSON: true).text.utf8))
                #expect((object as? [String: Any])?["state"] as? String == "ready")
                let kept = try String(contentsOfFile: path, encoding: .utf8)
                path = NSTemporaryDirectory() + "stent-status-\(UUID().uuidString).yaml"
                try kept.write(toFile: path, atomically: true, encoding: .utf8)
            }
            return path
        }()
        defer { try? FileManager.default.removeItem(atPath: settings) }
        let gone = StatusCommand.run(settings, asJSON: false)
        #expect(gone.code == 1)
        #expect(gone.text.contains("nobody answers at 127.0.0.1:"))
    }
}
