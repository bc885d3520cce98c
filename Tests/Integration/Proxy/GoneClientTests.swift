import HospKit
import StentModel
import StentTestKit
import Testing

/// A client that goes away leaves nothing behind that others would have to wait for.
@Suite struct GoneClientTests {
    private static func alone(_ settings: inout Settings) {
        settings.makeQuick()
        settings.upstream.concurrency = ConcurrencySettings()
        settings.upstream.concurrency?.initial = 1
        settings.upstream.concurrency?.minimum = 1
        settings.upstream.concurrency?.maximum = 1
    }

    @Test func `a client that goes away while it waits for admission leaves its place`() async throws {
        let held = HeldUpstream()
        let trail = try await withStent("hosp.yaml", before: held.script) {
            Self.alone(&$0)
        } _: { stent, _ async throws in
            let first = try await stent.connect()
            try await first.send(get("/patients/1", credentials()))
            #expect(await eventually { held.requests.count == 1 })
            let second = try await stent.connect()
            try await second.send(create(note()))
            #expect(await stent.comesToHave(exchanges: 2))
            await second.reset()
            #expect(await stent.comesToHave(exchanges: 1))
            held.open()
            #expect(try await first.answer().status == 200)
            #expect(await stent.comesToHave(exchanges: 0))
            #expect(try await first.exchange(create(note())).status == 201)
            #expect(held.requests == ["GET /patients/1", "POST /notes"])
            await first.close()
        }
        #expect(trail.map(\.reason).contains("client.gone"))
        #expect(trail.first { $0.reason == "client.gone" }?.outcome == "not-sent")
    }

    @Test func `a client that goes away while it has the only place at HOSP gives it back`() async throws {
        let held = HeldUpstream()
        try await withStent("hosp.yaml", before: held.script) {
            Self.alone(&$0)
        } _: { stent, _ async throws in
            for number in 1...3 {
                let reader = try await stent.connect()
                try await reader.send(get("/patients/\(number)", credentials()))
                #expect(await eventually { held.requests.count == number })
                await reader.reset()
                #expect(await stent.comesToHave(exchanges: 0))
            }
            held.open()
            #expect(try await stent.once(get("/patients/4", credentials())).status == 200)
        }
    }

    @Test func `a client that goes away while it waits for its turn leaves it to the next`() async throws {
        let held = HeldUpstream()
        try await withStent("hosp.yaml", before: held.script) {
            $0.makeQuick()
        } _: { stent, _ async throws in
            var clients: [RawConnection] = []
            for count in 1...3 {
                clients.append(try await stent.connect())
                try await clients[count - 1].send(create(note("same")))
                #expect(await stent.comesToHave(exchanges: count))
            }
            await clients[1].reset()
            #expect(await stent.comesToHave(exchanges: 2))
            #expect(held.requests == ["POST /notes"])
            held.open()
            #expect(try await clients[0].answer().status == 201)
            #expect(try await clients[2].answer().status == 201)
            #expect(try await stent.once(create(note("same"))).status == 201)
            #expect(held.requests.count == 3)
            #expect(await stent.comesToHave(exchanges: 0))
            for client in clients { await client.close() }
        }
    }

    @Test func `a create whose client goes away is seen through, and its turn passed on`() async throws {
        let held = HeldUpstream()
        let trail = try await withStent("hosp.yaml", before: held.script) {
            $0.makeQuick()
        } _: { stent, _ async throws in
            let first = try await stent.connect()
            try await first.send(create(note("same")))
            #expect(await eventually { held.requests.count == 1 })
            await first.reset()
            #expect(await stent.comesToHave(clients: 0))
            let second = try await stent.connect()
            try await second.send(create(note("same")))
            #expect(await stent.comesToHave(exchanges: 2))
            held.open()
            #expect(try await second.answer().status == 201)
            #expect(await stent.comesToHave(exchanges: 0))
            #expect(held.requests.count == 2)
            await second.close()
        }
        #expect(trail.first { $0.reason == "client.gone" }?.outcome == "committed")
    }

    @Test func `clients that go away at any moment of a keyed create leave no key in flight`() async throws {
        try await withUnruledStent(workers: 2) { settings in
            settings.limits.perCaller = nil
        } _: { stent, hosp async throws in
            for number in 0..<40 {
                let client = try await stent.connect()
                try await client.send(create(note("key \(number)"), key: "key-\(number)"))
                await client.reset()
            }
            #expect(await stent.comesToHave(exchanges: 0))
            for number in 0..<40 {
                let again = try await stent.once(create(note("key \(number)"), key: "key-\(number)"))
                #expect(again.status == 201)
                #expect(try await hosp.notes("key \(number)").count == 1)
            }
        }
    }

    @Test func `clients that go away at any moment leave HOSP free for others`() async throws {
        try await withUnruledStent(timeScale: 0.2, workers: 2) { settings in
            Self.alone(&settings)
            settings.limits.perCaller = nil
        } _: { stent, hosp async throws in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<40 {
                    group.addTask {
                        let client = try await stent.connect()
                        try await client.send(
                            number % 2 == 0 ? create(note("same")) : get("/patients/3", credentials()))
                        await client.reset()
                    }
                }
                try await group.waitForAll()
            }
            #expect(await stent.comesToHave(exchanges: 0))
            #expect(try await stent.once(create(note("same"))).status == 201)
            #expect(try await stent.once(get("/patients/3", credentials())).status == 200)
            #expect(await eventually { try await hosp.counters().inFlight == 0 })
        }
    }
}
