import NIOCore
import NIOPosix

/// The service's listening socket, which outages close and open. Belongs to the event loop.
final class ServiceListener {
    private let core: HospCore
    private let group: any EventLoopGroup
    private let reservation: PortReservation
    private var channel: (any Channel)?
    private var isWanted = false
    /// The end of the change under way: changes are made one after another.
    private var lastChange: EventLoopFuture<Void>

    init(core: HospCore, group: any EventLoopGroup, reservation: PortReservation) {
        self.core = core
        self.group = group
        self.reservation = reservation
        lastChange = core.eventLoop.makeSucceededVoidFuture()
    }

    /// Listens or not, as the profile wants it; done when that is so.
    func follow(_ profile: Profile) -> EventLoopFuture<Void> {
        isWanted = profile.outage != .refuse
        return change()
    }

    /// Closes for good.
    func stop() -> EventLoopFuture<Void> {
        isWanted = false
        return change()
    }

    private func change() -> EventLoopFuture<Void> {
        let eventLoop = core.eventLoop
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        let before = lastChange.flatMapError { _ in eventLoop.makeSucceededVoidFuture() }
        lastChange = before.flatMap { bound.value.settle() }
        return lastChange
    }

    private func settle() -> EventLoopFuture<Void> {
        let eventLoop = core.eventLoop
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        if isWanted, channel == nil {
            let core = NIOLoopBound(core, eventLoop: eventLoop)
            return Listening.bootstrap(group, eventLoop) { core.value }.bind(to: reservation.address).map {
                bound.value.channel = $0
            }
        }
        if !isWanted, let channel {
            self.channel = nil
            return channel.close()
        }
        return eventLoop.makeSucceededVoidFuture()
    }
}
