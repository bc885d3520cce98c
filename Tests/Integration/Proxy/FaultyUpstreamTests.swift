import HospKit
import StentTestKit
import Testing

/// The main promise: what HOSP fails at, its users don't notice.
@Suite struct FaultyUpstreamTests {
    /// What a run of requests met.
    struct Tally {
        var good = 0
        var serverErrors = 0
        var wrong = 0
        /// Connections that broke before the answer was whole.
        var broken = 0

        static func + (left: Tally, right: Tally) -> Tally {
            Tally(
                good: left.good + right.good, serverErrors: left.serverErrors + right.serverErrors,
                wrong: left.wrong + right.wrong, broken: left.broken + right.broken)
        }
    }

    static let targets = ["/hospitals", "/patients?hospital_id=1", "/patients/3", "/staffs/7", "/hospitals/2.json"]

    static func request(_ target: String) -> String {
        "GET \(target) HTTP/1.1\r\nHost: hosp.example\r\nAuthorization: \(MainJobTests.credentials)\r\n"
            + "X-Forwarded-Proto: http\r\n\r\n"
    }

    /// 20 clients make 50 requests each and compare every answer with a good one.
    private func run(port: Int, expected: [String: [UInt8]]) async -> Tally {
        await withTaskGroup(of: Tally.self) { group in
            for client in 0..<20 {
                group.addTask {
                    var tally = Tally()
                    var connection: RawConnection?
                    for number in 0..<50 {
                        let target = Self.targets[(client + number) % Self.targets.count]
                        do {
                            let open =
                                if let connection { connection } else { try await RawConnection.open(port: port) }
                            connection = open
                            let answer = try await open.exchange(Self.request(target))
                            if answer.status >= 500 {
                                tally.serverErrors += 1
                            } else if answer.status == 200, answer.body == expected[target] {
                                tally.good += 1
                            } else {
                                tally.wrong += 1
                            }
                            if answer["Connection"] == "close" {
                                await open.close()
                                connection = nil
                            }
                        } catch {
                            tally.broken += 1
                            await connection?.close()
                            connection = nil
                        }
                    }
                    await connection?.close()
                    return tally
                }
            }
            return await group.reduce(Tally(), +)
        }
    }

    @Test func `of a thousand reads by 20 clients none fails, where HOSP itself fails a few per cent`() async throws {
        let hosp = try await HospServer.start(HospOptions(seed: 2, timeScale: 0))
        var expected: [String: [UInt8]] = [:]
        let calm = try await RawConnection.open(port: hosp.port)
        for target in Self.targets { expected[target] = try await calm.exchange(Self.request(target)).body }
        await calm.close()
        try await hosp.setProfile(.faulty)

        try await hosp.reset(seed: 2)
        let direct = await run(port: hosp.port, expected: expected)
        #expect(direct.good + direct.serverErrors + direct.wrong + direct.broken == 1_000)
        #expect((20...90).contains(1_000 - direct.good), "\(direct)")
        #expect((15...70).contains(direct.serverErrors), "\(direct)")

        try await hosp.reset(seed: 2)
        let trail = try await withStent("hosp.yaml", upstream: hosp.port) { settings in
            settings.listen.http?.redirectToHTTPS = false
            settings.retry.backoffBase = .milliseconds(5)
        } _: { stent async throws in
            let tally = await run(port: stent.httpPort, expected: expected)
            #expect(tally.good == 1_000, "\(tally)")
        }
        #expect(trail.count == 1_000)
        #expect(trail.allSatisfy { $0.status == 200 && $0.reason == "exchange.answered" })
        let repeated = trail.count { ($0.tries?.count ?? 0) > 1 }
        #expect((20...90).contains(repeated))
        try await hosp.stop()
    }

    @Test(arguments: Fault.allCases)
    func `a read survives any single fault`(fault: Fault) async throws {
        let hosp = try await HospServer.start(HospOptions(timeScale: 0))
        let trail = try await withStent("hosp.yaml", upstream: hosp.port) { settings in
            settings.listen.http?.redirectToHTTPS = false
            settings.retry.backoffBase = .milliseconds(1)
        } _: { stent async throws in
            try await hosp.inject(Injection(.fault(fault)))
            let answer = try await stent.once(Self.request("/notes/7"))
            #expect(answer.status == 200)
            #expect(answer.text.contains(#""id":7"#))
        }
        #expect(trail.map { $0.tries?.count } == [2])
        try await hosp.stop()
    }

    /// A POST is carried out at most once, and what is not known is not claimed (RFC 9110 §9.2.2).
    @Test(
        arguments: [
            (Fault.errorBefore, 0), (.errorAfter, 1), (.truncate, 1), (.malformed, 1), (.reset, nil),
        ] as [(Fault, Int?)])
    func `a write that can't be verified meets a fault once, and its outcome is called unknown`(
        fault: Fault, commits: Int?
    ) async throws {
        let hosp = try await HospServer.start(HospOptions(timeScale: 0))
        let trail = try await withStent("hosp.yaml", upstream: hosp.port) { settings in
            settings.listen.http?.redirectToHTTPS = false
            for index in settings.routes.indices { settings.routes[index].resend = nil }
        } _: { stent async throws in
            try await hosp.inject(Injection(.fault(fault)))
            let body = #"{"title":"a","body":"b","patient_id":1,"staff_id":1}"#
            let fields = "Authorization: \(MainJobTests.credentials)\r\nContent-Type: application/json\r\n"
            let answer = try await stent.once(post("/notes", body, fields))
            #expect(answer.status >= 500)
            #expect(answer["Stent-Outcome"] == "unknown")
            #expect(try await hosp.counters().arrivedByMethod["POST"] == 1)
            let made = try await hosp.counters().commits["created notes"] ?? 0
            #expect(commits == nil || commits == made)
        }
        #expect(trail.map(\.outcome) == ["unknown"])
        try await hosp.stop()
    }
}
