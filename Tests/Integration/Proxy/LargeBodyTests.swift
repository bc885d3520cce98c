import NIOCore
import StentTestKit
import Synchronization
import Testing

/// 20 MB in either direction, with a side that takes its time: the other side is held up, and stent's memory is not used.
///
/// stent runs in a process of its own here, so that its resident memory can be read from the kernel.
@Suite(.serialized) struct LargeBodyTests {
    static let total = 20 << 20
    /// Above what stent holds without the body: its socket buffers are the kernel's, its own are below 1 MiB.
    static let allowance = 8 << 20

    /// Bytes that no two places share, so that a lost, doubled or swapped piece is seen.
    static let content: [UInt8] = {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(total)
        var number: UInt64 = 0
        while bytes.count < total {
            withUnsafeBytes(of: (number &* 0x9E37_79B9_7F4A_7C15).bigEndian) { bytes.append(contentsOf: $0) }
            number += 1
        }
        return bytes
    }()

    private func start(_ upstream: ScriptedUpstream) async throws -> StentProcess {
        try await StentProcess.start(
            configuration: "\(StentHarness.repository)/config/minimal.yaml",
            environment: ["STENT_UPSTREAM": "http://127.0.0.1:\(upstream.port)"])
    }

    @Test(arguments: [false, true])
    func `a large answer waits for a slow reader`(isChunked: Bool) async throws {
        let sent = Progress()
        let upstream = try await ScriptedUpstream.start(sendBuffer: 65_536) { connection, _ in
            _ = try await connection.message()
            let framing = isChunked ? "Transfer-Encoding: chunked" : "Content-Length: \(Self.total)"
            try await connection.send("HTTP/1.1 200 OK\r\n\(framing)\r\n\r\n")
            for start in stride(from: 0, to: Self.total, by: 65_536) {
                if isChunked { try await connection.send("10000\r\n") }
                try await connection.send(bytes: Array(Self.content[start..<start + 65_536]))
                if isChunked { try await connection.send("\r\n") }
                sent.set(start + 65_536)
            }
            if isChunked { try await connection.send("0\r\n\r\n") }
            await connection.ends()
        }
        let stent = try await start(upstream)
        defer { stent.kill() }
        let baseline = try stent.memory().now
        let client = try await RawConnection.open(port: stent.httpPort, receiveBuffer: 65_536)
        try await client.send(get("/large"))
        var answer = try await client.head()
        #expect(answer.status == 200)
        answer.body = isChunked ? [] : try await client.bytes(1 << 20)

        // The client takes nothing; the upstream comes to a standstill long before its end.
        #expect(await sent.standsStill())
        #expect(sent.value < Self.total)
        #expect(try stent.memory().now - baseline < Self.allowance)

        if isChunked {
            let rest = try await client.receiveChunks()
            #expect(rest == Self.content)
        } else {
            answer.body += try await client.bytes(Self.total - answer.body.count)
            #expect(answer.body == Self.content)
        }
        #expect(try stent.memory().most - baseline < Self.allowance)
        await client.close()
        await upstream.stop()
    }

    @Test(arguments: [false, true])
    func `a large request waits for a slow upstream`(isChunked: Bool) async throws {
        let gate = Progress()
        let upstream = try await ScriptedUpstream.start { connection, _ in
            _ = try await connection.head()
            _ = await eventually { gate.value > 0 }
            let body = isChunked ? try await connection.receiveChunks() : try await connection.bytes(Self.total)
            try await connection.send(ok(body == Self.content ? "same" : "different"))
            await connection.ends()
        }
        let stent = try await start(upstream)
        defer { stent.kill() }
        let baseline = try stent.memory().now
        let client = try await RawConnection.open(port: stent.httpPort)
        let framing = isChunked ? "Transfer-Encoding: chunked" : "Content-Length: \(Self.total)"
        try await client.send("POST /large HTTP/1.1\r\nHost: a\r\n\(framing)\r\n\r\n")
        let sent = Progress()
        async let upload: Void = {
            for start in stride(from: 0, to: Self.total, by: 65_536) {
                if isChunked { try await client.send("10000\r\n") }
                try await client.send(bytes: Array(Self.content[start..<start + 65_536]))
                if isChunked { try await client.send("\r\n") }
                sent.set(start + 65_536)
            }
            if isChunked { try await client.send("0\r\n\r\n") }
        }()
        #expect(await sent.standsStill())
        #expect(try stent.memory().now - baseline < Self.allowance)
        gate.set(1)
        try await upload
        #expect(try await client.answer().text == "same")
        #expect(try stent.memory().most - baseline < Self.allowance)
        await client.close()
        await upstream.stop()
    }

    @Test func `an upstream that takes no more of a request is given up`() async throws {
        let trail = try await withStent(before: { connection, _ in
            _ = try await connection.head()
            await connection.channel.closeFuture.waits()
        }) { settings in
            settings.upstream.idleTimeout = .milliseconds(300)
        } _: { stent, _ async throws in
            let client = try await stent.connect()
            try await client.send("POST /large HTTP/1.1\r\nHost: a\r\nContent-Length: \(Self.total)\r\n\r\n")
            async let upload: Void = client.send(bytes: Self.content)
            let answer = try await client.answer()
            #expect(answer.status == 504)
            #expect(answer["Stent-Outcome"] == "unknown")
            await client.close()
            try? await upload
        }
        #expect(trail.map(\.reason) == ["upstream.write-stalled"])
    }
}

/// How far something got, for a test to watch.
final class Progress: Sendable {
    private let count = Atomic(0)

    var value: Int { count.load(ordering: .acquiring) }
    func set(_ value: Int) { count.store(value, ordering: .releasing) }

    /// Waits until it has begun and then not moved for a while.
    func standsStill() async -> Bool {
        await eventually(within: .seconds(30), every: .milliseconds(1)) {
            let before = value
            return await always(for: .milliseconds(400)) { value == before } && before > 0
        }
    }
}

extension EventLoopFuture<Void> {
    /// Waits for it, whatever it brings.
    func waits() async { _ = try? await get() }
}

extension RawConnection {
    /// Content in the chunked coding, to its end.
    func receiveChunks() async throws -> [UInt8] {
        var buffer = ByteBuffer()
        var content: [UInt8] = []
        content.reserveCapacity(LargeBodyTests.total)
        func more() async throws {
            guard let part = try await receive() else { throw RawConnectionError.ended(received: "") }
            buffer.discardReadBytes()
            buffer.writeImmutableBuffer(part)
        }
        while true {
            while buffer.readableBytesView.firstRange(of: [0x0D, 0x0A]) == nil { try await more() }
            let end = buffer.readableBytesView.firstRange(of: [0x0D, 0x0A])?.lowerBound ?? 0
            let line = buffer.readString(length: end - buffer.readerIndex) ?? ""
            guard let size = Int(line, radix: 16) else { throw RawConnectionError.malformed(line) }
            buffer.moveReaderIndex(forwardBy: 2)
            var left = size
            while left > 0 {
                if buffer.readableBytes == 0 { try await more() }
                let part = buffer.readSlice(length: min(left, buffer.readableBytes)) ?? ByteBuffer()
                content.append(contentsOf: part.readableBytesView)
                left -= part.readableBytes
            }
            while buffer.readableBytes < 2 { try await more() }
            buffer.moveReaderIndex(forwardBy: 2)
            if size == 0 { return content }
        }
    }
}
