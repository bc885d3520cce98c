import HospKit
import StentModel
import StentTestKit
import Testing

/// While HOSP is down it is asked once in a while, and its users wait for it instead of being turned away.
@Suite struct OutageTests {
    private static let errors = Profile.named("outage-errors") ?? .outage
    private static let resets = Profile.named("outage-reset") ?? .outage
    private static let read = get("/patients/3", credentials())

    /// How many requests HOSP has heard.
    private static func arrivals(_ hosp: HospServer) async throws -> Int { try await hosp.arrivals().count }

    @Test(arguments: [errors, resets, .outage])
    func `requests wait for recovery, and then all are answered`(outage: Profile) async throws {
        let trail = try await withUnruledStent(workers: 2) { settings in
            settings.breaker?.probeEvery = .milliseconds(100)
            settings.breaker?.probeMaximum = .milliseconds(200)
            settings.upstream.deadline = .seconds(20)
        } _: { stent, hosp async throws in
            try await hosp.setProfile(outage)
            let reads = Task { try await stent.together((0..<20).map { _ in Self.read }) }
            let writes = Task { try await stent.together((0..<5).map { create(note("outage \($0)")) }) }
            #expect(await stent.comesToHave(exchanges: 25))
            #expect(try await stent.admin("/readyz").status == 200)
            #expect(try await stent.admin("/healthz").status == 200)
            // Longer than several pauses: everybody still waits.
            #expect(
                await always(for: .milliseconds(800), every: .milliseconds(50)) {
                    (try? await stent.metric("stent_exchanges_active")) == 25
                })
            #expect(try await Self.arrivals(hosp) <= 30)
            try await hosp.setProfile(.calm)
            #expect(try await reads.value.allSatisfy { $0.status == 200 })
            #expect(try await writes.value.allSatisfy { $0.status == 201 })
            for number in 0..<5 { #expect(try await hosp.notes("outage \(number)").count == 1) }
        }
        #expect(trail.count == 25)
        #expect(trail.allSatisfy { $0.status == 200 || $0.status == 201 })
    }

    @Test func `probes come one at a time, and ever more rarely`() async throws {
        try await withUnruledStent { settings in
            settings.breaker?.probeEvery = .milliseconds(100)
            settings.breaker?.probeMaximum = .milliseconds(400)
            settings.upstream.deadline = .milliseconds(2_000)
        } _: { stent, hosp async throws in
            try await hosp.setProfile(Self.errors)
            let answers = try await stent.together((0..<30).map { _ in Self.read })
            // Whose own attempt was the last one before its deadline hears what came of it.
            #expect(answers.allSatisfy { [500, 503, 504].contains($0.status) })
            #expect(answers.count { $0.reason == "breaker.open" } > 20)
            // At most 8 at once before it opened, then after 100, 200, 400 ms, and so on.
            #expect((5...24).contains(try await Self.arrivals(hosp)))
        }
    }

    @Test func `whose deadline ends before the outage is told when to come again`() async throws {
        let trail = try await withUnruledStent { settings in
            settings.breaker?.probeEvery = .seconds(600)
            settings.breaker?.probeMaximum = .seconds(600)
            settings.upstream.deadline = .seconds(1)
        } _: { stent, hosp async throws in
            try await hosp.setProfile(Self.errors)
            let read = try await stent.once(Self.read)
            #expect(read.status == 503)
            #expect(read.reason == "breaker.open")
            #expect((Int(read["Retry-After"] ?? "") ?? 0) >= 1)
            #expect(read["Stent-Outcome"] == nil)
        }
        #expect(trail.map(\.reason) == ["breaker.open"])
    }

    /// Nobody else is there to feel whether HOSP is back: the write itself is sent, and HOSP's 500 leaves it unclear.
    @Test func `a write that was sent as a probe is sent once, and called unknown`() async throws {
        let trail = try await withUnruledStent { settings in
            settings.upstream.deadline = .seconds(2)
        } _: { stent, hosp async throws in
            try await hosp.setProfile(Self.errors)
            #expect(try await stent.once(Self.read).status >= 500)
            let write = try await stent.once(create(note("probe")))
            #expect([502, 504].contains(write.status))
            #expect(write["Stent-Outcome"] == "unknown")
            #expect(write["Retry-After"] == nil)
            #expect(try await hosp.arrived("POST").count == 1)
        }
        #expect(trail.map(\.outcome) == [nil, "unknown"])
    }

    @Test func `a write that never left stent says so`() async throws {
        let trail = try await withUnruledStent { settings in
            settings.breaker?.probeEvery = .seconds(600)
            settings.breaker?.probeMaximum = .seconds(600)
            settings.upstream.deadline = .seconds(1)
        } _: { stent, hosp async throws in
            try await hosp.setProfile(.outage)
            for _ in 0..<2 {
                let answer = try await stent.once(create(note("not sent")))
                #expect(answer.status == 503)
                #expect(answer.reason == "breaker.open")
                #expect(answer["Stent-Outcome"] == "not-sent")
            }
        }
        #expect(trail.map(\.outcome) == ["not-sent", "not-sent"])
    }

    @Test func `where nobody is to wait, requests are refused at once`() async throws {
        try await withUnruledStent { settings in
            settings.breaker?.whileOpen = .refuse
            settings.breaker?.probeEvery = .seconds(600)
            settings.breaker?.probeMaximum = .seconds(600)
        } _: { stent, hosp async throws in
            try await hosp.setProfile(Self.errors)
            #expect(try await stent.once(Self.read).reason == "breaker.open")
            let before = try await Self.arrivals(hosp)
            #expect((4...5).contains(before))
            for _ in 0..<20 {
                let answer = try await stent.once(Self.read)
                #expect(answer.status == 503)
                #expect((Int(answer["Retry-After"] ?? "") ?? 0) >= 1)
            }
            #expect(try await Self.arrivals(hosp) == before)
        }
    }

    @Test func `where nobody is to wait, HOSP is found to be back all the same`() async throws {
        try await withUnruledStent { settings in
            settings.breaker?.whileOpen = .refuse
        } _: { stent, hosp async throws in
            try await hosp.setProfile(Self.errors)
            #expect(try await stent.once(Self.read).status == 503)
            try await hosp.setProfile(.calm)
            #expect(await eventually { try await stent.once(Self.read).status == 200 })
            #expect(
                await eventually {
                    try await stent.together((0..<20).map { _ in Self.read }).allSatisfy { $0.status == 200 }
                })
        }
    }

    @Test func `the usual failures don't open it`() async throws {
        let trail = try await withUnruledStent { settings in
            settings.limits.perCaller = nil
        } _: { stent, hosp async throws in
            var profile = Profile.calm
            profile.rates = Profile.Rates(errorBefore: 0.3, errorAfter: 0.05)
            try await hosp.setProfile(profile)
            let client = try await stent.connect()
            for _ in 0..<200 { #expect(try await client.exchange(Self.read).status == 200) }
            await client.close()
        }
        #expect(trail.count { $0.status == 200 } == 200)
    }
}
