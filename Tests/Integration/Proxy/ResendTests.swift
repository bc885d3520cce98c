import HospKit
import StentModel
import StentTestKit
import Testing

/// A write that failed is not sent again before HOSP was asked for its record: it happens once, and the client hears so.
@Suite struct ResendTests {
    private static func spoil(
        _ fault: Fault, _ method: String = "POST", count: Int = 1, committed: Bool? = nil
    ) -> Injection {
        var injection = Injection(.fault(fault), count: count, method: method)
        injection.committed = committed
        return injection
    }

    private static let truncations = Truncation.allCases.map { variant in
        var injection = spoil(.truncate)
        injection.truncation = variant
        return injection
    }

    private static let malformations = Malformation.allCases.map { variant in
        var injection = spoil(.malformed)
        injection.malformation = variant
        return injection
    }

    // MARK: found or sent again

    @Test(arguments: [spoil(.errorAfter), spoil(.reset, committed: true)] + truncations + malformations)
    func `a create that was carried out and badly answered is answered with HOSP's own record`(
        injection: Injection
    ) async throws {
        let trail = try await withUnruledStent { stent, hosp async throws in
            try await hosp.inject(injection)
            let answer = try await stent.once(create(note("once")))
            #expect(answer.status == 201)
            let records = try await hosp.notes("once")
            #expect(records.count == 1)
            let id = try #require(records.first?.id)
            #expect(answer["Location"]?.hasSuffix("/notes/\(id)") == true)
            #expect(answer.text == (try await hosp.ask(get("/notes/\(id).json", credentials()))).text)
            #expect(answer["Stent-Outcome"] == nil)
            #expect(try await hosp.arrived("POST").count == 1)
        }
        #expect(trail.map(\.reason) == ["resend.found"])
        #expect(trail.map(\.outcome) == ["committed"])
    }

    @Test(arguments: [spoil(.errorBefore), spoil(.errorBefore, count: 3), spoil(.reset, committed: false)])
    func `a create that was not carried out is sent again`(injection: Injection) async throws {
        let trail = try await withUnruledStent { stent, hosp async throws in
            try await hosp.inject(injection)
            let answer = try await stent.once(create(note("again")))
            #expect(answer.status == 201)
            #expect(try await hosp.notes("again").map(\.id) == [answer.recordID])
            #expect(try await hosp.arrived("POST").count == injection.count + 1)
        }
        #expect(trail.map(\.reason) == ["exchange.answered"])
        #expect(trail.map(\.outcome) == ["committed"])
    }

