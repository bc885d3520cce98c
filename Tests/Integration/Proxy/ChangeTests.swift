import Foundation
import StentConfig
import StentModel
import StentTestKit
import Testing

/// New settings and the end: neither costs a request.
@Suite struct ChangeTests {
    @Test func `reloads under load lose no request and keep connections`() async throws {
        let trail = try await withStent(before: echoingTargets) { stent, upstream async throws in
            let done = Progress()
            try await withThrowingTaskGroup(of: Int.self) { group in
                for client in 0..<8 {
                    group.addTask {
                        // One connection for all of a client's requests: a reload that closed it would be seen.
                        let connection = try await stent.connect()
                        for number in 0..<100 {
                            let target = "/\(client)/\(number)"
                            #expect(try await connection.exchange(get(target)).text == target)
                        }
                        await connection.close()
                        return 100
                    }
                }
                group.addTask {
                    var settings = stent.server.settings
                    while done.value == 0 {
                        settings.limits.body = .init(settings.limits.body.value - 1)
                        try await stent.server.reload(settings, digest: "x")
                        await Task.yield()
                    }
                    return 0
                }
                var answered = 0
                for try await count in group {
                    answered += count
                    if answered == 800 { done.set(1) }
                }
            }
            #expect(upstream.accepted <= 8, "upstream connections outlive a reload that does not concern them")
        }
        #expect(trail.count == 800)
        #expect(trail.allSatisfy { $0.status == 200 })
    }

    @Test func `new routes hold from the next request on`() async throws {
        try await withStent(before: echoingTargets) { stent, _ async throws in
            let connection = try await stent.connect()
            #expect(try await connection.exchange(post("/notes", "12345")).status == 200)
            var settings = stent.server.settings
            var route = RouteSettings(
                match: .init(text: "POST /notes", methods: [.post], segments: [.oneOf(["notes"])]))
            route.body = .init(4)
            settings.routes = [route]
            try await stent.server.reload(settings, digest: "narrow")
            #expect(try await connection.exchange(post("/patients", "12345")).status == 200)
            #expect(try await connection.exchange(post("/notes", "12345")).status == 413)
            await connection.close()
        }
    }

    @Test func `a change of upstream moves new requests and finishes old ones`() async throws {
        let gate = Progress()
        let other = try await ScriptedUpstream.answering { _ in ok("other") }
        try await withStent(before: { connection, _ in
            _ = try await connection.message()
            _ = await eventually { gate.value > 0 }
            try await connection.send(ok("first"))
            await connection.ends()
        }) { stent, upstream async throws in
            let old = try await stent.connect()
            try await old.send(get("/"))
            #expect(await eventually { upstream.open == 1 })
            var settings = stent.server.settings
            settings.upstream.servers = [.init(isTLS: false, host: "127.0.0.1", port: other.port)]
            try await stent.server.reload(settings, digest: "other")
            #expect(try await stent.once(get("/")).text == "other")
            gate.set(1)
            #expect(try await old.answer().text == "first")
            #expect(await eventually { upstream.open == 0 })
            await old.close()
        }
        await other.stop()
    }

    @Test func `settings that can't change while it runs are refused, and the old ones stay`() async throws {
        try await withStent(before: echoingTargets) { stent, _ async throws in
            var settings = stent.server.settings
            settings.workers = 7
            settings.limits.body = .init(1)
            await #expect(throws: (any Error).self) { try await stent.server.reload(settings, digest: "bad") }
            settings = stent.server.settings
            settings.listen.https?.certificates = [.init(chain: "/nowhere.crt", key: "/nowhere.key")]
            settings.limits.body = .init(1)
            await #expect(throws: (any Error).self) { try await stent.server.reload(settings, digest: "bad") }
            #expect(try await stent.once(post("/", "12345")).status == 200)
        }
    }

    // MARK: the end

    /// Answers when the gate opens.
    private static func slowly(_ gate: Progress) -> ScriptedUpstream.Script {
        { connection, _ in
            while true {
                let request = try await connection.message(within: .seconds(600))
                _ = await eventually(within: .seconds(60)) { gate.value > 0 }
                try await connection.send(ok(request.target))
            }
        }
    }

