import NIOCore
import NIOPosix
import StentModel

/// What a worker has of the world beside its event loop, which is also its monotonic clock: a test has another world.
package struct WorkerWorld {
    /// Opens a connection to an upstream server on this loop, within the time limit; `initialize` is called before a byte
    /// is read.
    package typealias Dial = (
        _ server: UpstreamServer, _ loop: any EventLoop, _ timeout: TimeAmount,
        _ initialize: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
    ) -> EventLoopFuture<any Channel>

    /// Nanoseconds since 1970; read once a tick.
    package var wallClock: () -> Int64 = SystemClock.unixNanoseconds
    /// The dice, asked for once.
    package var random: () -> Xoshiro256 = {
        var system = SystemRandomNumberGenerator()
        return Xoshiro256(seededFrom: &system)
    }
    package var dial: Dial = { server, loop, timeout, initialize in
        let bootstrap = ClientBootstrap(group: loop).connectTimeout(timeout).channelInitializer(initialize)
        // A literal address needs no resolving.
        if let address = try? SocketAddress(ipAddress: server.host, port: server.port) {
            return bootstrap.connect(to: address)
        }
        return bootstrap.connect(host: server.host, port: server.port)
    }

    package init() {}
}

/// xoshiro256++ (Blackman and Vigna, 2019), seeded by the system: for jitter and request ids, which need to be unlike one
/// another but are no secrets.
package struct Xoshiro256: RandomNumberGenerator {
    private var state: (UInt64, UInt64, UInt64, UInt64)

    package init(seededFrom source: inout some RandomNumberGenerator) {
        state = (source.next(), source.next(), source.next(), source.next() | 1)
    }

    package mutating func next() -> UInt64 {
        func rotate(_ value: UInt64, _ count: UInt64) -> UInt64 { value << count | value >> (64 - count) }
        let result = rotate(state.0 &+ state.3, 23) &+ state.0
        let shifted = state.1 << 17
        state.2 ^= state.0
        state.3 ^= state.1
        state.1 ^= state.2
        state.0 ^= state.3
        state.2 ^= shifted
        state.3 = rotate(state.3, 45)
        return result
    }
}
