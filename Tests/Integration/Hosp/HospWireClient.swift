import NIOCore
import NIOPosix
import Glibc

/// Sends raw bytes to a port and keeps everything that comes back until the connection ends.
struct HospWireClient {
    enum Ending: Sendable, Equatable {
        case closed
        case reset
    }

    struct Reply: Sendable {
        var bytes: [UInt8]
        var ending: Ending

        var text: String { String(decoding: bytes, as: UTF8.self) }
    }

    var port: Int

    /// The request has to end the connection itself, by `Connection: close`.
    func send(_ text: String) async throws -> Reply {
        let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        let done = eventLoop.makePromise(of: Reply.self)
        do {
            _ = try await ClientBootstrap(group: eventLoop)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(Collector(done, sending: text))
                    }
                }
                .connect(host: "127.0.0.1", port: port).get()
        } catch {
            done.fail(error)
            // a reset straight after the handshake may come before the client looks
            if Self.code(of: error) == ECONNRESET { return Reply(bytes: [], ending: .reset) }
            throw error
        }
        return try await done.futureResult.get()
    }

    /// Sends raw bytes and leaves the connection to the caller; what comes back is not read.
    func connect(sending text: String) async throws -> any Channel {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port).get()
        try await channel.writeAndFlush(ByteBuffer(string: text)).get()
        return channel
    }

    /// Whether nobody listens.
    func isRefused() async throws -> Bool {
        do {
            _ = try await ask("GET", "/")
            return false
        } catch {
            return Self.code(of: error) == ECONNREFUSED
        }
    }

    private static func code(of error: any Error) -> CInt? {
        let single = (error as? NIOConnectionError)?.connectionErrors.first?.error ?? error
        return (single as? IOError)?.errnoCode
    }

    /// One request as staff1, on a connection of its own.
    func ask(
        _ method: String, _ target: String, _ more: [String] = [], json: String? = nil, user: String? = "staff1:secret1"
    ) async throws -> Reply {
        try await send(Self.request(method, target, more + ["Connection: close"], json: json, user: user))
    }

    static func request(
        _ method: String, _ target: String, _ more: [String] = [], json: String? = nil, user: String? = "staff1:secret1"
    ) -> String {
        var lines = ["\(method) \(target) HTTP/1.1", "Host: hosp.example"]
        if let user { lines.append("Authorization: Basic \(base64(user))") }
        if let json { lines += ["Content-Type: application/json", "Content-Length: \(json.utf8.count)"] }
        return (lines + more).joined(separator: "\r\n") + "\r\n\r\n" + (json ?? "")
    }

    static func base64(_ text: String) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
        var encoded = ""
        let bytes = Array(text.utf8)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
            for position in 0..<4 {
                encoded.append(position <= group.count ? alphabet[bits >> (18 - 6 * position) & 63] : "=")
            }
        }
        return encoded
    }
}

private final class Collector: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let done: EventLoopPromise<HospWireClient.Reply>
    private var bytes: [UInt8] = []
    private var ending = HospWireClient.Ending.closed

    private let text: String

    init(_ done: EventLoopPromise<HospWireClient.Reply>, sending text: String) {
        self.done = done
        self.text = text
    }

    func channelActive(context: ChannelHandlerContext) {
        // A reset may come before all is written, and is then the write's error, which closes the channel by itself.
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenFailure { [self] _ in ending = .reset }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: written)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        bytes.append(contentsOf: unwrapInboundIn(data).readableBytesView)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        ending = .reset
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        done.succeed(HospWireClient.Reply(bytes: bytes, ending: ending))
    }
}