    @Test func `a drain finishes what is in flight, takes nothing new, and says so`() async throws {
        let gate = Progress()
        let upstream = try await ScriptedUpstream.start(Self.slowly(gate))
        var settings = try StentHarness.settings(shipped: "minimal.yaml", upstreamPort: upstream.port)
        settings.timeouts.drain = .seconds(20)
        let stent = try await StentHarness.start(settings)
        let busy = try await stent.connect()
        let idle = try await stent.connect()
        try await busy.send(get("/busy"))
        #expect(await eventually { upstream.open == 1 })
        #expect(try await stent.admin("/readyz").status == 200)

        async let complete = stent.server.stop()
        #expect(await idle.endsSilently(), "an idle connection ends at once")
        #expect(try await stent.admin("/readyz").status == 503)
        #expect(try await stent.admin("/readyz").text == "draining\n")
        #expect(try await stent.admin("/healthz").status == 200)
        #expect(await eventually { (try? await stent.connect()) == nil }, "the port no longer accepts")
        // Scrapers that keep their connections must not keep stent.
        let silent = try await RawConnection.open(port: stent.adminPort)
        let scraper = try await RawConnection.open(port: stent.adminPort)
        let scraped = try await scraper.exchange("GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(scraped.status == 503)

        gate.set(1)
        let answer = try await busy.answer()
        #expect(answer.text == "/busy")
        #expect(answer["Connection"] == "close")
        #expect(await busy.endsSilently())
        #expect(await complete)
        for client in [busy, idle, silent, scraper] { await client.close() }
        let trail = try AuditEntry.exchanges(try await stent.stop())
        #expect(trail.map(\.status) == [200])
        await upstream.stop()
    }

    @Test func `a drain ends within its limit and records what it cut`() async throws {
        let upstream = try await ScriptedUpstream.start(Self.slowly(Progress()))
        var settings = try StentHarness.settings(shipped: "minimal.yaml", upstreamPort: upstream.port)
        settings.timeouts.drain = .milliseconds(300)
        let stent = try await StentHarness.start(settings)
        let read = try await stent.connect()
        try await read.send(get("/read"))
        let write = try await stent.connect()
        try await write.send(post("/write", "x"))
        let abandoned = try await stent.connect()
        try await abandoned.send(post("/abandoned", "x"))
        #expect(await eventually { upstream.open == 3 })
        await abandoned.reset()
        let began = ContinuousClock.now
        #expect(await !stent.server.stop())
        #expect(ContinuousClock.now - began < .seconds(5))
        #expect(try await read.answer().status == 503)
        let answer = try await write.answer()
        #expect(answer.status == 503)
        #expect(answer["Stent-Outcome"] == "unknown")
        let trail = try AuditEntry.exchanges(try await stent.stop())
        #expect(trail.count == 3)
        #expect(trail.first { $0.path == "/read" }?.reason == "exchange.shutdown")
        #expect(trail.first { $0.path == "/write" }?.reason == "exchange.shutdown")
        #expect(trail.first { $0.path == "/abandoned" }?.outcome == "unknown")
        for client in [read, write, abandoned] { await client.close() }
        await upstream.stop()
    }

    @Test func `a streaming answer that outlasts the drain is visibly cut and recorded`() async throws {
        let upstream = try await ScriptedUpstream.start { connection, _ in
            _ = try await connection.message()
            try await connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
            await connection.ends()
        }
        var settings = try StentHarness.settings(shipped: "minimal.yaml", upstreamPort: upstream.port)
        settings.timeouts.drain = .milliseconds(100)
        let stent = try await StentHarness.start(settings)
        let client = try await stent.connect()
        try await client.send(get("/"))
        #expect(try await client.head().status == 200)
        #expect(await !stent.server.stop())
        let rest = String(decoding: try await client.receiveAll(), as: UTF8.self)
        #expect(rest == "5\r\nhello\r\n")
        let trail = try AuditEntry.exchanges(try await stent.stop())
        #expect(trail.map(\.reason) == ["exchange.shutdown"])
        await client.close()
        await upstream.stop()
    }

    // MARK: signals, in a process of its own

    private static let yaml = """
        version: 1
        workers: 1
        listen:
          http: { address: "127.0.0.1:0" }
          admin: { address: "127.0.0.1:0" }
        state: { directory: "${STENT_STATE_DIR}" }
        upstream: { servers: ["${STENT_UPSTREAM}"] }
        limits: { body: BODY }

        """

    @Test func `SIGHUP takes a good file and leaves a broken one aside, and SIGTERM ends with 0`() async throws {
        let upstream = try await ScriptedUpstream.answering { ok("\($0.body.count)") }
        let path = FileManager.default.temporaryDirectory.path + "/stent-\(UUID().uuidString).yaml"
        defer { try? FileManager.default.removeItem(atPath: path) }
        func write(_ yaml: String) throws { try Data(yaml.utf8).write(to: URL(fileURLWithPath: path)) }
        try write(Self.yaml.replacing("BODY", with: "10B"))
        let stent = try await StentProcess.start(
            configuration: path, environment: ["STENT_UPSTREAM": "http://127.0.0.1:\(upstream.port)"])
        defer { stent.kill() }
        let client = try await RawConnection.open(port: stent.httpPort)
        #expect(try await client.exchange(post("/", "12345")).text == "5")

        try write("version: 1\nlimits: { body: many }\n")
        stent.signal(SIGHUP)
        #expect(await eventually { stent.log.contains("settings not reloaded") })
        #expect(try await client.exchange(post("/", "12345")).text == "5")

        try write(Self.yaml.replacing("BODY", with: "4B"))
        stent.signal(SIGHUP)
        #expect(await eventually { stent.log.contains("settings reloaded") })
        #expect(try await client.exchange(post("/", "1234")).text == "4")
        #expect(try await client.exchange(post("/", "12345")).status == 413)

        stent.signal(SIGTERM)
        #expect(await stent.exitCode() == 0)
        await client.close()
        await upstream.stop()
    }
}
