import HospKit
import StentModel
import StentTestKit
import Testing

/// Who is calling: what is read of credentials, and how HOSP is asked whose they are.
@Suite struct IdentityTests {
    @Test(arguments: [request("GET", "/notes"), create(note())])
    func `a request without credentials is told what is asked for, and HOSP is not`(signed: String) async throws {
        try await withReliableStent { stent, hosp async throws in
            let answer = try await stent.once(signed.replacing(credentials(), with: ""))
            #expect((answer.status, answer.reason) == (401, "identity.missing"))
            #expect(answer.all("www-authenticate") == [#"Basic realm="Application""#])
            #expect(answer["content-type"] == "application/problem+json")
            #expect(try await hosp.arrived == 0)
            #expect(try await stent.decisions("identity", "enforce", "refused", "identity.missing") == 1)
        }
    }

    @Test(arguments: [
        "Bearer c3RhZmYxOnNlY3JldDE=", "Basic", "Basic ", "Basic  c3RhZmYxOnNlY3JldDE=", "Basic\tc3RhZmYxOnNlY3JldDE=",
        "Basic c3RhZmYxOnNlY3JldDE", "Basic c3RhZmYxOnNlY3JldDF=", "Basic c3RhZmYxOnNlY3JldDE==",
        "Basic c3RhZmYxOnNlY3Jl dDE=", "Basic c3RhZmYxOnNlY3JldDE=, Basic c3RhZmYyOnNlY3JldDI=",
        "Basic c3RhZmYxOnNlY3JldDE= x", "Basic \"c3RhZmYxOnNlY3JldDE=\"", "c3RhZmYxOnNlY3JldDE=",
        "Basic staff1:secret1",
        "Basic realm=x", basic("staff1"), basic(":secret1"), basic("staff1:\u{0}secret1"),
        basic("sta\u{7F}ff1:secret1"),
        "Basic c3RhZmYxOv8=", "Basic c3RhZmYxOnNlY3J_dDE=", "Negotiate YII=", "Basic ====",
    ])
    func `credentials that are not one user and one password in base64 are refused unasked`(
        value: String
    ) async throws {
        try await withReliableStent { stent, hosp async throws in
            for signed in [request("GET", "/notes"), create(note())] {
                let answer = try await stent.once(signed.replacing(credentials(), with: "Authorization: \(value)\r\n"))
                #expect((answer.status, answer.reason) == (401, "identity.malformed"))
                #expect(answer["www-authenticate"] != nil)
            }
            #expect(try await hosp.arrived == 0)
        }
    }

    @Test func `two credentials are none`() async throws {
        try await withReliableStent { stent, hosp async throws in
            let answer = try await stent.once(
                create(note()).replacing(credentials(1), with: credentials(1) + credentials(2)))
            #expect((answer.status, answer.reason) == (400, "request.repeated-authorization"))
            #expect(try await hosp.arrived == 0)
        }
    }

    @Test func `HOSP is asked once whose credentials they are, however many want to know at the same time`()
        async throws
    {
        try await withReliableStent(workers: 2) { stent, hosp async throws in
            try await hosp.inject(Injection(.delay(milliseconds: 300), method: "GET", pathPrefix: "/staffs/me"))
            let answers = try await stent.together((0..<30).map { create(note("Number \($0)")) })
            #expect(answers.allSatisfy { $0.status == 201 })
            #expect(try await hosp.asked("GET /staffs/me") == 1)
            #expect(try await stent.once(create(note("Later"))).status == 201)
            #expect(try await hosp.asked("GET /staffs/me") == 1)
            #expect(try await stent.metric("stent_identity_credentials") == 1)
            #expect(try await stent.metric("stent_identity_waiting") == 0)
        }
    }

    @Test func `each credential is somebody of its own`() async throws {
        try await withReliableStent { stent, hosp async throws in
            let answers = try await stent.together((1...10).map { create(note("By \($0)"), staff: $0) })
            #expect(answers.map(\.status) == Array(repeating: 201, count: 10))
            for staff in 1...10 {
                #expect(try await hosp.notes("By \(staff)").map { $0.number("staff_id") } == [staff])
            }
            #expect(try await hosp.asked("GET /staffs/me") == 10)
        }
    }

