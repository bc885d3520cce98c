import Glibc
import NIOCore
import NIOPosix
import NIOSSL

/// One TCP connection, plain or TLS, of which a test sends and reads every byte itself: as a client, or as an upstream.
///
/// Nothing is read ahead of what the test asks for, beyond the kernel's buffers. Every wait is bounded.
package final class RawConnection: Sendable {
    /// How long a wait may last, unless the test says otherwise.
    package static let patience = Duration.seconds(30)

    package let channel: any Channel
    /// What ALPN chose.
    package let negotiated: String?
    private let inbox: NIOLoopBound<RawInbox>

    init(channel: any Channel, inbox: NIOLoopBound<RawInbox>, negotiated: String? = nil) {
        self.channel = channel
        self.inbox = inbox
        self.negotiated = negotiated
    }

    /// Connects to a port of the loopback address.
    ///
    /// - Parameters:
    ///   - tls: how to speak TLS; the handshake is over when this returns.
    ///   - serverName: the name to ask for and to verify.
    ///   - receiveBuffer: bytes that the kernel may take in for a client that does not read.
    package static func open(
        port: Int, host: String = "127.0.0.1", tls: TLSConfiguration? = nil, serverName: String? = nil,
        receiveBuffer: Int? = nil
    ) async throws -> RawConnection {
        let context = try tls.map { try NIOSSLContext(configuration: $0) }
        let group = MultiThreadedEventLoopGroup.singleton
        let loop = group.next()
        let handshake = context.map { _ in loop.makePromise(of: String?.self) }
        var bootstrap = ClientBootstrap(group: loop)
            .channelOption(.autoRead, value: false)
            .channelOption(.allowRemoteHalfClosure, value: tls == nil)  // TLS ends both ways at once
            .connectTimeout(.seconds(10))
        if let receiveBuffer {
            bootstrap = bootstrap.channelOption(.socketOption(.so_rcvbuf), value: receiveBuffer)
        }
        do {
            let (channel, inbox) = try await bootstrap.connect(host: host, port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let context {
                        try channel.pipeline.syncOperations.addHandler(
                            NIOSSLClientHandler(context: context, serverHostname: serverName))
                    }
                    let inbox = RawInbox(channel: channel, handshake: handshake)
                    try channel.pipeline.syncOperations.addHandler(inbox)
                    return (channel, NIOLoopBound(inbox, eventLoop: channel.eventLoop))
                }
            }
            guard let handshake else { return RawConnection(channel: channel, inbox: inbox) }
            channel.read()
            let timer = loop.scheduleTask(in: .seconds(10)) { handshake.fail(RawConnectionError.timedOut) }
            defer { timer.cancel() }
            do {
                let negotiated = try await handshake.futureResult.get()
                return RawConnection(channel: channel, inbox: inbox, negotiated: negotiated)
            } catch {
                channel.close(promise: nil)
                throw error
            }
        } catch {
            handshake?.fail(error)
            throw error
        }
    }

    // MARK: sending

    /// Sends; returns when the kernel has taken every byte.
    package func send(_ text: String, within limit: Duration = patience) async throws {
        try await send(bytes: Array(text.utf8), within: limit)
    }

    package func send(bytes: [UInt8], within limit: Duration = patience) async throws {
        try await send(buffer: ByteBuffer(bytes: bytes), within: limit)
    }

    package func send(buffer: ByteBuffer, within limit: Duration = patience) async throws {
        let promise = channel.eventLoop.makePromise(of: Void.self)
        let timer = channel.eventLoop.scheduleTask(in: .init(limit)) { promise.fail(RawConnectionError.timedOut) }
        channel.writeAndFlush(buffer).cascade(to: promise)
        defer { timer.cancel() }
        try await promise.futureResult.get()
    }

    /// Ends this side's half of the connection.
    package func finishSending() async throws { try await channel.close(mode: .output) }

    /// Ends the connection; over TLS not before the peer has said goodbye too.
    package func close() async {
        try? await channel.setOption(.autoRead, value: true).get()
        try? await channel.close()
    }

    /// Ends the connection with a reset.
    package func reset() async {
        try? await (channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
        try? await channel.close()
    }

    // MARK: reading

    /// The next bytes; `nil` at the end.
    ///
    /// - Throws: what ended the connection badly, or `timedOut`.
    package func receive(within limit: Duration = patience) async throws -> ByteBuffer? {
        try await channel.eventLoop.flatSubmit { [inbox] in inbox.value.next(within: .init(limit)) }.get()
    }

    /// Everything until the end.
    package func receiveAll(within limit: Duration = patience) async throws -> [UInt8] {
        var all: [UInt8] = []
        while let part = try await receive(within: limit) { all.append(contentsOf: part.readableBytesView) }
        return all
    }

    /// Whether the peer ends the connection without another byte, in whatever way.
    package func endsSilently(within limit: Duration = patience) async -> Bool {
        do {
            return try await receive(within: limit) == nil
        } catch RawConnectionError.timedOut {
            return false
        } catch {
            return true
        }
    }

    /// Waits until the peer ends the connection, in whatever way, and throws away what comes before.
    ///
    /// - Returns: whether it did.
    @discardableResult
    package func ends(within limit: Duration = patience) async -> Bool {
        do {
            while try await receive(within: limit) != nil {}
            return true
        } catch RawConnectionError.timedOut {
            return false
        } catch {
            return true
        }
    }

    /// The head of the next message, through the empty line.
    package func head(within limit: Duration = patience) async throws -> RawMessage {
        var bytes = ByteBuffer()
        let mark = Array("\r\n\r\n".utf8)
        while true {
            if let range = bytes.readableBytesView.firstRange(of: mark) {
                let length = range.upperBound - bytes.readableBytesView.startIndex
                guard let head = bytes.readString(length: length) else { throw RawConnectionError.malformed("") }
                await unread(bytes)
                return try RawMessage(head: head)
            }
            guard let part = try await receive(within: limit) else {
                throw RawConnectionError.ended(received: String(buffer: bytes))
            }
            bytes.writeImmutableBuffer(part)
        }
    }

    /// The next whole message.
    ///
    /// - Parameter isToHead: it answers a HEAD.
    /// - Throws: `ended` where it breaks off.
    package func message(isToHead: Bool = false, within limit: Duration = patience) async throws -> RawMessage {
        var message = try await head(within: limit)
        message.body = try await content(of: message, isToHead: isToHead, within: limit)
        return message
    }

    /// The content that belongs to a head that was read.
    package func content(
        of head: RawMessage, isToHead: Bool = false, within limit: Duration = patience
    ) async throws -> [UInt8] {
        switch try head.framing(isToHead: isToHead) {
        case .none: return []
        case .length(let length): return try await bytes(length, within: limit)
        case .untilEnd: return try await receiveAll(within: limit)
        case .chunked:
            var content: [UInt8] = []
            while true {
                let line = try await line(within: limit)
                guard let size = Int(line, radix: 16) else { throw RawConnectionError.malformed(line) }
                content += try await bytes(size, within: limit)
                guard try await self.line(within: limit).isEmpty else { throw RawConnectionError.malformed(line) }
                if size == 0 { return content }
            }
        }
    }

    /// The final answer; informational ones are passed over.
    package func answer(toHead isToHead: Bool = false, within limit: Duration = patience) async throws -> RawMessage {
        while true {
            let message = try await message(isToHead: isToHead, within: limit)
            if message.status >= 200 || message.status == 0 { return message }
        }
    }

    /// Sends a request and reads its answer.
    package func exchange(_ request: String, within limit: Duration = patience) async throws -> RawMessage {
        try await send(request, within: limit)
        return try await answer(toHead: request.hasPrefix("HEAD "), within: limit)
    }

    /// Exactly so many bytes.
    package func bytes(_ count: Int, within limit: Duration = patience) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        while bytes.count < count {
            guard var part = try await receive(within: limit) else {
                throw RawConnectionError.ended(received: String(decoding: bytes.prefix(200), as: UTF8.self))
            }
            let wanted = part.readSlice(length: min(count - bytes.count, part.readableBytes)) ?? ByteBuffer()
            bytes.append(contentsOf: wanted.readableBytesView)
            await unread(part)
        }
        return bytes
    }

    private func line(within limit: Duration) async throws -> String {
        var line: [UInt8] = []
        while true {
            line += try await bytes(1, within: limit)
            if line.suffix(2) == [0x0D, 0x0A] { return String(decoding: line.dropLast(2), as: UTF8.self) }
        }
    }

    private func unread(_ bytes: ByteBuffer) async {
        guard bytes.readableBytes > 0 else { return }
        try? await channel.eventLoop.submit { [inbox] in inbox.value.unread(bytes) }.get()
    }
}

extension TimeAmount {
    fileprivate init(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        self = .nanoseconds(seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
    }
}
