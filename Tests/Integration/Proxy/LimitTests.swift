import StentTestKit
import Testing

@Suite struct LimitTests {
    @Test func `connections beyond the limit of an address are closed and counted`() async throws {
        try await withStent(before: echoingTargets) {
            $0.limits.connectionsPerAddress = 3
        } _: { stent, _ async throws in
            var clients: [RawConnection] = []
            for _ in 0..<3 {
                let client = try await stent.connect()
                #expect(try await client.exchange(get("/a")).status == 200)
                clients.append(client)
            }
            let extra = try await stent.connect()
            #expect(await extra.endsSilently())
            await extra.close()

            await clients[0].close()
            // Its place is free, for us and for the look at the metrics.
            #expect(await eventually { (try? await stent.admin("/healthz").status) == 200 })
            #expect(
                try await stent.metric(#"stent_connections_refused_total{reason="admission.connections-per-address"}"#)
                    >= 1)
            #expect(await eventually { (try? await stent.once(get("/b")).status) == 200 })
            for client in clients { await client.close() }
        }
    }

    @Test func `beyond the limit of all connections none is accepted, and later again`() async throws {
        try await withStent(before: echoingTargets) {
            $0.limits.connections = 2
        } _: { stent, _ async throws in
            let first = try await stent.connect()
            #expect(try await first.exchange(get("/a")).status == 200)
            let second = try await stent.connect()
            #expect(try await second.exchange(get("/a")).status == 200)
            let third = try await stent.connect()
            #expect(await third.endsSilently())
            for client in [first, second, third] { await client.close() }
            #expect(await eventually { (try? await stent.once(get("/b")).status) == 200 })
            #expect(
                try await stent.metric(#"stent_connections_refused_total{reason="admission.connections"}"#) >= 1)
        }
    }

    @Test func `out of descriptors it stops accepting without spinning, and goes on when there are some`() async throws
    {
        let upstream = try await ScriptedUpstream.start(echoingTargets)
        let stent = try await StentProcess.start(
            configuration: "\(StentHarness.repository)/config/minimal.yaml",
            environment: ["STENT_UPSTREAM": "http://127.0.0.1:\(upstream.port)"], descriptors: 64)
        defer { stent.kill() }
        var clients: [RawConnection] = []
        for _ in 0..<100 { clients.append(try await RawConnection.open(port: stent.httpPort)) }
        let before = try stent.processorSeconds()
        #expect(await always(for: .seconds(1)) { ((try? stent.processorSeconds()) ?? .infinity) - before < 0.5 })
        #expect(stent.isRunning)

        for client in clients { await client.close() }
        #expect(
            await eventually {
                let client = try await RawConnection.open(port: stent.httpPort)
                let status = try await client.exchange(get("/a"), within: .seconds(5)).status
                await client.close()
                return status == 200
            })
        await upstream.stop()
    }

    @Test func `without room in the audit trail requests are refused, and it is not ready`() async throws {
        try await withStent(before: echoingTargets) { stent, upstream async throws in
            #expect(try await stent.once(get("/a")).status == 200)
            #expect(try await stent.admin("/readyz").status == 200)
            // A queue without any room is what a standstill of the disk looks like from here.
            var settings = stent.server.settings
            settings.audit.queue = .init(0)
            try await stent.server.reload(settings, digest: "full")

            let read = try await stent.once(get("/b"))
            #expect(read.status == 503)
            #expect(read["Retry-After"] != nil)
            #expect(read.text.contains("admission.audit-unavailable"))
            let write = try await stent.once(post("/b", "x"))
            #expect(write.status == 503)
            #expect(write["Stent-Outcome"] == "not-sent")
            #expect(try await stent.admin("/readyz").status == 503)
            #expect(upstream.accepted == 1)

            settings.audit.queue = .mebibytes(1)
            try await stent.server.reload(settings, digest: "free")
            #expect(try await stent.once(get("/c")).status == 200)
            #expect(try await stent.admin("/readyz").status == 200)
        }
    }

    private static let large = String(repeating: "a", count: 4 << 20)
    private static let chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n400000\r\n"

    private static let oversized: [(Int, String)] = [
        (431, "GET / HTTP/1.1\r\nHost: a\r\nX-Large: \(large)\r\n\r\n"),
        (414, "GET /\(large) HTTP/1.1\r\nHost: a\r\n\r\n"),
        (413, post("/", large)),
        (413, "\(chunked)\(large)\r\n0\r\n\r\n"),
    ]

    /// What is too large is refused with a status that can be read, though the client is still sending.
    @Test(arguments: oversized)
    func `what is too large is refused at once, readably`(status: Int, request: String) async throws {
        try await withStent("hosp.yaml", before: { connection, _ in await connection.ends() }) { settings in
            settings.listen.http?.redirectToHTTPS = false
        } _: { stent, _ async throws in
            let client = try await stent.connect()
            async let upload: Void = client.send(request)
            let answer = try await client.answer()
            #expect(answer.status == status)
            #expect(answer["Connection"] == "close")
            #expect(await client.ends())
            await client.close()
            try? await upload
        }
    }
}
