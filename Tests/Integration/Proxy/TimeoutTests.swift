import Glibc
import StentModel
import StentTestKit
import Testing

/// Every wait has an end, whoever causes it, and the end says what was waited for.
@Suite struct TimeoutTests {
    private static let brief = Duration.milliseconds(250)

    // MARK: clients

    @Test func `a head that does not end is answered 408 and the connection closed`() async throws {
        let trail = try await withStent(before: echoingTargets) {
            $0.timeouts.head = .seconds(2)
        } _: { stent, _ async throws in
            let client = try await stent.connect()
            #expect(try await client.exchange(get("/a")).status == 200)
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ")
            let answer = try await client.answer()
            #expect(answer.status == 408)
            #expect(answer["Connection"] == "close")
            #expect(await client.endsSilently())
            await client.close()
        }
        #expect(trail.map(\.reason) == ["exchange.answered", "request.head-timeout"])
    }

    @Test func `a head of a byte now and then gets no more time than one that stands still`() async throws {
        let trail = try await withStent(before: echoingTargets) {
            $0.timeouts.head = .seconds(2)
        } _: { stent, _ async throws in
            let client = try await stent.connect()
            #expect(try await client.exchange(get("/a")).status == 200)
            let began = ContinuousClock.now
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ")
            // A byte each time that nothing came for 20 ms.
            while true {
                do {
                    let part = try await client.receive(within: .milliseconds(20))
                    #expect(part.map { String(buffer: $0).hasPrefix("HTTP/1.1 408") } == true)
                    break
                } catch RawConnectionError.timedOut {
                    try await client.send("a")
                }
            }
            #expect(ContinuousClock.now - began < .seconds(10))
            await client.close()
        }
        #expect(trail.map(\.reason) == ["exchange.answered", "request.head-timeout"])
    }

    @Test func `a connection without a byte is closed without one`() async throws {
        let trail = try await withStent(before: echoingTargets) {
            $0.timeouts.head = Self.brief
        } _: { stent, _ async throws in
            let client = try await stent.connect()
            #expect(await client.endsSilently())
            await client.close()
        }
        #expect(trail.isEmpty)
    }

    @Test func `an idle connection is closed without a byte`() async throws {
        let trail = try await withStent(before: echoingTargets) { settings in
            settings.timeouts.keepaliveIdle = .seconds(1)
        } _: { stent, _ async throws in
            let client = try await stent.connect()
            #expect(try await client.exchange(get("/a")).text == "/a")
            #expect(try await client.exchange(get("/b")).text == "/b")
            #expect(await client.endsSilently())
            await client.close()
        }
        #expect(trail.count == 2)
    }

    @Test func `content that stops coming is answered 408`() async throws {
        let trail = try await withStent(before: echoingTargets) {
            $0.timeouts.bodyIdle = Self.brief
        } _: { stent, upstream async throws in
            let client = try await stent.connect()
            try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello")
            let answer = try await client.answer()
            #expect(answer.status == 408)
            #expect(answer["Stent-Outcome"] == "unknown")
            #expect(await client.endsSilently())
            await client.close()
            #expect(await eventually { upstream.open == 0 })
        }
        #expect(trail.map(\.reason) == ["request.body-timeout"])
    }

    @Test func `content that comes too slowly is answered 408, though it never stops`() async throws {
        let trail = try await withStent(before: echoingTargets) { settings in
            settings.timeouts.bodyIdle = .milliseconds(500)
            settings.timeouts.bodyMinimumRate = .kibibytes(1)
        } _: { stent, _ async throws in
            let client = try await stent.connect()
            let began = ContinuousClock.now
            try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n")
            while true {
                do {
                    let part = try await client.receive(within: .milliseconds(20))
                    #expect(part.map { String(buffer: $0).hasPrefix("HTTP/1.1 408") } == true)
                    break
                } catch RawConnectionError.timedOut {
                    try await client.send("a")
                }
            }
            #expect(ContinuousClock.now - began < .seconds(5))
            await client.close()
        }
        #expect(trail.map(\.reason) == ["request.body-timeout"])
    }

