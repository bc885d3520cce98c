import HospKit
import StentModel
import StentTestKit
import Synchronization
import Testing

/// Several servers: what one of them fails at, the others do, and no client notices.
@Suite struct SeveralServersTests {
    private static func server(_ port: Int) -> UpstreamServer {
        UpstreamServer(isTLS: false, host: "127.0.0.1", port: port)
    }

    /// How many workers see the server in this state.
    private func workers(_ stent: StentHarness, see port: Int, _ state: String) async throws -> Double {
        try await stent.metric(#"stent_upstream_server_state{server="127.0.0.1:\#(port)",state="\#(state)"}"#)
    }

    // MARK: ejection

    /// Runs a test before three HOSPs. Retries are on, and two failures in a row eject.
    private func withHosps(
        change: (inout Settings) -> Void = { _ in }, _ body: (StentHarness, [HospServer]) async throws -> Void
    ) async throws {
        var hosps: [HospServer] = []
        for _ in 0..<3 { hosps.append(try await HospServer.start(HospOptions(timeScale: 0))) }
        try await withStent(upstream: hosps[0].port) { settings in
            settings.upstream.servers = hosps.map { Self.server($0.port) }
            settings.upstream.ejection.failures = 2
            settings.retry.attempts = 3
            settings.retry.backoffBase = .milliseconds(1)
            change(&settings)
        } _: { stent async throws in
            try await body(stent, hosps)
        }
        for hosp in hosps { try await hosp.stop() }
    }

    private func counts(_ hosps: [HospServer]) async throws -> [Int] {
        var counts: [Int] = []
        for hosp in hosps { counts.append(try await hosp.arrivals().count) }
        return counts
    }

    @Test func `a server that dies is asked no more, and no client sees an error`() async throws {
        try await withHosps { stent, hosps async throws in
            let client = try await stent.connect()
            for number in 0..<60 { #expect(try await client.exchange(get("/?\(number)")).status == 200) }
            #expect(try await counts(hosps).allSatisfy { $0 > 5 })

            try await hosps[1].setProfile(.outage)
            for number in 0..<60 { #expect(try await client.exchange(get("/?\(number)")).status == 200) }
            #expect(try await workers(stent, see: hosps[1].port, "ejected") == 1)
            #expect(
                try await stent.metric(#"stent_upstream_ejections_total{server="127.0.0.1:\#(hosps[1].port)"}"#) == 1)
            #expect(try await stent.metric(#"stent_upstream_tries_total{result="upstream.connect-failed"}"#) <= 2)
            await client.close()
        }
    }

    @Test func `a server that comes back is warmed, then gets its share again`() async throws {
        try await withHosps { settings in
            settings.upstream.ejection.duration = .milliseconds(600)
            settings.upstream.slowStart = .seconds(2)
        } _: { stent, hosps async throws in
            let client = try await stent.connect()
            try await hosps[2].setProfile(.outage)
            let isEjected = await eventually {
                #expect(try await client.exchange(get("/")).status == 200)
                return try await workers(stent, see: hosps[2].port, "ejected") == 1
            }
            #expect(isEjected)
            try await hosps[2].setProfile(.calm)
            let before = try await counts(hosps)[2]
            #expect(await eventually { try await workers(stent, see: hosps[2].port, "warming") == 1 })
            #expect(await eventually { try await workers(stent, see: hosps[2].port, "eligible") == 1 })
            for number in 0..<60 { #expect(try await client.exchange(get("/?\(number)")).status == 200) }
            #expect(try await counts(hosps)[2] > before + 5)
            await client.close()
        }
    }

    @Test func `the last server is never ejected`() async throws {
        try await withHosps { stent, hosps async throws in
            for hosp in hosps { try await hosp.setProfile(.outage) }
            for _ in 0..<10 { #expect(try await stent.once(get("/")).status == 502) }
            var ejected = 0.0
            for hosp in hosps { ejected += try await workers(stent, see: hosp.port, "ejected") }
            #expect(ejected == 2)
            for hosp in hosps { try await hosp.setProfile(.calm) }
            #expect(try await stent.once(get("/")).status == 200)
        }
    }

    // MARK: health checks

    /// A server that answers with its name, and to `/health` as it is told.
    private final class Patient: Sendable {
        let isWell = Atomic(true)
        private let asked = Mutex<[RawMessage]>([])
        private let upstream = Mutex<ScriptedUpstream?>(nil)

        var checks: [RawMessage] { asked.withLock { $0 } }
        var port: Int { upstream.withLock { $0?.port ?? 0 } }

        static func start(_ name: String) async throws -> Patient {
            let patient = Patient()
            let upstream = try await ScriptedUpstream.answering { request in
                guard request.target == "/health" else { return ok(name) }
                patient.asked.withLock { $0.append(request) }
                return patient.isWell.load(ordering: .relaxed)
                    ? ok("well") : "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"
            }
            patient.upstream.withLock { $0 = upstream }
            return patient
        }

        func stop() async { await upstream.withLock { $0 }?.stop() }
    }

    private func withPatients(
        _ names: [String], workers: Int = 1, change: (inout Settings) -> Void = { _ in },
        _ body: (StentHarness, [Patient]) async throws -> Void
    ) async throws {
        var patients: [Patient] = []
        for name in names { patients.append(try await Patient.start(name)) }
        try await withStent(upstream: patients[0].port, workers: workers) { settings in
            settings.upstream.servers = patients.map { Self.server($0.port) }
            settings.upstream.slowStart = .zero
            var health = HealthSettings()
            health.path = "/health"
            health.every = .milliseconds(30)
            settings.upstream.health = health
            change(&settings)
        } _: { stent async throws in
            try await body(stent, patients)
        }
        for patient in patients { await patient.stop() }
    }

    @Test func `a server that is not well gets no requests until it is, from any worker`() async throws {
        try await withPatients(["a", "b", "c"], workers: 2) { stent, patients async throws in
            let port = patients[1].port
            #expect(try await workers(stent, see: port, "eligible") == 2)
            patients[1].isWell.store(false, ordering: .relaxed)
            #expect(await eventually { try await workers(stent, see: port, "unhealthy") == 2 })
            var answers: Set<String> = []
            for _ in 0..<40 { answers.insert(try await stent.once(get("/")).text) }
            #expect(answers == ["a", "c"])
            patients[1].isWell.store(true, ordering: .relaxed)
            #expect(await eventually { try await workers(stent, see: port, "eligible") == 2 })
            #expect(await eventually { try await stent.once(get("/")).text == "b" })
            let check = try #require(patients[1].checks.first)
            #expect(check.startLine == "GET /health HTTP/1.1")
            #expect(check["Host"] == "127.0.0.1:\(port)")
            #expect(check["User-Agent"] == "stent-health")
            #expect(check["Connection"] == "close")
        }
    }

    @Test func `a server that does not answer its checks in time is not well`() async throws {
        let silent = try await ScriptedUpstream.start { connection, _ in await connection.ends() }
        try await withPatients(["a"]) { settings in
            settings.upstream.servers.append(Self.server(silent.port))
            settings.upstream.health?.timeout = .milliseconds(400)
        } _: { stent, _ async throws in
            #expect(await eventually { try await workers(stent, see: silent.port, "unhealthy") == 1 })
            for _ in 0..<10 { #expect(try await stent.once(get("/")).text == "a") }
        }
        await silent.stop()
    }

    @Test func `where no server is well, requests are sent all the same`() async throws {
        try await withPatients(["a", "b"]) { stent, patients async throws in
            for patient in patients { patient.isWell.store(false, ordering: .relaxed) }
            for patient in patients {
                #expect(await eventually { try await workers(stent, see: patient.port, "unhealthy") == 1 })
            }
            #expect(await eventually { try await stent.once(get("/")).text == "a" })
            #expect(await eventually { try await stent.once(get("/")).text == "b" })
        }
    }

    @Test func `new settings keep a verdict, change what is checked, and end the checks`() async throws {
        try await withPatients(["a", "b", "c"]) { stent, patients async throws in
            patients[0].isWell.store(false, ordering: .relaxed)
            #expect(await eventually { try await workers(stent, see: patients[0].port, "unhealthy") == 1 })
            var settings = stent.server.settings
            settings.upstream.servers.removeLast()
            settings.upstream.health?.every = .seconds(3_600)
            try await stent.server.reload(settings, digest: "fewer")
            #expect(try await workers(stent, see: patients[0].port, "unhealthy") == 1)
            #expect(try await workers(stent, see: patients[2].port, "eligible") == 0)
            for _ in 0..<10 { #expect(try await stent.once(get("/")).text == "b") }
            settings.upstream.health = nil
            try await stent.server.reload(settings, digest: "unchecked")
            #expect(try await workers(stent, see: patients[0].port, "eligible") == 1)
            #expect(await eventually { try await stent.once(get("/")).text == "a" })
        }
    }

    @Test func `a server that is the only one is not checked`() async throws {
        try await withPatients(["a"]) { stent, patients async throws in
            #expect(await always(for: .milliseconds(200)) { patients[0].checks.isEmpty })
            #expect(try await stent.once(get("/")).text == "a")
        }
    }
}