    @Test(
        arguments: [
            ("/notes", note("Rule"), Resource.notes), ("/notes.json", note("Rule"), .notes),
            ("/hospitals", #"{"name":"Rule"}"#, .hospitals),
            ("/patients", #"{"name":"Rule","hospital_id":2}"#, .patients),
            ("/patients", #"{"name":"Rule","hospital_id":"2","birthdate":"2020-01-31"}"#, .patients),
            ("/staffs", #"{"name":"Rule","hospital_id":1,"password":"long enough"}"#, .staffs),
        ])
    func `every create of hosp.yaml has its rule`(target: String, content: String, resource: Resource) async throws {
        try await withUnruledStent { stent, hosp async throws in
            let before = try await hosp.records().count(resource)
            try await hosp.inject(Self.spoil(.errorAfter))
            let found = try await stent.once(create(target, content))
            #expect(found.status == 201)
            #expect(try await hosp.records().count(resource) == before + 1)
            let newest = try #require(try await hosp.records().all(resource).first)
            #expect(found.recordID == newest.id)
            #expect(found["Location"]?.hasSuffix("/\(resource.rawValue)/\(newest.id)") == true)
            #expect(!found.text.contains("long enough"))
        }
    }

    @Test func `a create that HOSP is still at work on is waited for`() async throws {
        let trail = try await withUnruledStent { settings in
            settings.upstream.firstByteTimeout = .milliseconds(300)
            settings.settle = .milliseconds(2_000)
        } _: { stent, hosp async throws in
            try await hosp.inject(Injection(.delay(milliseconds: 900), method: "POST"))
            let answer = try await stent.once(create(note("slow")))
            #expect(answer.status == 201)
            #expect(try await hosp.notes("slow").map(\.id) == [answer.recordID])
            #expect(try await hosp.arrived("POST").count == 1)
        }
        #expect(trail.map(\.reason) == ["resend.found"])
    }

    @Test func `a create that may still come is not sent again before its time is over`() async throws {
        try await withUnruledStent { settings in
            settings.settle = .milliseconds(500)
        } _: { stent, hosp async throws in
            try await hosp.inject(Self.spoil(.reset, committed: false))
            let start = ContinuousClock.now
            #expect(try await stent.once(create(note("settled"))).status == 201)
            #expect(start.duration(to: .now) >= .milliseconds(500))
            #expect(try await hosp.notes("settled").count == 1)
        }
    }

    // MARK: equal creates

    @Test func `two equal creates at the same time stay two records`() async throws {
        try await withUnruledStent(workers: 2) { stent, hosp async throws in
            try await hosp.inject(Self.spoil(.errorAfter, count: 2))
            let answers = try await stent.together([create(note("twin")), create(note("twin"))])
            #expect(answers.map(\.status) == [201, 201])
            let records = try await hosp.notes("twin")
            #expect(records.count == 2)
            #expect(Set(answers.map(\.recordID)) == Set(records.map(\.id)))
        }
    }

    @Test func `two equal creates after one another stay two records`() async throws {
        try await withUnruledStent { stent, hosp async throws in
            let client = try await stent.connect()
            for fault in [Fault.errorAfter, .errorBefore, .errorAfter] {
                try await hosp.inject(Self.spoil(fault))
                #expect(try await client.exchange(create(note("again"))).status == 201)
            }
            #expect(try await client.exchange(create(note("again"))).status == 201)
            #expect(try await hosp.notes("again").count == 4)
            await client.close()
        }
    }

    @Test func `twenty equal creates through half of all faults are twenty records`() async throws {
        try await withUnruledStent(workers: 2) { settings in
            settings.breaker = nil
        } _: { stent, hosp async throws in
            for fault in [Fault.errorAfter, .errorBefore, .truncate, .malformed] {
                try await hosp.inject(Self.spoil(fault, count: 5))
            }
            let answers = try await stent.together((0..<20).map { _ in create(note("many")) })
            #expect(answers.allSatisfy { $0.status == 201 })
            let records = try await hosp.notes("many")
            #expect(records.count == 20)
            #expect(Set(answers.map(\.recordID)) == Set(records.map(\.id)))
        }
    }

    // MARK: what is asked

    @Test func `HOSP is asked as the caller, for the list that the record stands in`() async throws {
        try await withUnruledStent { stent, hosp async throws in
            try await hosp.inject(Self.spoil(.errorAfter))
            #expect(try await stent.once(create(note("mine", patient: 7), staff: 2)).status == 201)
            let asked = try #require(try await hosp.arrived("GET").first)
            #expect(asked.target == "/notes?patient_id=7")
            #expect(asked.user == "staff2")
            #expect(asked.bodyLength == 0)
            #expect(!asked.fields.contains { $0.name.lowercased() == "content-type" })
        }
    }

    // MARK: no good end

    @Test func `an outcome that HOSP does not tell is called unknown`() async throws {
        let trail = try await withUnruledStent { settings in
            settings.breaker = nil
            settings.upstream.deadline = .milliseconds(500)
        } _: { stent, hosp async throws in
            try await hosp.inject(Self.spoil(.errorAfter))
            try await hosp.inject(Self.spoil(.errorBefore, "GET", count: 100_000))
            let answer = try await stent.once(create(note("unknown")))
            #expect(answer.status == 504)
            #expect(answer.reason == "exchange.deadline")
            #expect(answer["Stent-Outcome"] == "unknown")
            #expect(try await hosp.arrived("POST").count == 1)
        }
        #expect(trail.map(\.outcome) == ["unknown"])
    }

    /// 503 with Retry-After would invite the client to do it a second time.
    @Test(arguments: [BreakerSettings.WhileOpen.wait, .refuse])
    func `an outcome that can't be asked for while HOSP is down is called unknown`(
        whileOpen: BreakerSettings.WhileOpen
    ) async throws {
        let trail = try await withUnruledStent { settings in
            settings.breaker?.whileOpen = whileOpen
            settings.breaker?.probeEvery = .seconds(600)
            settings.breaker?.probeMaximum = .seconds(600)
            settings.upstream.deadline = .milliseconds(500)
        } _: { stent, hosp async throws in
            try await hosp.inject(Self.spoil(.errorAfter))
            try await hosp.inject(Self.spoil(.errorBefore, "GET", count: 100_000))
            let answer = try await stent.once(create(note("unknown")))
            #expect(answer.status == 502)
            #expect(answer.reason == "resend.unverified")
            #expect(answer["Retry-After"] == nil)
            #expect(answer["Stent-Outcome"] == "unknown")
            #expect(try await hosp.arrived("POST").count == 1)
        }
        #expect(trail.map(\.outcome) == ["unknown"])
    }

    @Test func `a create that was never carried out is refused as such once all attempts are spent`() async throws {
        let trail = try await withUnruledStent { settings in
            settings.retry.attempts = 3
        } _: { stent, hosp async throws in
            try await hosp.inject(Self.spoil(.errorBefore, count: 3))
            let answer = try await stent.once(create(note("never")))
            #expect(answer.status == 502)
            #expect(answer.reason == "resend.not-done")
            #expect(answer["Stent-Outcome"] == "rejected")
            #expect(try await hosp.notes("never").isEmpty)
            #expect(try await hosp.arrived("POST").count == 3)
        }
        #expect(trail.map(\.outcome) == ["rejected"])
    }

    @Test func `the last attempt's record is found, too`() async throws {
        try await withUnruledStent { settings in
            settings.retry.attempts = 2
        } _: { stent, hosp async throws in
            try await hosp.inject(Self.spoil(.errorBefore))
            try await hosp.inject(Self.spoil(.errorAfter))
            #expect(try await stent.once(create(note("late"))).status == 201)
            #expect(try await hosp.notes("late").count == 1)
        }
    }

    @Test func `a list that is none leaves the outcome unknown`() async throws {
        let trail = try await withStent("hosp.yaml") { connection, _ in
            while true {
                let request = try await connection.message(within: .seconds(600))
                try await connection.send(
                    request.method == "GET"
                        ? ok(#"{"notes":[]}"#) : "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n")
            }
        } change: {
            $0.makeQuick()
        } _: { stent, _ async throws in
            let answer = try await stent.once(create(note()))
            #expect(answer.status == 502)
            #expect(answer.reason == "resend.unverified")
            #expect(answer["Stent-Outcome"] == "unknown")
        }
        #expect(trail.map { $0.tries?.count } == [4])
    }

    @Test(arguments: [Fault.errorBefore, .errorAfter])
    func `a form can't be recognised, and is sent once`(fault: Fault) async throws {
        try await withUnruledStent { stent, hosp async throws in
            try await hosp.inject(Self.spoil(fault))
            let form = "title=form&body=b&patient_id=3&staff_id=1"
            let type = "Content-Type: application/x-www-form-urlencoded\r\n"
            let answer = try await stent.once(post("/notes", form, credentials() + type))
            #expect(answer.status == 500)
            #expect(answer["Stent-Outcome"] == "unknown")
            #expect(try await hosp.arrivals().count == 1)
        }
    }

    @Test func `a create that HOSP refuses is refused, and nothing is asked`() async throws {
        try await withUnruledStent { stent, hosp async throws in
            let answer = try await stent.once(create(#"{"title":"","body":"b","patient_id":3,"staff_id":1}"#))
            #expect(answer.status == 422)
            #expect(answer["Stent-Outcome"] == "rejected")
            #expect(try await hosp.arrivals().count == 1)
        }
    }

    // MARK: content

    @Test func `a create that comes in chunks is gathered, and asked for where its client waits for that`() async throws
    {
        try await withUnruledStent { stent, hosp async throws in
            try await hosp.inject(Self.spoil(.errorAfter))
            let client = try await stent.connect()
            try await client.send(
                "POST /notes HTTP/1.1\r\nHost: a\r\n\(credentials())Content-Type: application/json; charset=utf-8\r\n"
                    + "Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n")
            #expect(try await client.message().status == 100)
            let content = note("chunks")
            for part in [content.prefix(9), content.dropFirst(9)] {
                try await client.send("\(String(part.utf8.count, radix: 16))\r\n\(part)\r\n")
            }
            try await client.send("0\r\n\r\n")
            let answer = try await client.answer()
            #expect(answer.status == 201)
            #expect(try await hosp.notes("chunks").map(\.id) == [answer.recordID])
            await client.close()
        }
    }

    @Test func `a create that is too large to be kept is passed on, and sent once`() async throws {
        try await withUnruledStent { stent, hosp async throws in
            let large =
                #"{"title":"\#(String(repeating: "t", count: 1_500_000))","body":"b","patient_id":3,"staff_id":1}"#
            #expect(try await stent.once(create(large)).status == 201)
            try await hosp.inject(Self.spoil(.errorBefore))
            let failed = try await stent.once(create(large))
            #expect(failed.status == 500)
            #expect(failed["Stent-Outcome"] == "unknown")
            #expect(try await hosp.arrivals().count == 2)
            let keyed = try await stent.once(create(large, key: "k"))
            #expect(keyed.status == 413)
            #expect(keyed.reason == "idempotency.body-too-large")
            #expect(keyed["Stent-Outcome"] == "rejected")
            #expect(try await hosp.arrivals().count == 2)
        }
    }

    /// What Rails reads from the query, from a member `note`, or from duplicate members is not what was compared.
    @Test(
        arguments: [
            #"{"note":{"title":"odd","body":"b","patient_id":3,"staff_id":1}}"#, #"[{"title":"odd"}]"#, "no JSON",
            #"{"title":"odd","title":"odd","body":"b","patient_id":3,"staff_id":1}"#,
            #"{"title":"odd","body":"b","staff_id":1}"#,
        ])
    func `a create whose record could not be recognised is sent once`(content: String) async throws {
        try await withUnruledStent { stent, hosp async throws in
            try await hosp.inject(Self.spoil(.errorAfter))
            let answer = try await stent.once(create(content))
            #expect(answer.status >= 400)
            #expect(answer.status < 500 || answer["Stent-Outcome"] == "unknown")
            #expect(try await hosp.arrivals().count == 1)
        }
    }

    @Test func `a record that HOSP keeps otherwise than it was sent is not sent twice`() async throws {
        try await withUnruledStent { stent, hosp async throws in
            for content in [
                #"{"title":7,"body":true,"patient_id":"3","staff_id":"1"}"#,
                #"{"title":"cast","body":" b ","patient_id":"3x","staff_id":1.0}"#,
                #"{"title":"caf\u00e9","body":"\n","patient_id":3,"staff_id":1}"#,
            ] {
                let before = try await hosp.records().count(.notes)
                try await hosp.inject(Self.spoil(.errorAfter))
                let answer = try await stent.once(create(content))
                #expect(answer.status == 201 || answer["Stent-Outcome"] != nil)
                #expect(try await hosp.records().count(.notes) <= before + 1)
            }
        }
    }

    // MARK: what may be repeated as it is

    @Test func `a DELETE that was carried out and failed is repeated, and what is gone is deleted`() async throws {
        try await withUnruledStent { stent, hosp async throws in
            try await hosp.inject(Self.spoil(.errorAfter, "DELETE"))
            let answer = try await stent.once("DELETE /notes/7 HTTP/1.1\r\nHost: a\r\n\(credentials())\r\n")
            #expect(answer.status == 204)
            #expect(try await hosp.records().find(.notes, 7) == nil)
            #expect(try await hosp.arrived("DELETE").count == 2)
            let other = try await stent.once("DELETE /notes/7 HTTP/1.1\r\nHost: a\r\n\(credentials())\r\n")
            #expect(other.status == 404)
        }
    }

    @Test(arguments: [Fault.errorBefore, .errorAfter, .reset, .truncate])
    func `a PATCH is repeated`(fault: Fault) async throws {
        try await withUnruledStent { stent, hosp async throws in
            try await hosp.inject(Self.spoil(fault, "PATCH"))
            let change = #"{"title":"Recheck"}"#
            let answer = try await stent.once(
                "PATCH /notes/7 HTTP/1.1\r\nHost: a\r\n\(credentials())Content-Type: application/json\r\n"
                    + "Content-Length: \(change.utf8.count)\r\n\r\n\(change)")
            #expect(answer.status == 200)
            #expect(try await hosp.records().find(.notes, 7)?.text("title") == "Recheck")
            #expect(try await hosp.arrived("PATCH").count == 2)
        }
    }
}