    @Test func `a client that takes no byte of its answer is cut`() async throws {
        let trail = try await withStent(before: { connection, _ in
            _ = try await connection.message()
            try await connection.send("HTTP/1.1 200 OK\r\nContent-Length: 67108864\r\n\r\n")
            for _ in 0..<1_024 { try await connection.send(bytes: [UInt8](repeating: 0x61, count: 65_536)) }
        }) {
            $0.timeouts.writeStall = Self.brief
        } _: { stent, upstream async throws in
            let client = try await stent.connect(receiveBuffer: 16_384)
            try await client.send(get("/"))
            _ = try await client.head()
            #expect(await eventually { upstream.accepted == 1 && upstream.open == 0 })
            #expect(await client.ends())
            await client.close()
        }
        #expect(trail.map(\.reason) == ["client.stalled"])
    }

    /// The last bytes of an answer that ends with its connection are no less due to a slow client than the first.
    @Test func `a slow client gets the end of an answer whose connection is closed`() async throws {
        let size = 8 << 20
        try await withStent(before: { connection, _ in
            _ = try await connection.message()
            try await connection.send(ok(String(repeating: "a", count: size)))
            await connection.ends()
        }) { stent, upstream async throws in
            let client = try await stent.connect(receiveBuffer: 32_768)
            try await client.send(get("/", "Connection: close\r\n"))
            // stent has the whole answer once the upstream's connection is idle; from there on it waits for us alone.
            var received = try await client.head().body.count
            while try await stent.metric("stent_exchanges_active") > 0, received < size {
                received += try await client.bytes(131_072).count
            }
            // Longer than it lingers. The kernel may hold the rest by now, so this shows that nothing is lost, not why.
            #expect(await always(for: .milliseconds(2_500), every: .milliseconds(50)) { client.channel.isActive })
            received += try await client.receiveAll().count
            #expect(received == size)
            await client.close()
        }
    }

    // MARK: upstreams

    /// Reads requests and never answers.
    private static let silence: ScriptedUpstream.Script = { connection, _ in
        await connection.ends(within: .seconds(600))
    }

    @Test func `an upstream that does not begin to answer is a 504`() async throws {
        let trail = try await withStent(before: Self.silence) { settings in
            settings.upstream.firstByteTimeout = Self.brief
        } _: { stent, upstream async throws in
            #expect(try await stent.once(get("/")).status == 504)
            let write = try await stent.once(post("/", "x"))
            #expect(write.status == 504)
            #expect(write["Stent-Outcome"] == "unknown")
            #expect(await eventually { upstream.open == 0 })
        }
        #expect(trail.map(\.reason) == ["upstream.first-byte-timeout", "upstream.first-byte-timeout"])
    }

    @Test func `a silent upstream is tried as often as the settings say`() async throws {
        let trail = try await withStent(before: Self.silence) { settings in
            settings.upstream.firstByteTimeout = .milliseconds(60)
            settings.retry.attempts = 3
            settings.retry.backoffBase = .milliseconds(1)
        } _: { stent, upstream async throws in
            #expect(try await stent.once(get("/")).status == 504)
            #expect(await eventually { upstream.accepted == 3 })
        }
        #expect(trail.map { $0.tries?.count } == [3])
        #expect(trail.map(\.retry) == ["retry.attempts-spent"])
    }

    @Test func `an answer that is held and does not end is given up after the attempt's time`() async throws {
        let trail = try await withStent(before: { connection, _ in
            _ = try await connection.message()
            try await connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello")
            await connection.ends()
        }) { settings in
            settings.retry.attempts = 2
            settings.retry.backoffBase = .milliseconds(1)
            settings.upstream.attemptTimeout = .seconds(1)
        } _: { stent, upstream async throws in
            #expect(try await stent.once(get("/")).status == 504)
            #expect(upstream.accepted == 2)
        }
        #expect(trail.map(\.reason) == ["upstream.attempt-timeout"])
    }

