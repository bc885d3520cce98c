import HospKit
import StentTestKit
import Testing

/// Upstream connections: used again, given up in time, and never trusted with a request when they are not what they were.
@Suite struct PoolTests {
    @Test func `requests one after another share one upstream connection`() async throws {
        let hosp = try await HospServer.start(HospOptions(timeScale: 0))
        try await withStent(upstream: hosp.port) { stent async throws in
            for number in 0..<5 {
                // Each on a client connection of its own: the upstream's is the pool's.
                #expect(try await stent.once(get("/?\(number)")).status == 200)
            }
            let arrivals = try await hosp.arrivals()
            #expect(arrivals.count == 5)
            #expect(Set(arrivals.map(\.connection)).count == 1)
            #expect(try await stent.metric(#"stent_upstream_connections{state="idle"}"#) == 1)
        }
        try await hosp.stop()
    }

    @Test func `an idle connection is closed when its time is over`() async throws {
        try await withStent(before: echoingTargets) {
            $0.upstream.pool.idleTimeout = .milliseconds(100)
        } _: {
            stent, upstream async throws in
            #expect(try await stent.once(get("/a")).status == 200)
            #expect(await eventually { upstream.open == 0 })
            #expect(try await stent.metric(#"stent_upstream_connections{state="idle"}"#) == 0)
            #expect(try await stent.once(get("/b")).status == 200)
            #expect(upstream.accepted == 2)
        }
    }

    @Test func `a connection older than its maximum age is not used again`() async throws {
        try await withStent(before: echoingTargets) { settings in
            settings.upstream.pool.maximumAge = .milliseconds(1)
            settings.upstream.pool.idleTimeout = .seconds(60)
        } _: { stent, upstream async throws in
            for _ in 0..<3 {
                // Past its age by the time its answer is there.
                #expect(try await stent.once(get("/a")).status == 200)
                #expect(await eventually { upstream.open == 0 })
            }
            #expect(upstream.accepted == 3)
        }
    }

    @Test func `requests beyond the greatest number of connections wait for one`() async throws {
        let held = Progress()
        try await withStent(before: { connection, _ in
            while true {
                let request = try await connection.message()
                _ = await eventually { held.value > 0 }
                try await connection.send(ok(request.target))
            }
        }) {
            $0.upstream.pool.maximumConnections = 2
        } _: { stent, upstream async throws in
            try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<8 { group.addTask { try await stent.once(get("/held")).status } }
                #expect(await eventually { try await stent.metric("stent_upstream_waiting") == 6 })
                held.set(1)
                for try await status in group { #expect(status == 200) }
            }
            #expect(upstream.accepted == 2)
            #expect(try await stent.metric("stent_upstream_waiting") == 0)
        }
    }

    @Test func `a waiting client that goes away makes room for the next`() async throws {
        let held = Progress()
        let trail = try await withStent(before: { connection, _ in
            while true {
                let request = try await connection.message()
                if request.target == "/first" { _ = await eventually { held.value > 0 } }
                try await connection.send(ok(request.target))
            }
        }) {
            $0.upstream.pool.maximumConnections = 1
        } _: { stent, upstream async throws in
            let first = try await stent.connect()
            try await first.send(get("/first"))
            #expect(await eventually { try await stent.metric(#"stent_upstream_connections{state="busy"}"#) == 1 })
            let second = try await stent.connect()
            try await second.send(get("/second"))
            #expect(await eventually { try await stent.metric("stent_upstream_waiting") == 1 })
            let third = try await stent.connect()
            try await third.send(get("/third"))
            #expect(await eventually { try await stent.metric("stent_upstream_waiting") == 2 })
            await second.reset()
            #expect(await eventually { try await stent.metric("stent_upstream_waiting") == 1 })
            held.set(1)
            #expect(try await first.answer().text == "/first")
            #expect(try await third.answer().text == "/third")
            #expect(upstream.accepted == 1)
        }
        #expect(trail.first { $0.path == "/second" }?.reason == "client.gone")
    }

    /// Closes each connection when its second request comes, unread by anybody who only looks at the socket before.
    private static let oneRequestEach: ScriptedUpstream.Script = { connection, number in
        let request = try await connection.message()
        try await connection.send(ok(request.target))
        _ = try await connection.message(within: .seconds(600))
        await connection.reset()
    }

