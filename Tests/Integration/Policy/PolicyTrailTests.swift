import HospKit
import StentModel
import StentTestKit
import Testing

/// What the trail says of who did what to which record, and on whose behalf stent asked.
@Suite struct PolicyTrailTests {
    @Test func `a create tells its actor, its resource and what was decided`() async throws {
        try await withReliableStent { stent, _ async throws in
            let line = try await stent.line(of: try await stent.once(create(note(), staff: 7)))
            #expect(line.actor == .init(user: "staff7", id: "7"))
            #expect(line.resource == .init(type: "note", id: nil, owner: nil))
            #expect(line.decisions == [.init("ownership", "enforce", "allowed", "ownership.stamped")])
            #expect((line.purpose, line.for, line.override) == (nil, nil, nil))
        }
    }

    @Test func `a read tells the name that was given and the record, and nothing that was not asked`() async throws {
        try await withReliableStent { stent, _ async throws in
            let line = try await stent.line(of: try await stent.once(request("GET", "/notes/5.json", as: 7)))
            #expect(line.actor == .init(user: "staff7", id: nil))
            #expect(line.resource == .init(type: "note", id: "5", owner: nil))
            #expect(line.decisions == nil)
            let patient = try await stent.line(of: try await stent.once(request("GET", "/patients/3")))
            #expect(patient.resource == nil)
            let open = try await stent.line(of: try await stent.once(get("/")))
            #expect(open.actor == nil)
        }
    }

    @Test func `a refused change tells whose the record is`() async throws {
        try await withReliableStent { stent, _ async throws in
            let answer = try await stent.once(request("DELETE", "/notes/5", as: Seeded.stranger))
            let line = try await stent.line(of: answer)
            #expect(line.actor == .init(user: "staff2", id: "2"))
            #expect(line.resource == .init(type: "note", id: "5", owner: "16"))
            #expect(line.decisions == [.init("ownership", "enforce", "refused", "ownership.not-owner")])
            #expect((line.status, line.reason, line.outcome) == (403, "ownership.not-owner", "rejected"))
        }
    }

    @Test func `a name that nobody has proven is told as it was given`() async throws {
        try await withReliableStent { stent, _ async throws in
            let wrong = create(note()).replacing(credentials(), with: "Authorization: \(basic("Dr. \"No\":x"))\r\n")
            let line = try await stent.line(of: try await stent.once(wrong))
            #expect(line.actor == .init(user: "Dr. \"No\"", id: nil))
            #expect(line.decisions == [.init("identity", "enforce", "refused", "identity.refused")])
        }
    }

    @Test func `stent's own requests tell what for, and for which request`() async throws {
        try await withReliableStent { stent, hosp async throws in
            let screened = try await stent.once(create("/patients/3/screen", #"{"images":["a"]}"#, staff: 7))
            #expect(screened.status == 200)
            var own: [PolicyLine] = []
            #expect(
                await eventually {
                    own = try stent.trail().filter { $0.listener == "own" }
                    return own.contains { $0.purpose == "record" }
                })
            #expect(own.map(\.purpose) == ["identity", "record"])
            #expect(own.first?.for == screened["x-request-id"])
            #expect(own.last?.for?.isEmpty == false)
            #expect(own.map(\.method) == ["GET", "POST"])
            #expect(own.map(\.path) == ["/staffs/me", "/notes"])
            #expect(own.allSatisfy { $0.decisions == nil })
            #expect(try stent.trail().filter { $0.event == "exchange" && $0.listener == "http" }.count == 1)
            let lines = try stent.auditLines().filter { $0.contains("\"listener\":\"own\"") }
            #expect(lines.allSatisfy { $0.contains("\"protocol\":\"HTTP/1.1\",\"purpose\":\"") })
        }
    }

    @Test func `an idempotent repeat tells the same actor without asking again`() async throws {
        try await withReliableStent { stent, hosp async throws in
            for _ in 0..<2 { #expect(try await stent.once(create(note("Once"), key: "\"a\"")).status == 201) }
            #expect(try await hosp.notes("Once").count == 1)
            var lines: [PolicyLine] = []
            _ = await eventually {
                lines = try stent.trail().filter { $0.method == "POST" }
                return lines.count == 2
            }
            #expect(lines.map(\.reason) == ["exchange.answered", "idempotency.replayed"])
            #expect(lines.map(\.actor?.id) == ["1", "1"])
        }
    }
}
