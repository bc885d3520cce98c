import HospKit
import StentModel
import StentTestKit
import Testing

/// In an emergency somebody named may do what only the author may, says why, and everybody can see it.
@Suite struct BreakGlassUseTests {
    private static let why = "the author left, the dose is wrong"
    private static let target = "/notes/\(Seeded.note)"

    private static func emergency(_ reason: String? = why, as staff: Int = 3, _ more: String = "") -> String {
        request(
            "PATCH", target, #"{"title":"corrected"}"#, as: staff,
            (reason.map { "Stent-Reason: \($0)\r\n" } ?? "") + more)
    }

    private func withNamed(
        change: (inout Settings) -> Void = { _ in }, _ body: (StentHarness, HospServer) async throws -> Void
    ) async throws {
        try await withReliableStent {
            $0.ownership.breakGlass?.callers = ["3"]
            change(&$0)
        } _: {
            try await body($0, $1)
        }
    }

    @Test func `a named caller with a reason passes, which the trail tells and HOSP does not learn`() async throws {
        try await withNamed { stent, hosp async throws in
            let answer = try await stent.once(Self.emergency())
            #expect(answer.status == 200)
            #expect(try await hosp.note(Seeded.note)?.text("title") == "corrected")
            #expect(try await hosp.note(Seeded.note)?.number("staff_id") == Seeded.author)
            let line = try await stent.line(of: answer)
            #expect(line.decisions == [.init("ownership", "enforce", "allowed", "ownership.break-glass")])
            #expect(line.override == Self.why)
            #expect(line.actor == .init(user: "staff3", id: "3"))
            #expect(line.resource == .init(type: "note", id: "5", owner: "16"))
            #expect(try await stent.decisions("ownership", "enforce", "allowed", "ownership.break-glass") == 1)
            for arrival in try await hosp.arrivals() {
                #expect(
                    !arrival.fields.contains { $0.name.lowercased() == "stent-reason" || $0.value.contains("dose") })
            }
        }
    }

    @Test func `the trail has one event for each reason that is new`() async throws {
        try await withNamed { stent, _ async throws in
            for reason in [Self.why, Self.why, "another good reason"] {
                #expect(try await stent.once(Self.emergency(reason)).status == 200)
            }
            var opened: [PolicyLine] = []
            #expect(
                await eventually {
                    opened = try stent.trail().filter { $0.event == "break-glass.opened" }
                    return opened.count == 2
                })
            #expect(opened.map(\.details?.reason) == [Self.why, "another good reason"])
            #expect(opened.map(\.details?.caller) == ["3", "3"])
        }
    }

    @Test(arguments: ["Stent-Reason: on holiday now\r\n", "Stent-Reason:\r\n", "Stent-Reason:              short\r\n"])
    func `a reason that is too short is refused with what is missing`(field: String) async throws {
        try await withNamed { stent, hosp async throws in
            let answer = try await stent.once(Self.emergency(nil, as: 3, field))
            #expect((answer.status, answer.reason) == (400, "ownership.break-glass-reason-too-short"))
            #expect(try await hosp.arrived("PATCH").isEmpty)
        }
    }

    @Test func `two reasons are none`() async throws {
        try await withNamed { stent, hosp async throws in
            let answer = try await stent.once(Self.emergency(Self.why, as: 3, "Stent-Reason: \(Self.why)\r\n"))
            #expect((answer.status, answer.reason) == (400, "ownership.break-glass-reason-too-short"))
            #expect(try await hosp.arrived("PATCH").isEmpty)
        }
    }

    @Test func `who is not named can say what they like, and who is named has to say something`() async throws {
        try await withNamed { stent, hosp async throws in
            for attempt in [Self.emergency(as: 2), Self.emergency(nil, as: 3)] {
                let answer = try await stent.once(attempt)
                #expect((answer.status, answer.reason) == (403, "ownership.not-owner"))
                #expect(try await stent.line(of: answer).override == nil)
            }
            #expect(try await hosp.arrived("PATCH").isEmpty)
            #expect(try stent.trail().allSatisfy { $0.event != "break-glass.opened" })
        }
    }

    @Test func `a reason opens nothing where its sender may write anyway`() async throws {
        try await withNamed { stent, _ async throws in
            let own = try #require(try await stent.once(create(note("Own"), staff: 3)).recordID)
            let field = "Stent-Reason: \(Self.why)\r\n"
            let answer = try await stent.once(request("PATCH", "/notes/\(own)", #"{"title":"t"}"#, as: 3, field))
            #expect(answer.status == 200)
            let line = try await stent.line(of: answer)
            #expect(line.override == nil)
            #expect(line.decisions == [.init("ownership", "enforce", "allowed", "ownership.own")])
            #expect(try stent.trail().allSatisfy { $0.event != "break-glass.opened" })
        }
    }

    @Test func `a reason is good for a time, and then another is asked for`() async throws {
        try await withNamed(change: { $0.ownership.breakGlass?.lifetime = .milliseconds(500) }) {
            stent, hosp async throws in
            #expect(try await stent.once(Self.emergency()).status == 200)
            var last: RawMessage?
            #expect(
                await eventually {
                    last = try await stent.once(Self.emergency())
                    return last?.status == 403
                })
            #expect(last?.reason == "ownership.break-glass-reason-expired")
            #expect(try await stent.once(Self.emergency("the dose was wrong once more")).status == 200)
        }
    }

    @Test func `the reason does not go upstream though nobody is named`() async throws {
        try await withReliableStent { stent, hosp async throws in
            let answer = try await stent.once(Self.emergency(as: Seeded.author))
            #expect(answer.status == 200)
            for arrival in try await hosp.arrivals() {
                #expect(!arrival.fields.contains { $0.name.lowercased() == "stent-reason" })
            }
        }
    }
}
