import HospKit
import StentModel
import StentTestKit
import Testing

/// What credentials mean may change: through stent, which notices, and behind its back.
@Suite struct IdentityChangeTests {
    private static func signed(_ request: String, _ password: String, user: String = "staff1") -> String {
        request.replacing(credentials(), with: "Authorization: \(basic("\(user):\(password)"))\r\n")
    }

    @Test func `with a new password the old one fails at once and the new one works, though it had just failed`()
        async throws
    {
        try await withReliableStent { stent, hosp async throws in
            #expect(try await stent.once(create(note("Before"))).status == 201)
            let early = try await stent.once(Self.signed(create(note("Early")), "new"))
            #expect((early.status, early.reason) == (401, "identity.refused"))
            #expect(try await stent.once(request("PATCH", "/staffs/1", #"{"password":"new"}"#)).status == 200)
            let old = try await stent.once(create(note("Old")))
            #expect((old.status, old.reason) == (401, "identity.refused"))
            #expect(try await stent.once(Self.signed(create(note("New")), "new")).status == 201)
            #expect(try await hosp.notes("Old").isEmpty)
            #expect(try await hosp.notes("New").map { $0.number("staff_id") } == [1])
        }
    }

    @Test func `who takes over a name and a password does not take over the notes`() async throws {
        try await withReliableStent { stent, hosp async throws in
            let mine = try #require(try await stent.once(create(note("Mine"))).recordID)
            #expect(try await stent.once(request("DELETE", "/staffs/1", as: 2)).status == 204)
            let again = #"{"name":"staff1","password":"secret1","hospital_id":1}"#
            let heir = try #require(try await stent.once(create("/staffs", again, staff: 2)).recordID)
            #expect(heir != 1)
            let answer = try await stent.once(request("PATCH", "/notes/\(mine)", #"{"title":"Heirloom"}"#))
            #expect((answer.status, answer.reason) == (403, "ownership.not-owner"))
            #expect(try await stent.once(create(note("Theirs"))).status == 201)
            #expect(try await hosp.notes("Theirs").map { $0.number("staff_id") } == [heir])
        }
    }

    @Test func `a change whose answer was lost counts as made`() async throws {
        try await withReliableStent { settings in
            for index in settings.routes.indices { settings.routes[index].repeatable = false }
        } _: { stent, hosp async throws in
            #expect(try await stent.once(create(note("Before"))).status == 201)
            #expect(try await hosp.asked("GET /staffs/me") == 1)
            try await hosp.inject(Injection(.fault(.errorAfter), method: "PATCH", pathPrefix: "/staffs/40"))
            let answer = try await stent.once(request("PATCH", "/staffs/40", #"{"password":"lost"}"#))
            #expect((answer.status, answer["stent-outcome"]) == (500, "unknown"))
            #expect(
                await eventually {
                    guard try await stent.once(create(note("After"))).status == 201 else { return false }
                    return try await hosp.asked("GET /staffs/me") == 2
                })
        }
    }

    @Test func `what HOSP refuses to change leaves everybody known`() async throws {
        try await withReliableStent { stent, hosp async throws in
            #expect(try await stent.once(create(note("Before"))).status == 201)
            #expect(try await stent.once(request("PATCH", "/staffs/1", #"{"name":""}"#)).status == 422)
            #expect(try await stent.once(create(note("After"))).status == 201)
            #expect(try await hosp.asked("GET /staffs/me") == 1)
        }
    }

    @Test func `a 401 of HOSP ends a proof, and is the client's answer`() async throws {
        try await withReliableStent { stent, hosp async throws in
            #expect(try await stent.once(create(note("Before"))).status == 201)
            // Somebody changes it where stent does not see it.
            #expect(try await hosp.ask(request("PATCH", "/staffs/1", #"{"password":"new"}"#)).status == 200)
            let answer = try await stent.once(create(note("After")))
            #expect((answer.status, answer.text) == (401, "HTTP Basic: Access denied.\n"))
            let arrived = try await hosp.arrived
            #expect(try await stent.once(create(note("After"))).reason == "identity.refused")
            #expect(try await hosp.arrived == arrived)
            #expect(try await stent.once(Self.signed(create(note("After")), "new")).status == 201)
        }
    }

    @Test func `a 401 to a question of stent's own ends a proof too`() async throws {
        try await withReliableStent { stent, hosp async throws in
            #expect(try await stent.once(create(note("Before"), staff: Seeded.author)).status == 201)
            let changed = request("PATCH", "/staffs/\(Seeded.author)", #"{"password":"new"}"#, as: Seeded.author)
            #expect(try await hosp.ask(changed).status == 200)
            let delete = request("DELETE", "/notes/\(Seeded.note)", as: Seeded.author)
            #expect(try await stent.once(delete).reason == "identity.refused")
            let arrived = try await hosp.arrived
            #expect(try await stent.once(delete).reason == "identity.refused")
            #expect(try await hosp.arrived == arrived)
            #expect(try await hosp.note(Seeded.note) != nil)
        }
    }

    @Test func `a proof is good for its lifetime, and then asked for again`() async throws {
        try await withReliableStent {
            $0.identity?.proof.lifetime = .milliseconds(300)
        } _: { stent, hosp async throws in
            #expect(try await stent.once(create(note("First"))).status == 201)
            #expect(
                await eventually(every: .milliseconds(400)) {
                    _ = try await stent.once(create(note("Later")))
                    return try await hosp.asked("GET /staffs/me") > 1
                })
        }
    }
}
