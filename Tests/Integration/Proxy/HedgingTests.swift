import HospKit
import StentModel
import StentTestKit
import Testing

/// A second attempt beside one that takes long, on real sockets.
@Suite struct HedgingTests {
    private func withTwoHosps(
        attempts: Int, _ body: (StentHarness, [HospServer]) async throws -> Void
    ) async throws -> [AuditEntry] {
        var hosps: [HospServer] = []
        for _ in 0..<2 { hosps.append(try await HospServer.start(HospOptions(timeScale: 0))) }
        let trail = try await withStent(upstream: hosps[0].port) { settings in
            settings.upstream.servers = hosps.map { UpstreamServer(isTLS: false, host: "127.0.0.1", port: $0.port) }
            settings.retry.attempts = attempts
            var route = RouteSettings(
                match: RoutePattern(text: "GET /**", methods: [.get], segments: [.rest]))
            route.hedge = 90
            settings.routes = [route]
        } _: { stent async throws in
            try await body(stent, hosps)
        }
        for hosp in hosps { try await hosp.stop() }
        return trail
    }

    @Test(arguments: [1, 3])
    func `a slow server costs a read no more than the usual time and a quick one's answer`(attempts: Int) async throws {
        let trail = try await withTwoHosps(attempts: attempts) { stent, hosps async throws in
            let client = try await stent.connect()
            for _ in 0..<30 { #expect(try await client.exchange(get("/")).status == 200) }
            // One server hangs for longer than anybody waits; whichever is asked first, the other one answers.
            try await hosps[0].inject(Injection(.delay(milliseconds: 20_000), count: 3))
            let started = ContinuousClock.now
            for _ in 0..<6 {
                let answer = try await client.exchange(get("/"))
                #expect(answer.status == 200)
                #expect(answer.text.contains("Server is online."))
            }
            #expect(started.duration(to: .now) < .seconds(10))
            await client.close()
        }
        #expect(trail.count == 36)
        #expect(trail.contains { $0.tries?.contains { $0.cause == "retry.hedge-lost" } ?? false })
    }
}
