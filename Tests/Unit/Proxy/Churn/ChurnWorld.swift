import NIOCore
import NIOEmbedded
import StentAudit
import StentExchange
import StentModel
import StentPolicy
import StentProxy

/// Two workers of a real data plane on simulated event loops, between callers and an origin that are simulated too:
/// everything but sockets and clocks is what serves in production.
final class ChurnWorld {
    private final class NoTrail: AuditTrail {
        var accepts: Bool { true }
        func record(_ record: borrowing ExchangeRecord, head: borrowing RequestHead) {}
        func flush() {}
    }

    /// Tells credentials apart as an HMAC does, without a secret.
    private struct PlainDigest: CredentialDigest {
        func key(of credential: UnsafeRawBufferPointer) -> CredentialKey {
            var high: UInt64 = 0xCBF2_9CE4_8422_2325
            for byte in credential { high = (high ^ UInt64(byte)) &* 0x100_0000_01B3 }
            return CredentialKey(high: high, low: UInt64(credential.count))
        }
    }

    static let step = TimeAmount.milliseconds(10)
    /// 2026-01-05T08:00:00Z.
    private static let began: Int64 = 1_767_600_000_000_000_000

    let loops = [EmbeddedEventLoop(), EmbeddedEventLoop()]
    let workers: [Worker]
    let gate: Gate
    let snapshot: Snapshot
    let origin: ChurnOrigin
    let credentials: [String: Int]

    init(settings: Settings, callers: Int, seed: UInt64) {
        let origin = ChurnOrigin(seed: seed)
        var credentials: [String: Int] = [:]
        for caller in 0..<callers { credentials[Self.authorization(of: caller)] = caller }
        var policies = Gate.Policies()
        policies.digest = PlainDigest()
        let gate = Gate(settings, idempotency: nil, policies: policies)
        let snapshot = Snapshot(settings)
        let limiter = ConnectionLimiter()
        workers = loops.enumerated().map { index, loop in
            var world = WorkerWorld()
            world.wallClock = { Self.began + Int64(loop.now.uptimeNanoseconds) }
            var dice = SeededRandom(seed: seed &+ UInt64(index))
            world.random = { Xoshiro256(seededFrom: &dice) }
            world.dial = { [credentials] _, _, _, initialize in
                Self.dial(origin, on: loop, credentials: credentials, initialize)
            }
            return Worker(
                loop: loop, snapshot: snapshot, audit: NoTrail(), limiter: limiter, gate: gate, upstreamTLS: nil,
                world: world)
        }
        self.gate = gate
        self.snapshot = snapshot
        self.origin = origin
        self.credentials = credentials
    }

    /// Basic credentials; callers have names of their own.
    static func authorization(of caller: Int) -> String {
        let text = Array("caller\(caller):secret\(caller)".utf8)
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
        var encoded = ""
        for start in stride(from: 0, to: text.count, by: 3) {
            let part = text[start..<min(start + 3, text.count)]
            let bits = part.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - part.count))
            for place in 0..<4 {
                encoded.append(place <= part.count ? digits[bits >> (18 - 6 * place) & 63] : "=")
            }
        }
        return "Basic \(encoded)"
    }

    var now: NIODeadline { loops[0].now }

    /// Lets time pass on both loops, side by side.
    func advance() {
        for loop in loops { loop.advanceTime(by: Self.step) }
    }

    private static func dial(
        _ origin: ChurnOrigin, on loop: EmbeddedEventLoop, credentials: [String: Int],
        _ initialize: @Sendable (any Channel) -> EventLoopFuture<Void>
    ) -> EventLoopFuture<any Channel> {
        if origin.weather == .outage { return loop.makeFailedFuture(ChannelError.connectTimeout(.seconds(0))) }
        let channel = EmbeddedChannel(handler: nil, loop: loop)
        let socket = ChurnSocket { text, socket in
            guard let end = text.firstRange(of: "\r\n\r\n") else { return }
            let request = ChurnRequest(text[..<end.lowerBound], credentials: credentials)
            origin.handle(request, on: loop) { bytes in
                guard let bytes else { return socket.close() }
                socket.deliver(bytes)
                // What ends early ends with the connection.
                if bytes.isEmpty || !Self.isWhole(bytes, request) { socket.close() }
            }
        }
        do {
            try channel.pipeline.syncOperations.addHandler(socket)
            let ready = initialize(channel)
            let address = try SocketAddress(ipAddress: "127.0.0.1", port: 3_000)
            return ready.flatMap { channel.connect(to: address) }.map { channel as any Channel }
        } catch {
            return loop.makeFailedFuture(error)
        }
    }

    private static func isWhole(_ bytes: [UInt8], _ request: ChurnRequest) -> Bool {
        let text = String(decoding: bytes, as: UTF8.self)
        guard let end = text.firstRange(of: "\r\n\r\n") else { return false }
        guard request.method != "HEAD", let line = text.firstRange(of: "Content-Length: ") else { return true }
        let count = text[line.upperBound...].prefix { $0.isNumber }
        return Int(count) == text[end.upperBound...].utf8.count
    }
}
