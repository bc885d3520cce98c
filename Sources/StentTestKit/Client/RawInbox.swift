import NIOCore
import NIOSSL
import NIOTLS

/// What a raw connection could not do.
package enum RawConnectionError: Error, Sendable, Equatable {
    /// The time for it was over.
    case timedOut
    /// The peer ended the connection where more was expected.
    case ended(received: String)
    /// What came is no HTTP/1.1 message.
    case malformed(String)
}

/// The last handler of a raw connection: reads only when somebody waits, so that a test decides how fast its side reads.
final class RawInbox: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private enum End {
        case open
        case ended
        case failed(any Error)
    }

    private let channel: any Channel
    private var arrived = ByteBuffer()
    private var end = End.open
    private var waiter: EventLoopPromise<ByteBuffer?>?
    private var waiterNumber = 0
    private var handshake: EventLoopPromise<String?>?
    private var isReading = false

    /// - Parameter handshake: fulfilled with the protocol that ALPN chose.
    init(channel: any Channel, handshake: EventLoopPromise<String?>?) {
        self.channel = channel
        self.handshake = handshake
    }

    /// The bytes that have come, or the next ones; `nil` at the end.
    func next(within limit: TimeAmount) -> EventLoopFuture<ByteBuffer?> {
        let loop = channel.eventLoop
        if arrived.readableBytes > 0 {
            defer { arrived = ByteBuffer() }
            return loop.makeSucceededFuture(arrived)
        }
        switch end {
        case .ended: return loop.makeSucceededFuture(nil)
        case .failed(let error): return loop.makeFailedFuture(error)
        case .open: break
        }
        let promise = loop.makePromise(of: ByteBuffer?.self)
        precondition(waiter == nil, "one reader at a time")
        waiter = promise
        waiterNumber += 1
        let number = waiterNumber
        let timer = loop.assumeIsolated().scheduleTask(in: limit) { [self] in
            if number == waiterNumber { settle { $0.fail(RawConnectionError.timedOut) } }
        }
        promise.futureResult.assumeIsolated().whenComplete { _ in timer.cancel() }
        read()
        return promise.futureResult
    }

    /// Puts bytes back that were read too far.
    func unread(_ bytes: ByteBuffer) {
        var all = bytes
        all.writeImmutableBuffer(arrived)
        arrived = all
    }

    private func read() {
        guard !isReading else { return }
        isReading = true
        channel.read()
    }

    private func settle(_ body: (EventLoopPromise<ByteBuffer?>) -> Void) {
        guard let waiter else { return }
        self.waiter = nil
        body(waiter)
    }

    private func finish(_ state: End) {
        if case .open = end { end = state }
        if case .failed(let error) = end {
            handshake?.fail(error)
            settle { $0.fail(error) }
        } else {
            handshake?.fail(RawConnectionError.ended(received: ""))
            settle { $0.succeed(nil) }
        }
        handshake = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        // What was asked for before there was a connection is forgotten by the channel.
        isReading = false
        if handshake != nil || waiter != nil { read() }
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        if waiter != nil, arrived.readableBytes == 0 {
            settle { $0.succeed(bytes) }
        } else {
            arrived.writeImmutableBuffer(bytes)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        isReading = false
        if waiter != nil || handshake != nil { read() }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case TLSUserEvent.handshakeCompleted(let negotiated):
            handshake?.succeed(negotiated)
            handshake = nil
        case ChannelEvent.inputClosed: finish(.ended)
        case _: break
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        finish(.failed(error))
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        finish(.ended)
        context.fireChannelInactive()
    }
}
