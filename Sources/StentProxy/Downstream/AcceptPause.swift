import Glibc
import NIOCore

/// Stops accepting for a moment when the process or the system has no descriptor or memory for another connection.
///
/// SwiftNIO's `AcceptBackoffHandler` delays the next read, but the failed one stays pending and its socket readable, so that
/// the loop would try again without a pause (swift-nio 2.101); here the socket is taken out of the poll meanwhile.
final class AcceptPause: ChannelInboundHandler {
    typealias InboundIn = any Channel

    /// Long enough to cost nothing, short enough that clients in the backlog hardly notice once descriptors are free.
    private static let pause = TimeAmount.milliseconds(250)

    private var isPaused = false

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? IOError else { return }  // a connection that could not be set up: closed already
        switch error.errnoCode {
        case EMFILE, ENFILE, ENOBUFS, ENOMEM: pauseAccepting(context)
        case _: break  // such as ECONNABORTED: the next one may be fine
        }
    }

    private func pauseAccepting(_ context: ChannelHandlerContext) {
        guard !isPaused else { return }
        isPaused = true
        try? context.channel.syncOptions?.setOption(.autoRead, value: false)
        context.eventLoop.assumeIsolated().scheduleTask(in: Self.pause) { [self] in
            isPaused = false
            guard context.channel.isActive else { return }
            try? context.channel.syncOptions?.setOption(.autoRead, value: true)
        }
    }
}