    @Test func `an answer that streams and falls silent is visibly cut`() async throws {
        let trail = try await withStent(before: { connection, _ in
            let request = try await connection.message()
            let framing = request.target == "/chunked" ? "Transfer-Encoding: chunked" : "Content-Length: 1000"
            try await connection.send("HTTP/1.1 200 OK\r\n\(framing)\r\n\r\n5\r\nhello\r\n")
            await connection.ends()
        }) {
            $0.upstream.idleTimeout = Self.brief
        } _: { stent, _ async throws in
            for target in ["/chunked", "/length"] {
                await #expect(throws: RawConnectionError.self) { try await stent.once(get(target)) }
            }
        }
        #expect(trail.first?.reason == "upstream.idle-timeout")
    }

    @Test func `the whole exchange has one deadline, pauses and attempts included`() async throws {
        let trail = try await withStent(before: Self.silence) { settings in
            settings.upstream.deadline = .milliseconds(1_500)
            settings.upstream.firstByteTimeout = .milliseconds(150)
            settings.retry.attempts = 20
            settings.retry.backoffBase = .milliseconds(1)
        } _: { stent, upstream async throws in
            let began = ContinuousClock.now
            #expect(try await stent.once(get("/")).status == 504)
            #expect(ContinuousClock.now - began < .seconds(5))
            #expect(await eventually { upstream.accepted >= 2 })
        }
        // An attempt that fails with too little time left for another one is the other way for a deadline to end it.
        let entry = try #require(trail.first)
        #expect(trail.count == 1 && (entry.reason == "exchange.deadline" || entry.retry == "retry.deadline"))
    }

    @Test func `a request that waits for a connection is bounded by the deadline`() async throws {
        let trail = try await withStent(before: Self.silence) { settings in
            settings.upstream.pool.maximumConnections = 1
            settings.upstream.deadline = .milliseconds(400)
        } _: { stent, upstream async throws in
            async let first = stent.once(get("/1"))
            async let second = stent.once(get("/2"))
            #expect(try await [first.status, second.status] == [504, 504])
            #expect(upstream.accepted <= 2)
        }
        #expect(trail.map(\.reason) == ["exchange.deadline", "exchange.deadline"])
    }

    @Test func `an upstream that does not accept is a 504 in time`() async throws {
        let blackhole = try Blackhole()
        let trail = try await withStent(upstream: blackhole.port) { settings in
            settings.upstream.connectTimeout = Self.brief
        } _: { stent async throws in
            let read = try await stent.once(get("/"))
            #expect(read.status == 504)
            let write = try await stent.once(post("/", "x"))
            #expect(write.status == 504)
            #expect(write["Stent-Outcome"] == "not-sent")
        }
        #expect(trail.map(\.reason) == ["upstream.connect-timeout", "upstream.connect-timeout"])
    }

    @Test func `the head of an answer reaches the client before its content exists`() async throws {
        let gate = Progress()
        try await withStent(before: { connection, _ in
            _ = try await connection.message()
            try await connection.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
            _ = await eventually { gate.value > 0 }
            try await connection.send("data: 1\n\n")
        }) { stent, _ async throws in
            let client = try await stent.connect()
            try await client.send(get("/events"))
            #expect(try await client.head(within: .seconds(5))["Content-Type"] == "text/event-stream")
            gate.set(1)
            #expect(try await client.receiveChunks() == Array("data: 1\n\n".utf8))
            await client.close()
        }
    }
}

/// A port that listens and whose queue is full: the kernel drops what else wants to connect.
final class Blackhole: Sendable {
    let port: Int
    private let descriptors: [CInt]

    init() throws {
        let kind = CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
        let listener = socket(AF_INET, kind, 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        try withUnsafeMutablePointer(to: &address) { pointer in
            try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                try #require(bind(listener, generic, length) == 0)
                try #require(listen(listener, 0) == 0)
                try #require(getsockname(listener, generic, &length) == 0)
            }
        }
        port = Int(UInt16(bigEndian: address.sin_port))
        var all = [listener]
        for _ in 0..<4 {
            let client = socket(AF_INET, kind | CInt(SOCK_NONBLOCK.rawValue), 0)
            _ = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(client, $0, length) }
            }
            all.append(client)
        }
        descriptors = all
    }

    deinit { for descriptor in descriptors { close(descriptor) } }
}
