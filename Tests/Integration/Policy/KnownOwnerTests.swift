import Foundation
import HospKit
import StentModel
import StentTestKit
import Testing

/// How stent knows whose note it is: from answers that pass, from its ledger, or else from HOSP.
@Suite struct KnownOwnerTests {
    private static let change = #"{"title":"changed"}"#
    private static let target = "/notes/\(Seeded.note)"
    private static let question = "GET /notes/{id}"

    private static func attack(_ id: Int = Seeded.note) -> String {
        request("PATCH", "/notes/\(id)", change, as: Seeded.stranger)
    }

    @Test func `HOSP is asked once whose a note is that was never seen, and then it is remembered`() async throws {
        try await withReliableStent { stent, hosp async throws in
            for _ in 0..<3 { #expect(try await stent.once(Self.attack()).status == 403) }
            #expect(try await hosp.asked(Self.question) == 1)
            for _ in 0..<3 {
                #expect(
                    try await stent.once(request("PATCH", Self.target, Self.change, as: Seeded.author)).status == 200)
            }
            #expect(try await hosp.asked(Self.question) == 1)
            #expect(await eventually { try await stent.metric("stent_ledger_records{in=\"store\"}") >= 1 })
        }
    }

    @Test func `what passes teaches it: a create, a read, a list`() async throws {
        try await withReliableStent { stent, hosp async throws in
            let created = try #require(try await stent.once(create(note("Mine"))).recordID)
            #expect(try await stent.once(Self.attack(created)).status == 403)
            #expect(try await hosp.asked(Self.question) == 0)
            #expect(try await stent.once(request("GET", "/notes/6.json", as: 30)).status == 200)
            #expect(try await stent.once(Self.attack(6)).status == 403)
            #expect(try await hosp.asked(Self.question) == 1)
            #expect(try await stent.once(request("GET", "/notes", as: 30)).status == 200)
            // A list is large enough to be read beside the loop.
            #expect(await eventually { try await stent.metric("stent_ledger_records{in=\"memory\"}") >= 80 })
            for id in [10, 20, 50] { #expect(try await stent.once(Self.attack(id)).status == 403) }
            #expect(try await hosp.asked(Self.question) == 1)
        }
    }

    @Test func `it is remembered across a restart`() async throws {
        let hosp = try await HospServer.start(HospOptions(timeScale: 0))
        var settings = try StentHarness.settings(shipped: "hosp.yaml", upstreamPort: hosp.port)
        settings.makeQuick()
        let first = try await StentHarness.start(settings)
        #expect(try await first.once(Self.attack()).status == 403)
        #expect(try await hosp.asked(Self.question) == 1)
        await first.server.stop()
        let second = try await StentHarness.start(settings, stateDirectory: first.stateDirectory)
        #expect(try await second.once(Self.attack()).status == 403)
        #expect(try await second.once(request("DELETE", Self.target, as: Seeded.author)).status == 204)
        #expect(try await hosp.asked(Self.question) == 1)
        try await second.stop()
        try await hosp.stop()
    }

    @Test(arguments: ["PATCH", "DELETE"])
    func `where HOSP can't tell, nothing is written`(method: String) async throws {
        try await withReliableStent {
            $0.breaker = nil
        } _: { stent, hosp async throws in
            try await hosp.fail("GET", Self.target)
            let content = method == "DELETE" ? nil : Self.change
            let answer = try await stent.once(request(method, Self.target, content, as: Seeded.author))
            #expect((answer.status, answer.reason) == (503, "ownership.unknown-owner"))
            #expect(answer["retry-after"] != nil)
            #expect(try await hosp.arrived(method).isEmpty)
            // That it could not be found out is not remembered.
            let again = try await stent.once(request(method, Self.target, content, as: Seeded.author))
            #expect(again.status == (method == "DELETE" ? 204 : 200))
        }
    }

    @Test(arguments: [
        #"{"id":5}"#, #"{"id":6,"staff_id":16}"#, #"{"id":5,"staff_id":{"id":16}}"#, #"[{"id":5,"staff_id":16}]"#, "16",
        #"{"id":5,"staff_id":16,"staff_id":16}"#, "<html>",
    ])
    func `an answer from which the owner can't be read says nothing`(content: String) async throws {
        let script: ScriptedUpstream.Script = { connection, _ in
            while true {
                let asked = try await connection.message(within: .seconds(600))
                let body = asked.target == "/staffs/me" ? #"{"id":16,"name":"staff16"}"# : content
                try await connection.send(
                    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
                )
            }
        }
        try await withRuledStent(before: script) { stent async throws in
            let answer = try await stent.once(request("DELETE", Self.target, as: Seeded.author))
            #expect((answer.status, answer.reason) == (503, "ownership.unknown-owner"))
        }
    }

    @Test(arguments: ["PATCH", "PUT", "DELETE"])
    func `of a note that is not there HOSP's own answer is passed on, and the change is not`(method: String)
        async throws
    {
        try await withReliableStent { stent, hosp async throws in
            let content = method == "DELETE" ? nil : Self.change
            let asked = request(method, "/notes/999", content, as: 1, "Accept: application/json\r\n")
            let answer = try await stent.once(asked)
            let straight = try await hosp.ask(request("GET", "/notes/999", nil, as: 1, "Accept: application/json\r\n"))
            #expect(answer.status == 404)
            #expect(answer.text == straight.text)
            #expect(answer["content-type"] == straight["content-type"])
            #expect(answer["stent-outcome"] == "rejected")
            #expect(answer.all("x-request-id").count == 1)
            #expect(answer.all("date").count == 1)
            #expect(try await hosp.arrived(method).isEmpty)
            let line = try await stent.line(of: answer)
            #expect((line.status, line.reason) == (404, "ownership.no-such-record"))
            #expect(line.outcome == "rejected")
        }
    }

    @Test func `a deleted note is nobody's, whoever it was`() async throws {
        try await withReliableStent { stent, hosp async throws in
            let id = try #require(try await stent.once(create(note("Short"))).recordID)
            #expect(try await stent.once(request("DELETE", "/notes/\(id)")).status == 204)
            for staff in [1, 2] {
                #expect(try await stent.once(request("PATCH", "/notes/\(id)", Self.change, as: staff)).status == 404)
            }
            #expect(try await hosp.arrived("PATCH").isEmpty)
        }
    }

    @Test func `the question whose it is carries the caller's own credentials and is in the trail`() async throws {
        try await withReliableStent { stent, hosp async throws in
            let answer = try await stent.once(Self.attack())
            #expect(answer.status == 403)
            let arrivals = try await hosp.arrivals().map { "\($0.method) \($0.target) \($0.user ?? "")" }
            #expect(arrivals == ["GET /staffs/me staff2", "GET /notes/5 staff2"])
            _ = try await stent.line(of: answer)  // it is written after those of the questions
            let own = try stent.trail().filter { $0.listener == "own" }
            #expect(own.map(\.purpose) == ["identity", "ownership"])
            #expect(own.map(\.for) == [answer["x-request-id"], answer["x-request-id"]])
            #expect(own.map(\.status) == [200, 200])
        }
    }
}
