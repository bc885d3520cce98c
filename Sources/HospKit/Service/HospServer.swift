import NIOCore
import NIOPosix

/// What a simulator is started with.
package struct HospOptions: Sendable {
    /// The address of both ports.
    package var bind = "127.0.0.1"
    /// Where the service listens; 0 takes any free port.
    package var port: Int
    /// Where the control port listens; 0 takes any free port.
    package var controlPort: Int
    /// What the dice are seeded with.
    package var seed: UInt64
    /// What all durations of the service are multiplied by; 0 is without any delay.
    package var timeScale: Double
    package var profile: Profile

    package init(
        bind: String = "127.0.0.1", port: Int = 0, controlPort: Int = 0, seed: UInt64 = 1, timeScale: Double = 0.1,
        profile: Profile = .calm
    ) {
        self.bind = bind
        self.port = port
        self.controlPort = controlPort
        self.seed = seed
        self.timeScale = timeScale
        self.profile = profile
    }
}

/// A running simulator of HOSP, with its control port.
///
/// Everything runs on one event loop of its own: HOSP is one small machine, and one order of arrivals makes its faults repeatable.
package final class HospServer: Sendable {
    /// Where the service listens, also while an outage keeps it from listening.
    package let port: Int
    /// Where the control port listens.
    package let controlPort: Int

    private let group: MultiThreadedEventLoopGroup
    private let control: NIOLoopBound<Control>
    private let controlChannel: any Channel

    private init(
        group: MultiThreadedEventLoopGroup, control: NIOLoopBound<Control>, controlChannel: any Channel, port: Int,
        controlPort: Int
    ) {
        self.group = group
        self.control = control
        self.controlChannel = controlChannel
        self.port = port
        self.controlPort = controlPort
    }

    /// Opens both ports.
    ///
    /// - Throws: what binding throws, such as an address in use.
    package static func start(_ options: HospOptions) async throws -> HospServer {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        do {
            let eventLoop = group.next()
            let reservation = try PortReservation(host: options.bind, port: options.port)
            let address = reservation.address
            let control = try await eventLoop.submit {
                let core = HospCore(
                    eventLoop: eventLoop, seed: options.seed, timeScale: max(0, options.timeScale),
                    profile: options.profile)
                let listener = ServiceListener(core: core, group: group, reservation: reservation)
                return NIOLoopBound(Control(core: core, listener: listener), eventLoop: eventLoop)
            }.get()
            try await eventLoop.flatSubmit { control.value.listener.follow(options.profile) }.get()
            let controlChannel = try await Listening.bootstrap(group, eventLoop) { control.value }
                .bind(host: options.bind, port: options.controlPort).get()
            return HospServer(
                group: group, control: control, controlChannel: controlChannel, port: address.port ?? options.port,
                controlPort: controlChannel.localAddress?.port ?? options.controlPort)
        } catch {
            try? await group.shutdownGracefully()
            throw error
        }
    }

    /// Closes both ports and all connections.
    package func stop() async throws {
        try? await controlChannel.close().get()
        try await group.next().flatSubmit { [control] in control.value.stop() }.get()
        try await group.shutdownGracefully()
    }

    /// Switches the behaviour; returns when an outage has begun or ended.
    package func setProfile(_ profile: Profile) async throws {
        try await group.next().flatSubmit { [control] in control.value.setProfile(profile) }.get()
    }

    /// Spoils the next requests that match.
    package func inject(_ injection: Injection) async throws {
        try await onLoop { $0.core.inject(injection) }
    }

    package func counters() async throws -> Counters {
        try await onLoop { $0.core.counters }
    }

    /// The log of what arrived, oldest first, from the given sequence number on.
    package func arrivals(since sequence: Int = 0) async throws -> [Arrival] {
        try await onLoop { $0.core.log.since(sequence, limit: .max) }
    }

    /// All records, as they are now.
    package func records() async throws -> Store {
        try await onLoop { $0.core.application.store }
    }

    /// Back to the seed data, the first dice and zero. The profile stays.
    package func reset(seed: UInt64? = nil) async throws {
        try await onLoop { $0.core.reset(seed: seed) }
    }

    private func onLoop<Value: Sendable>(_ body: @escaping @Sendable (Control) -> Value) async throws -> Value {
        try await group.next().submit { [control] in body(control.value) }.get()
    }
}
