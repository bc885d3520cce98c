import HospKit
import StentModel
import StentRuntime
import StentTestKit
import Testing

/// New settings for the policies while stent serves.
@Suite struct PolicyReloadTests {
    private static let attack = request("PATCH", "/notes/\(Seeded.note)", #"{"title":"t"}"#, as: Seeded.stranger)

    @Test func `another mode holds from the next request on, and what was learned stays`() async throws {
        try await withReliableStent(workers: 2) { stent, hosp async throws in
            #expect(try await stent.once(Self.attack).status == 403)
            #expect(try await stent.once(request("GET", "/nope")).reason == "contract.unknown-path")
            var settings = stent.server.settings
            settings.onlyReport()
            settings.retry.attempts = 1
            try await stent.server.reload(settings, digest: "report")
            #expect(try await stent.once(Self.attack).status == 200)
            #expect(try await stent.once(request("GET", "/nope")).status == 500)
            settings.contract?.requests = .enforce
            settings.notes.mode = .enforce
            settings.notes.admins = ["\(Seeded.stranger)"]
            try await stent.server.reload(settings, digest: "admin")
            let admin = try await stent.once(Self.attack)
            #expect(admin.status == 200)
            #expect(try await stent.line(of: admin).decisions?.first?.reason == "ownership.admin")
            settings.notes.admins = []
            try await stent.server.reload(settings, digest: "enforce")
            #expect(try await stent.once(Self.attack).status == 403)
            #expect(try await hosp.asked("GET /staffs/me") == 1)
            #expect(try await hosp.asked("GET /notes/{id}") == 1)
        }
    }

    @Test func `who may break the glass can be named without a restart, and unnamed`() async throws {
        try await withReliableStent { stent, _ async throws in
            let emergency = Self.attack.replacing(
                "Host: a.example\r\n", with: "Host: a.example\r\nStent-Reason: nobody else is here tonight\r\n")
            #expect(try await stent.once(emergency).status == 403)
            var settings = stent.server.settings
            settings.ownership.breakGlass?.callers = ["\(Seeded.stranger)"]
            try await stent.server.reload(settings, digest: "named")
            #expect(try await stent.once(emergency).status == 200)
            settings.ownership.breakGlass?.callers = []
            try await stent.server.reload(settings, digest: "unnamed")
            #expect(try await stent.once(emergency).status == 403)
        }
    }

    @Test(arguments: ["identity", "ownership", "record_as_note"])
    func `a policy that keeps something can't be removed without a restart`(part: String) async throws {
        try await withReliableStent { stent, hosp async throws in
            var settings = stent.server.settings
            switch part {
            case "identity": settings.identity = nil
            case "ownership": settings.ownership.resources = []
            case _: for index in settings.routes.indices { settings.routes[index].recordAsNote = nil }
            }
            await #expect(throws: StentServer.Failure.self) {
                try await stent.server.reload(settings, digest: "without")
            }
            #expect(try await stent.once(Self.attack).status == 403)
            #expect(try await stent.once(get("/notes")).status == 401)
            #expect(try await hosp.arrived("PATCH").isEmpty)
        }
    }
}