    @Test(arguments: ["GET", "HEAD"])
    func `for a read nobody asks who is calling`(method: String) async throws {
        try await withReliableStent { stent, hosp async throws in
            for target in ["/notes", "/notes/5", "/patients?hospital_id=1", "/staffs/1", "/hospitals"] {
                #expect(try await stent.once(request(method, target)).status == 200)
            }
            #expect(try await hosp.asked("GET /staffs/me") == 0)
        }
    }

    private static let mistyped = create(note("Mistyped")).replacing(
        credentials(), with: "Authorization: \(basic("staff1:secret2"))\r\n")

    @Test func `a refused credential is refused for a while without asking`() async throws {
        try await withReliableStent { stent, hosp async throws in
            for _ in 0..<5 {
                let answer = try await stent.once(Self.mistyped)
                #expect((answer.status, answer.reason) == (401, "identity.refused"))
                #expect(answer["www-authenticate"] != nil)
            }
            #expect(try await hosp.arrivals().map(\.target) == ["/staffs/me"])
            #expect(try await hosp.notes("Mistyped").isEmpty)
        }
    }

    @Test func `a refused credential is asked about again when that while is over`() async throws {
        try await withReliableStent {
            $0.identity?.proof.negative = .milliseconds(100)
        } _: { stent, hosp async throws in
            #expect(
                await eventually(every: .milliseconds(110)) {
                    _ = try await stent.once(Self.mistyped)
                    return try await hosp.asked("GET /staffs/me") > 1
                })
            #expect(try await hosp.notes("Mistyped").isEmpty)
        }
    }

    @Test func `what HOSP refuses in a read is refused unasked in the next request, whatever it is`() async throws {
        try await withReliableStent { stent, hosp async throws in
            let wrong = "Authorization: \(basic("staff1:secret2"))\r\n"
            let first = try await stent.once(request("GET", "/notes").replacing(credentials(), with: wrong))
            #expect((first.status, first.text) == (401, "HTTP Basic: Access denied.\n"))
            for next in [request("GET", "/patients"), create(note())] {
                let answer = try await stent.once(next.replacing(credentials(), with: wrong))
                #expect((answer.status, answer.reason) == (401, "identity.refused"))
            }
            #expect(try await hosp.arrived == 1)
            #expect(try await stent.once(request("GET", "/notes")).status == 200)
        }
    }

    @Test func `where HOSP can't say who is calling nothing is written, and the next try finds it out`() async throws {
        try await withReliableStent {
            $0.breaker = nil
        } _: { stent, hosp async throws in
            try await hosp.fail("GET", "/staffs/me")
            let answer = try await stent.once(create(note("Unsigned")))
            #expect((answer.status, answer.reason) == (503, "identity.unavailable"))
            #expect(answer["stent-outcome"] == "not-sent")
            #expect(answer["retry-after"] != nil)
            #expect(try await hosp.arrived("POST").isEmpty)
            #expect(try await stent.once(create(note("Unsigned"))).status == 201)
            #expect(try await hosp.notes("Unsigned").count == 1)
        }
    }

    @Test func `a client that does not wait takes its request along, but not the question of others`() async throws {
        let upstream = HeldUpstream()
        try await withRuledStent(before: upstream.script) { stent async throws in
            let impatient = try await stent.connect()
            try await impatient.send(create(note("Gone")))
            #expect(await eventually { upstream.requests == ["GET /staffs/me"] })
            async let patient = stent.once(create(note("Patient")))
            // Both, and the question.
            #expect(await stent.comesToHave(exchanges: 3))
            await impatient.reset()
            #expect(await stent.comesToHave(exchanges: 2))
            upstream.open()
            #expect(try await patient.status == 201)
            #expect(upstream.requests == ["GET /staffs/me", "POST /notes"])
        }
    }

    @Test func `in an outage nothing is written, and the client is told so`() async throws {
        try await withReliableStent {
            $0.upstream.deadline = .seconds(1)
        } _: { stent, hosp async throws in
            try await hosp.setProfile(try #require(Profile.named("outage-errors")))
            let answer = try await stent.once(create(note("Meanwhile")))
            #expect([503, 504].contains(answer.status))
            #expect(answer["stent-outcome"] == "not-sent")
            #expect(try await hosp.arrived("POST").isEmpty)
            try await hosp.setProfile(.calm)
            #expect(await eventually { try await stent.once(create(note("Afterwards"))).status == 201 })
            #expect(try await hosp.notes("Meanwhile").isEmpty)
        }
    }
}
