import HospKit
import StentModel
import StentTestKit
import Testing

/// HOSP gets no more than it can bear; the rest wait in an order that makes sense, and too many are told so.
@Suite struct AdmissionTests {
    private static func concurrency(_ limit: Int, queue: Int = 256) -> ConcurrencySettings {
        var settings = ConcurrencySettings()
        settings.initial = limit
        settings.minimum = 1
        settings.maximum = limit
        settings.queue = queue
        return settings
    }

    private static func read(_ id: Int = 3, staff: Int = 1) -> String { get("/patients/\(id)", credentials(staff)) }

    /// Runs a test before an upstream that holds its answers, one request of a worker at a time.
    private func withHeldUpstream(
        queue: Int = 256, workers: Int = 1, change: (inout Settings) -> Void = { _ in },
        _ body: (StentHarness, HeldUpstream) async throws -> Void
    ) async throws {
        let held = HeldUpstream()
        try await withStent("hosp.yaml", before: held.script) { settings in
            settings.makeQuick()
            settings.upstream.concurrency = Self.concurrency(1, queue: queue)
            change(&settings)
        } _: { stent, _ async throws in
            try await body(stent, held)
        }
    }

    /// Sends requests one after another, each once the one before it is under way or waits.
    private func line(up requests: [String], at stent: StentHarness, after count: Int = 0) async throws
        -> [RawConnection]
    {
        var clients: [RawConnection] = []
        for (index, request) in requests.enumerated() {
            let client = try await stent.connect()
            try await client.send(request)
            #expect(await stent.comesToHave(exchanges: count + index + 1))
            clients.append(client)
        }
        return clients
    }

    // MARK: the limit

    @Test(arguments: [1, 2])
    func `no more than the limit are at HOSP at once, and everybody is answered`(workers: Int) async throws {
        try await withUnruledStent(timeScale: 1, workers: workers) { settings in
            settings.upstream.concurrency = Self.concurrency(2)
        } _: { stent, hosp async throws in
            let answers = try await stent.together((0..<30).map { Self.read($0 % 20 + 1) })
            #expect(answers.allSatisfy { $0.status == 200 })
            let counters = try await hosp.counters()
            #expect(counters.arrived == 30)
            #expect(counters.maximumInFlight == 2)
        }
    }

    @Test func `verifying and repeated requests keep to the limit, too`() async throws {
        try await withUnruledStent(timeScale: 1, workers: 2) { settings in
            settings.upstream.concurrency = Self.concurrency(2)
        } _: { stent, hosp async throws in
            for fault in [Fault.errorBefore, .errorAfter] {
                try await hosp.inject(Injection(.fault(fault), count: 3, method: "POST"))
            }
            let answers = try await stent.together((0..<12).map { create(note("limited \($0)")) })
            #expect(answers.allSatisfy { $0.status == 201 })
            #expect(try await hosp.counters().maximumInFlight <= 2)
            #expect(try await hosp.counters().commits["created notes"] == 12)
        }
    }

    // MARK: the queue

    @Test func `who comes when the queue is full is told when to come again`() async throws {
        try await withHeldUpstream(queue: 2) { stent, held async throws in
            let clients = try await line(up: [Self.read(1), Self.read(2), Self.read(3)], at: stent)
            let answer = try await stent.once(Self.read(4))
            #expect(answer.status == 503)
            #expect(answer.reason == "admission.queue-full")
            #expect((Int(answer["Retry-After"] ?? "") ?? 0) >= 1)
            held.open()
            for client in clients {
                #expect(try await client.answer().status == 200)
                await client.close()
            }
            #expect(held.requests.count == 3)
        }
    }

    @Test func `a write takes the place of a read in a full queue`() async throws {
        try await withHeldUpstream(queue: 2) { stent, held async throws in
            let clients = try await line(up: [Self.read(1), Self.read(2), Self.read(3)], at: stent)
            let writer = try await stent.connect()
            try await writer.send(create(note()))
            let displaced = try await clients[2].answer()
            #expect(displaced.status == 503)
            #expect(displaced.reason == "admission.queue-full")
            held.open()
            #expect(try await writer.answer().status == 201)
            #expect(try await clients[0].answer().status == 200)
            #expect(try await clients[1].answer().status == 200)
            #expect(held.requests == ["GET /patients/1", "POST /notes", "GET /patients/2"])
            for client in clients + [writer] { await client.close() }
        }
    }

    @Test func `writes go before single records, and those before lists`() async throws {
        try await withHeldUpstream { stent, held async throws in
            let clients = try await line(
                up: [
                    Self.read(1), get("/notes", credentials()), get("/patients?hospital_id=1", credentials()),
                    Self.read(2), create(note()),
                ], at: stent)
            held.open()
            for client in clients {
                #expect((200...201).contains(try await client.answer().status))
                await client.close()
            }
            #expect(
                held.requests == [
                    "GET /patients/1", "POST /notes", "GET /patients/2", "GET /notes", "GET /patients?hospital_id=1",
                ])
        }
    }

    @Test func `callers take turns, however much one of them asks for`() async throws {
        try await withHeldUpstream { stent, held async throws in
            let requests = (1...4).map { Self.read($0, staff: 1) } + [Self.read(9, staff: 2)]
            let clients = try await line(up: requests, at: stent)
            held.open()
            for client in clients {
                #expect(try await client.answer().status == 200)
                await client.close()
            }
            #expect((1...2).contains(try #require(held.requests.firstIndex(of: "GET /patients/9"))))
        }
    }

    @Test func `who waits too long for a turn is told when to come again`() async throws {
        try await withHeldUpstream { settings in
            settings.upstream.concurrency?.queueTimeout = .milliseconds(200)
        } _: { stent, held async throws in
            let clients = try await line(up: [Self.read(1)], at: stent)
            let write = try await stent.once(create(note()))
            #expect(write.status == 503)
            #expect(write.reason == "admission.queue-timeout")
            #expect(write["Stent-Outcome"] == "not-sent")
            #expect((Int(write["Retry-After"] ?? "") ?? 0) >= 1)
            held.open()
            #expect(try await clients[0].answer().status == 200)
            await clients[0].close()
        }
    }

    // MARK: the rate of a caller

    @Test func `a caller that asks too often is told when to come again, and nobody else is`() async throws {
        let trail = try await withUnruledStent { settings in
            settings.limits.perCaller = 1
            settings.limits.burst = 3
        } _: { stent, hosp async throws in
            let client = try await stent.connect()
            var passed = 0
            var answer = try await client.exchange(create(note("\(passed)")))
            while answer.status == 201, passed < 100 {
                passed += 1
                answer = try await client.exchange(create(note("\(passed)")))
            }
            #expect((3..<100).contains(passed))
            #expect(answer.status == 429)
            #expect(answer.reason == "admission.rate-limited")
            #expect((1...2).contains(Int(answer["Retry-After"] ?? "") ?? 0))
            #expect(answer["Stent-Outcome"] == "rejected")
            #expect(try await client.exchange(Self.read(staff: 2)).status == 200)
            #expect(try await client.exchange(get("/")).status == 200)
            #expect(try await hosp.arrivals().count == passed + 2)
            await client.close()
        }
        #expect(trail.count { $0.reason == "admission.rate-limited" } == 1)
    }
}