    @Test func `a read that meets a stale connection is sent again on a new one`() async throws {
        let trail = try await withStent(before: { connection, number in
            if number == 1 { return try await Self.oneRequestEach(connection, number) }
            try await echoingTargets(connection, number)
        }) { stent, upstream async throws in
            #expect(try await stent.once(get("/a")).text == "/a")
            #expect(try await stent.once(get("/b")).text == "/b")
            #expect(upstream.accepted == 2)
        }
        #expect(trail.last?.tries?.map(\.cause) == ["upstream.stale-connection", nil])
    }

    @Test func `a write that meets a stale connection is not sent again`() async throws {
        let trail = try await withStent(before: Self.oneRequestEach) { stent, upstream async throws in
            #expect(try await stent.once(get("/a")).text == "/a")
            let answer = try await stent.once(post("/b", "x"))
            #expect(answer.status == 502)
            #expect(answer["Stent-Outcome"] == "unknown")
            #expect(upstream.accepted == 1)
        }
        #expect(trail.last?.outcome == "unknown")
        #expect(trail.last?.reason == "upstream.stale-connection")
    }

    @Test(arguments: [false, true])
    func `an idle connection that the upstream closed is noticed before a write is sent on it`(
        byReset: Bool
    ) async throws {
        try await withStent(before: { connection, _ in
            let request = try await connection.message()
            try await connection.send(ok(request.target))
            if byReset { await connection.reset() }
        }) { stent, upstream async throws in
            for number in 1...5 {
                let answer = try await stent.once(post("/b", "x"))
                #expect(answer.status == 200)
                #expect(await eventually { upstream.open == 0 })
                #expect(upstream.accepted == number)
            }
        }
    }

    @Test func `a stray byte on an idle connection ends it`() async throws {
        try await withStent(before: { connection, number in
            let request = try await connection.message()
            try await connection.send(ok(request.target) + (number == 1 ? "H" : ""))
            if number == 2 { try await connection.send(ok("/smuggled")) }
            while true { try await connection.send(ok(try await connection.message().target)) }
        }) { stent, upstream async throws in
            for number in 1...3 { #expect(try await stent.once(get("/\(number)")).text == "/\(number)") }
            #expect(upstream.accepted == 3)
        }
    }

    @Test func `a connection whose answer asks for its end is not used again`() async throws {
        try await withStent(before: { connection, _ in
            let request = try await connection.message()
            try await connection.send(
                "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n\(request.target)")
            await connection.ends()
        }) { stent, upstream async throws in
            for number in 1...3 { #expect(try await stent.once(get("/\(number)")).text == "/\(number)") }
            #expect(upstream.accepted == 3)
            #expect(await eventually { upstream.open == 0 })
        }
    }

    @Test func `an upstream is found by its name`() async throws {
        let upstream = try await ScriptedUpstream.start(echoingTargets)
        try await withStent(upstream: upstream.port) { settings in
            settings.upstream.servers = [.init(isTLS: false, host: "localhost", port: upstream.port)]
        } _: { stent async throws in
            #expect(try await stent.once(get("/a")).text == "/a")
        }
        await upstream.stop()
    }

    @Test func `a name that nobody knows is said to be so`() async throws {
        let trail = try await withStent(upstream: 1) { settings in
            settings.upstream.servers = [.init(isTLS: false, host: "nowhere.invalid", port: 80)]
            settings.upstream.connectTimeout = .seconds(20)
        } _: { stent async throws in
            #expect(try await stent.once(get("/a")).status == 502)
        }
        #expect(trail.map(\.reason) == ["upstream.resolve-failed"])
    }

    /// An address that the kernel refuses at once, inside the call that connects.
    @Test func `an upstream that can't be reached at all fails each pipelined request by itself`() async throws {
        let trail = try await withStent(upstream: 1) { settings in
            settings.upstream.servers = [.init(isTLS: false, host: "255.255.255.255", port: 80)]
        } _: { stent async throws in
            let client = try await stent.connect()
            try await client.send(get("/1") + get("/2") + get("/3"))
            for _ in 1...3 { #expect(try await client.answer().status == 502) }
            await client.close()
        }
        #expect(trail.map(\.reason) == Array(repeating: "upstream.connect-failed", count: 3))
        #expect(trail.map { $0.tries?.count } == [1, 1, 1])
    }
}
