import HospKit
import StentModel
import StentTestKit
import Testing

/// Who may write which notes, with HOSP itself as the judge of what was written.
@Suite struct OwnershipTests {
    private static let change = #"{"title":"changed"}"#
    private static let target = "/notes/\(Seeded.note)"

    @Test(arguments: [#","staff_id":33"#, #","staff_id":"33""#, #","staff_id":null"#, ""])
    func `a new note is its caller's, whatever it says`(claim: String) async throws {
        try await withReliableStent { stent, hosp async throws in
            let content = #"{"title":"New","body":"b","patient_id":3\#(claim)}"#
            let answer = try await stent.once(create(content, staff: 7))
            #expect(answer.status == 201)
            #expect(try await hosp.notes("New").map { $0.number("staff_id") } == [7])
            #expect(
                try await stent.line(of: answer).decisions == [
                    .init("ownership", "enforce", "allowed", "ownership.stamped")
                ])
        }
    }

    @Test func `where a wrong author is rejected and not replaced, the right one passes`() async throws {
        try await withReliableStent {
            $0.notes.create = .reject
        } _: { stent, hosp async throws in
            let forged = try await stent.once(
                create(note("Forged").replacing(#""staff_id":1"#, with: #""staff_id":33"#)))
            #expect((forged.status, forged.reason) == (403, "ownership.other-author"))
            #expect(try await hosp.arrived("POST").isEmpty)
            #expect(try await stent.once(create(note("Own"))).status == 201)
            #expect(try await hosp.notes("Own").map { $0.number("staff_id") } == [1])
        }
    }

    @Test(arguments: ["PATCH", "PUT", "DELETE"])
    func `a note is changed and deleted by its author and nobody else`(method: String) async throws {
        try await withReliableStent { stent, hosp async throws in
            let content = method == "DELETE" ? nil : Self.change
            let before = try await hosp.note(Seeded.note)
            let stranger = try await stent.once(request(method, Self.target, content, as: Seeded.stranger))
            #expect((stranger.status, stranger.reason) == (403, "ownership.not-owner"))
            #expect(stranger["stent-outcome"] == "rejected")
            #expect(try await hosp.note(Seeded.note) == before)
            #expect(try await hosp.arrived(method).isEmpty)
            let author = try await stent.once(request(method, Self.target, content, as: Seeded.author))
            #expect(author.status == (method == "DELETE" ? 204 : 200))
            #expect(try await hosp.note(Seeded.note)?.text("title") == (method == "DELETE" ? nil : "changed"))
            #expect(try await stent.decisions("ownership", "enforce", "refused", "ownership.not-owner") == 1)
            #expect(try await stent.decisions("ownership", "enforce", "allowed", "ownership.own") == 1)
        }
    }

    @Test(arguments: [#"{"staff_id":2}"#, #"{"staff_id":"2"}"#, #"{"staff_id":null}"#, #"{"title":"t","staff_id":0}"#])
    func `a note is not given away`(content: String) async throws {
        try await withReliableStent { stent, hosp async throws in
            for method in ["PATCH", "PUT"] {
                let answer = try await stent.once(request(method, Self.target, content, as: Seeded.author))
                #expect((answer.status, answer.reason) == (403, "ownership.give-away"))
            }
            #expect(try await hosp.note(Seeded.note)?.number("staff_id") == Seeded.author)
        }
    }

    @Test func `an author may send the note back as they got it`() async throws {
        try await withReliableStent { stent, hosp async throws in
            let got = try await stent.once(request("GET", Self.target, as: Seeded.author)).text
            let edited = got.replacing("examined", with: "examined twice")
            #expect(edited != got)
            #expect(try await stent.once(request("PUT", Self.target, edited, as: Seeded.author)).status == 200)
            #expect(try await hosp.note(Seeded.note)?.text("body")?.contains("examined twice") == true)
            #expect(try await hosp.note(Seeded.note)?.number("staff_id") == Seeded.author)
        }
    }

    @Test func `admins are named by id, and may change, give away and delete any note`() async throws {
        try await withReliableStent {
            $0.notes.admins = ["3", "staff4"]
        } _: { stent, hosp async throws in
            let other = try await stent.once(request("PATCH", Self.target, Self.change, as: 4))
            #expect((other.status, other.reason) == (403, "ownership.not-owner"))
            let admin = try await stent.once(request("PATCH", Self.target, #"{"staff_id":9}"#, as: 3))
            #expect(admin.status == 200)
            #expect(
                try await stent.line(of: admin).decisions == [
                    .init("ownership", "enforce", "allowed", "ownership.admin")
                ])
            // The new author is known at once, and the old one is a stranger.
            #expect(try await stent.once(request("PATCH", Self.target, Self.change, as: Seeded.author)).status == 403)
            #expect(try await stent.once(request("PATCH", Self.target, Self.change, as: 9)).status == 200)
            #expect(try await stent.once(request("DELETE", Self.target, as: 3)).status == 204)
            #expect(try await hosp.note(Seeded.note) == nil)
        }
    }

    @Test func `in report mode a stranger's change passes as it came, and the trail says who would have been refused`()
        async throws
    {
        try await withReliableStent {
            $0.notes.mode = .report
        } _: { stent, hosp async throws in
            let content = #"{"title":"By a stranger","staff_id":2}"#
            let answer = try await stent.once(request("PATCH", Self.target, content, as: Seeded.stranger))
            #expect(answer.status == 200)
            #expect(try await hosp.note(Seeded.note)?.number("staff_id") == 2)
            let line = try await stent.line(of: answer)
            #expect(line.decisions == [.init("ownership", "report", "refused", "ownership.not-owner")])
            #expect(line.actor == .init(user: "staff2", id: "2"))
            #expect(line.resource == .init(type: "note", id: "5", owner: "16"))
            #expect(try await stent.decisions("ownership", "report", "refused", "ownership.not-owner") == 1)
            let forged = note("Forged").replacing(#""staff_id":1"#, with: #""staff_id":33"#)
            #expect(try await stent.once(create(forged)).status == 201)
            #expect(try await hosp.notes("Forged").map { $0.number("staff_id") } == [33])
        }
    }

    @Test func `in report mode it does not matter that HOSP can't say who is calling or whose it is`() async throws {
        try await withReliableStent {
            $0.notes.mode = .report
            $0.breaker = nil
        } _: { stent, hosp async throws in
            try await hosp.fail("GET", "/staffs/me")
            let nameless = try await stent.once(request("PATCH", Self.target, Self.change, as: Seeded.stranger))
            #expect(nameless.status == 200)
            #expect(
                try await stent.line(of: nameless).decisions == [
                    .init("identity", "report", "refused", "identity.unavailable")
                ])
            try await hosp.fail("GET", "/notes/6")
            let ownerless = try await stent.once(request("PATCH", "/notes/6", Self.change, as: Seeded.stranger))
            #expect(ownerless.status == 200)
            #expect(
                try await stent.line(of: ownerless).decisions == [
                    .init("ownership", "report", "refused", "ownership.unknown-owner")
                ])
        }
    }

    @Test func `a member of staff is their own record: others are reported, and refused where that is enforced`()
        async throws
    {
        for (mode, status) in [(PolicyMode.report, 200), (.enforce, 403)] {
            try await withReliableStent {
                $0.staffs.mode = mode
            } _: { stent, hosp async throws in
                let own = try await stent.once(request("PATCH", "/staffs/2", #"{"hospital_id":1}"#, as: 2))
                #expect(own.status == 200)
                #expect(
                    try await stent.line(of: own).decisions == [
                        .init("ownership", mode.rawValue, "allowed", "ownership.own")
                    ])
                let other = try await stent.once(request("PATCH", "/staffs/2", #"{"password":"taken"}"#, as: 1))
                #expect(other.status == status)
                let line = try await stent.line(of: other)
                #expect(line.decisions == [.init("ownership", mode.rawValue, "refused", "ownership.not-owner")])
                #expect(line.resource?.type == "staff")
                #expect(line.resource?.id == "2")
                #expect(
                    try await stent.once(create("/staffs", #"{"name":"n","password":"p","hospital_id":1}"#)).status
                        == 201)
                // Whose record it is needs no question.
                #expect(try await hosp.asked("GET /staffs/{id}") == 0)
            }
        }
    }

    @Test func `a route may have a mode of its own`() async throws {
        try await withReliableStent { settings in
            for index in settings.routes.indices where settings.routes[index].match.text.hasSuffix(" /notes/{id}") {
                settings.routes[index].ownership = .report
            }
        } _: { stent, hosp async throws in
            let passed = try await stent.once(request("PATCH", Self.target, Self.change, as: Seeded.stranger))
            #expect(passed.status == 200)
            let stamped = note("Stamped").replacing(#""staff_id":1"#, with: #""staff_id":33"#)
            #expect(try await stent.once(create(stamped)).status == 201)
            #expect(try await hosp.notes("Stamped").map { $0.number("staff_id") } == [1])
        }
    }
}
