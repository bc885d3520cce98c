import HospKit
import StentModel
import StentTestKit
import Testing

/// Idempotency-Key (draft-ietf-httpapi-idempotency-key-header-07): a write with a key is done once, and answered alike.
@Suite struct IdempotencyTests {
    private static func spoil(_ fault: Fault, _ method: String = "POST", count: Int = 1) -> Injection {
        Injection(.fault(fault), count: count, method: method)
    }

    private static let form = "title=form&body=b&patient_id=3&staff_id=1"
    private static let formFields =
        credentials() + "Content-Type: application/x-www-form-urlencoded\r\nIdempotency-Key: \"form\"\r\n"

    @Test(arguments: [#""8e03978e-40d5""#, "8e03978e-40d5"])
    func `the second request with a key gets the first one's answer`(key: String) async throws {
        let trail = try await withUnruledStent { stent, hosp async throws in
            let first = try await stent.once(create(note("kept"), key: key))
            #expect(first.status == 201)
            #expect(first["Idempotent-Replayed"] == nil)
            let second = try await stent.once(create(note("kept"), key: key))
            #expect(second.status == 201)
            #expect(second["Idempotent-Replayed"] == "true")
            #expect(second.body == first.body)
            for name in ["Content-Type", "Location", "ETag", "Date"] { #expect(second[name] == first[name]) }
            #expect(second["X-Request-Id"] != first["X-Request-Id"])
            #expect(try await hosp.arrivals().count == 1)
        }
        #expect(trail.map(\.reason) == ["exchange.answered", "idempotency.replayed"])
        #expect(trail.map(\.outcome) == ["committed", "committed"])
        #expect(trail.map { $0.tries?.count } == [1, 0])
    }

    @Test func `a key that means another request is refused`() async throws {
        try await withUnruledStent { stent, hosp async throws in
            #expect(try await stent.once(create(note("one"), key: "k")).status == 201)
            let other = try await stent.once(create(note("two"), key: "k"))
            #expect(other.status == 422)
            #expect(other.reason == "idempotency.key-reused")
            #expect(other["Stent-Outcome"] == "rejected")
            #expect(try await hosp.notes("two").isEmpty)
        }
    }

    @Test func `a request whose twin is under way is told so`() async throws {
        let held = HeldUpstream()
        try await withStent("hosp.yaml", before: held.script) {
            $0.makeQuick()
        } _: { stent, _ async throws in
            let client = try await stent.connect()
            try await client.send(create(note(), key: "k"))
            #expect(await eventually { held.requests.count == 1 })
            let twin = try await stent.once(create(note(), key: "k"))
            #expect(twin.status == 409)
            #expect(twin.reason == "idempotency.in-flight")
            #expect(twin["Stent-Outcome"] == "unknown")
            held.open()
            #expect(try await client.answer().status == 201)
            #expect(try await stent.once(create(note(), key: "k"))["Idempotent-Replayed"] == "true")
            #expect(held.requests.count == 1)
            await client.close()
        }
    }

    @Test func `another caller's key, and a key on another route, are other keys`() async throws {
        try await withUnruledStent { stent, hosp async throws in
            let first = try await stent.once(create(note("same"), staff: 1, key: "k"))
            let second = try await stent.once(create(note("same"), staff: 2, key: "k"))
            #expect([first.status, second.status] == [201, 201])
            #expect(first.recordID != second.recordID)
            #expect(try await stent.once(create("/hospitals", #"{"name":"k"}"#, key: "k")).status == 201)
            #expect(try await hosp.arrived("POST").count == 3)
        }
    }

    @Test(arguments: [#""open"#, "a b", #""a";b=c"#, "", String(repeating: "k", count: 256)])
    func `a malformed key is refused`(key: String) async throws {
        try await withUnruledStent { stent, hosp async throws in
            let answer = try await stent.once(create(note(), key: key))
            #expect(answer.status == 400)
            #expect(answer.reason == "idempotency.malformed-key")
            #expect(try await hosp.arrivals().isEmpty)
        }
    }

    @Test func `a read with a key is a read`() async throws {
        try await withUnruledStent { stent, hosp async throws in
            for _ in 0..<2 {
                let answer = try await stent.once(get("/notes/7", credentials() + "Idempotency-Key: \"k\"\r\n"))
                #expect(answer.status == 200)
                #expect(answer["Idempotent-Replayed"] == nil)
            }
            #expect(try await hosp.arrivals().count == 2)
        }
    }

    @Test func `answers are given again after a restart`() async throws {
        let hosp = try await HospServer.start(HospOptions(timeScale: 0))
        var settings = try StentHarness.settings(shipped: "hosp.yaml", upstreamPort: hosp.port)
        settings.removePolicies()
        settings.makeQuick()
        let before = try await StentHarness.start(settings)
        let first = try await before.once(create(note("lasting"), key: "k"))
        #expect(first.status == 201)
        await before.server.stop()

        let after = try await StentHarness.start(settings, stateDirectory: before.stateDirectory)
        let second = try await after.once(create(note("lasting"), key: "k"))
        #expect(second.status == 201)
        #expect(second["Idempotent-Replayed"] == "true")
        #expect(second.body == first.body)
        #expect(try await after.once(create(note("other"), key: "k")).status == 422)
        #expect(try await hosp.arrived("POST").count == 1)
        try await after.stop()
        try await hosp.stop()
    }

    @Test func `HOSP's own refusal is given again`() async throws {
        let trail = try await withUnruledStent { stent, hosp async throws in
            let empty = #"{"title":"","body":"b","patient_id":3,"staff_id":1}"#
            let first = try await stent.once(create(empty, key: "k"))
            let second = try await stent.once(create(empty, key: "k"))
            #expect([first.status, second.status] == [422, 422])
            #expect(second["Idempotent-Replayed"] == "true")
            #expect(second.body == first.body)
            #expect(try await hosp.arrivals().count == 1)
        }
        #expect(trail.map(\.outcome) == ["rejected", "rejected"])
    }

    @Test func `a key whose request was not carried out can be used again`() async throws {
        try await withUnruledStent { settings in
            settings.retry.attempts = 2
        } _: { stent, hosp async throws in
            try await hosp.inject(Self.spoil(.errorBefore, count: 2))
            #expect(try await stent.once(create(note("later"), key: "k")).reason == "resend.not-done")
            let second = try await stent.once(create(note("later"), key: "k"))
            #expect(second.status == 201)
            #expect(second["Idempotent-Replayed"] == nil)
            #expect(try await hosp.notes("later").count == 1)
        }
    }

    @Test func `a DELETE with a key is answered alike, though nothing is left to delete`() async throws {
        try await withUnruledStent { stent, hosp async throws in
            let request = "DELETE /notes/7 HTTP/1.1\r\nHost: a\r\n\(credentials())Idempotency-Key: \"k\"\r\n\r\n"
            #expect(try await stent.once(request).status == 204)
            let second = try await stent.once(request)
            #expect(second.status == 204)
            #expect(second["Idempotent-Replayed"] == "true")
            #expect(try await hosp.arrivals().count == 1)
        }
    }

    @Test func `a record that was found after a failure is the answer of the key, too`() async throws {
        try await withUnruledStent { stent, hosp async throws in
            try await hosp.inject(Self.spoil(.errorAfter))
            let first = try await stent.once(create(note("found"), key: "k"))
            let second = try await stent.once(create(note("found"), key: "k"))
            #expect([first.status, second.status] == [201, 201])
            #expect(second["Idempotent-Replayed"] == "true")
            #expect(second.body == first.body)
            #expect(second["Location"] == first["Location"])
            #expect(try await hosp.notes("found").count == 1)
        }
    }

    // MARK: an unknown end

    @Test func `a key whose outcome was unknown finds its record, as often as it is asked`() async throws {
        try await withUnruledStent { settings in
            settings.breaker = nil
            settings.upstream.deadline = .milliseconds(400)
        } _: { stent, hosp async throws in
            try await hosp.inject(Self.spoil(.errorAfter))
            try await hosp.inject(Injection(.delay(milliseconds: 600), method: "GET"))
            let request = create(note("mine"), key: "k")
            #expect(try await stent.once(request)["Stent-Outcome"] == "unknown")
            let id = try #require(try await hosp.notes("mine").first?.id)
            let second = try await stent.once(request)
            #expect(second.status == 201)
            #expect(second.recordID == id)
            let third = try await stent.once(request)
            #expect(third.status == 201)
            #expect(third.recordID == id)
            #expect(try await hosp.arrived("POST").count == 1)
        }
    }

    @Test func `a key whose outcome was unknown is not done again where its record is not there`() async throws {
        try await withUnruledStent { settings in
            settings.breaker = nil
            settings.upstream.deadline = .milliseconds(400)
        } _: { stent, hosp async throws in
            try await hosp.inject(Self.spoil(.errorBefore))
            try await hosp.inject(Injection(.delay(milliseconds: 600), method: "GET"))
            let request = create(note("nobody's"), key: "k")
            #expect(try await stent.once(request)["Stent-Outcome"] == "unknown")
            let again = try await stent.once(request)
            #expect(again.status == 409)
            #expect(again.reason == "idempotency.unknown-outcome")
            #expect(again["Stent-Outcome"] == "unknown")
            #expect(try await hosp.arrived("POST").count == 1)
        }
    }

    @Test func `a form whose outcome was unknown is not done again`() async throws {
        try await withUnruledStent { stent, hosp async throws in
            try await hosp.inject(Self.spoil(.errorAfter))
            #expect(try await stent.once(post("/notes", Self.form, Self.formFields)).status == 500)
            let again = try await stent.once(post("/notes", Self.form, Self.formFields))
            #expect(again.status == 409)
            #expect(again.reason == "idempotency.unknown-outcome")
            #expect(again["Stent-Outcome"] == "unknown")
            #expect(try await hosp.arrivals().count == 1)
        }
    }

    @Test func `a client that lost its connection comes back with its key and gets its record`() async throws {
        try await withUnruledStent { stent, hosp async throws in
            try await hosp.inject(Injection(.delay(milliseconds: 300), method: "POST"))
            let client = try await stent.connect()
            try await client.send(create(note("lost"), key: "k"))
            #expect(await eventually { try await hosp.arrivals().count == 1 })
            await client.reset()
            #expect(await stent.comesToHave(exchanges: 0))
            let again = try await stent.once(create(note("lost"), key: "k"))
            #expect(again.status == 201)
            #expect(try await hosp.notes("lost").map(\.id) == [again.recordID])
        }
    }

    @Test(arguments: ["PATCH", "DELETE"])
    func `a change whose client lost its connection is answered as it was`(method: String) async throws {
        let held = HeldUpstream()
        try await withStent("hosp.yaml", before: held.script) {
            $0.makeQuick()
        } _: { stent, _ async throws in
            let change = #"{"title":"Recheck"}"#
            let request =
                "\(method) /notes/7 HTTP/1.1\r\nHost: a\r\n\(credentials())Idempotency-Key: \"k\"\r\n"
                + "Content-Type: application/json\r\nContent-Length: \(change.utf8.count)\r\n\r\n\(change)"
            let client = try await stent.connect()
            try await client.send(request)
            #expect(await eventually { held.requests.count == 1 })
            await client.reset()
            #expect(await stent.comesToHave(clients: 0))
            held.open()
            #expect(await stent.comesToHave(exchanges: 0))
            let again = try await stent.once(request)
            #expect(again.status == 200)
            #expect(again["Idempotent-Replayed"] == "true")
            #expect(held.requests.count == 1)
        }
    }

    @Test func `a key whose request was cut off by a restart finds its record`() async throws {
        let hosp = try await HospServer.start(HospOptions(timeScale: 0))
        var settings = try StentHarness.settings(shipped: "hosp.yaml", upstreamPort: hosp.port)
        settings.removePolicies()
        settings.makeQuick()
        settings.timeouts.drain = .milliseconds(50)
        let request = create(note("cut off"), key: "k")
        try await hosp.inject(Injection(.delay(milliseconds: 2_000), method: "POST"))
        let before = try await StentHarness.start(settings)
        let client = try await before.connect()
        try await client.send(request)
        #expect(await eventually { try await hosp.arrivals().count == 1 })
        await before.server.stop()
        let cut = try await client.answer()
        // Where everything else is slower than HOSP, it was in time.
        #expect(cut.status == 201 || cut.status == 503 && cut["Stent-Outcome"] == "unknown")
        await client.close()

        let after = try await StentHarness.start(settings, stateDirectory: before.stateDirectory)
        let early = try await after.once(request)
        #expect(early.status == 409 || early.status == 201)
        #expect(await eventually { try await hosp.notes("cut off").count == 1 })
        if early.status == 409 { #expect(try await after.once(request).status == 201) }
        #expect(try await hosp.arrived("POST").count == 1)
        try await after.stop()
        try await hosp.stop()
    }
}
