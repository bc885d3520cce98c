import Glibc
import NIOCore
import NIOSSL
import NIOTLS
import StentCodec
import StentModel

/// One client connection that speaks HTTP/1.1 or 1.0: reads requests, one after another, and writes their answers in that
/// order.
///
/// Requests that arrive while one is being answered wait in the input buffer, which is bounded by not reading on.
final class HTTP1Connection: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// What the bytes that arrive are.
    enum Reading {
        /// The TLS handshake is not over.
        case handshake
        /// A request's head is awaited, or has begun.
        case head
        /// Content of the request under way.
        case content(BodyDecoder)
        /// The request is read; what follows is the next one's and waits.
        case nothing
        /// Content that nobody wants, so that the connection can be used again.
        case discarding(BodyDecoder, left: Int)
        /// The answer announced the end: what still comes is thrown away, within bounds.
        case lingering(left: Int)
    }

    /// Pipelined bytes kept while a request is under way.
    static let pipelineLimit = 65_536
    /// Unwanted content read so that the connection stays usable.
    static let discardLimit = 65_536
    /// What is thrown away after an announced end, and for how long, so that a reset doesn't overtake the answer
    /// (RFC 9112 §9.6).
    static let lingerBytes = 16 << 20
    static let lingerTime = TimeSpan.seconds(2)

    let worker: Worker
    let peer: PeerAddress
    let handler: StreamHandler
    let isTLS: Bool
    let timer = TimerNode()
    var context: ChannelHandlerContext?
    /// It belongs to stent's own endpoint, which answers as long as stent runs.
    var isAdmin: Bool { handler is AdminHandler }

    var reading: Reading
    var decoder: RequestDecoder
    var input = ByteBuffer()
    var output: ByteBuffer
    var isProcessing = false
    var isClosed = false
    var isDraining = false
    var inputHasEnded = false
    var readingIsPaused = false
    var readIsPending = false

    // The request and answer under way.
    var contentIsChunked = false
    var headIsSent = false
    var answerIsComplete = true
    var awaitsContinue = false
    var closesAfterAnswer = false

    // What limits are measured from.
    var phaseStart: Moment
    var lastRead: Moment
    var contentBytes = 0
    var headHasBegun = false
    /// A request was refused before its end was read.
    var mayHaveUnreadInput = false
    /// The end of this answer is marked by more than the connection's end.
    var endIsVisible = true
    /// For how long we did not read the content ourselves.
    var pausedTime = TimeSpan.zero
    var isFirstRequest = true
    var stalledSince: Moment?
    var stalledBytes = 0
    /// The end is announced, but bytes before it still wait for the client.
    var lastBytesWait = false

    init(worker: Worker, channel: any Channel, handler: StreamHandler, peer: PeerAddress, isTLS: Bool) {
        self.worker = worker
        self.handler = handler
        self.peer = peer
        self.isTLS = isTLS
        reading = isTLS ? .handshake : .head
        decoder = RequestDecoder(limits: worker.snapshot.headLimits)
        output = channel.allocator.buffer(capacity: 1_024)
        phaseStart = worker.now
        lastRead = phaseStart
    }

    // MARK: life

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        isDraining = worker.isDraining
        handler.stream = self
        timer.fire = { [unowned self] in timerFired(now: $0) }
        worker.opened(self)
        if context.channel.isActive { deadlineChanged() }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        wentAway()
    }

    func channelActive(context: ChannelHandlerContext) {
        deadlineChanged()
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        wentAway()
        context.fireChannelInactive()
    }

    func wentAway() {
        guard handler.stream != nil else { return }
        isClosed = true
        worker.timers.cancel(timer)
        timer.fire = nil
        handler.stream = nil
        if !answerIsComplete || handler.isActive {
            handler.clientGone(now: worker.now)
        } else if headHasBegun {
            handler.head.removeAll()
            handler.refuse(.requestHeadTruncated, headIsReadable: false, now: worker.now)
        }
        input = ByteBuffer()
        worker.closed(self)
        worker.limiter.release(peer)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if case .handshake = reading { worker.metrics.tlsFailures &+= 1 }
        if case NIOSSLError.uncleanShutdown = error { return }  // the channel goes inactive by itself
        close()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case TLSUserEvent.handshakeCompleted:
            worker.metrics.tlsHandshakes &+= 1
            reading = .head
            phaseStart = worker.now
            // Bytes that came with the handshake's end must not wait for more.
            process(now: phaseStart)
        case ChannelEvent.inputClosed:
            if isClosed { closeTransport() } else { inputEnded() }
        case _: break
        }
        context.fireUserInboundEventTriggered(event)
    }

    /// The client has sent all that it will. What it asked for is still answered (RFC 9112 §9.6 leaves that open; scripts
    /// that close their sending side at once are common); half a request is not.
    func inputEnded() {
        inputHasEnded = true
        let now = worker.now
        switch reading {
        case .head where headHasBegun:
            refuse(.requestHeadTruncated, now: now)
        case .handshake, .head, .lingering, .discarding:
            close()
        case .content:
            handler.requestFailed(.requestBodyTruncated, now: now)
        case .nothing: break
        }
    }

    func close() {
        guard !isClosed else { return }
        isClosed = true
        context?.close(promise: nil)
    }

    /// Serve what is under way, then close.
    func drain() {
        isDraining = true
        if answerIsComplete, !decoder.hasStarted, input.readableBytes == 0 { closeGracefully() }
    }

    func shutDown() {
        if handler.isActive { handler.shutDown(now: worker.now) }
        // The answer that this made may wait for a client that does not read; nobody waits for it any more.
        if handler.isActive { handler.shutDown(now: worker.now) }
        if answerIsComplete || isClosed { closeGracefully() } else { close() }
    }

    // MARK: reading

    func read(context: ChannelHandlerContext) {
        if readingIsPaused || isInputFull { readIsPending = true } else { context.read() }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = unwrapInboundIn(data)
        guard !isClosed else { return }
        if input.readableBytes == 0 { input = buffer } else { input.writeBuffer(&buffer) }
        let now = worker.now
        lastRead = now
        process(now: now)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        flush()
        resumeReading()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        let now = worker.now
        let isWritable = context.channel.isWritable
        stalledSince = isWritable && !lastBytesWait ? nil : now
        stalledBytes = .max
        handler.writabilityChanged(isWritable: isWritable, now: now)
        deadlineChanged()
    }

    var isInputFull: Bool {
        if case .nothing = reading { input.readableBytes > Self.pipelineLimit } else { false }
    }

    func resumeReading() {
        guard readIsPending, !readingIsPaused, !isInputFull else { return }
        readIsPending = false
        context?.read()
    }

    /// Reads on as far as the bytes and the order of answers allow.
    func process(now: Moment) {
        guard !isProcessing else { return }  // called again from an answer that was made at once
        isProcessing = true
        while !isClosed, input.readableBytes > 0, step(now: now) {}
        isProcessing = false
        if input.readableBytes == 0 { input = ByteBuffer() }
        handler.batchEnd(now: now)
        resumeReading()
        deadlineChanged()
    }

    /// - Returns: false where more bytes are needed, or an answer has to come first.
    func step(now: Moment) -> Bool {
        switch reading {
        case .handshake, .nothing:
            return false
        case .head:
            return readHead(now: now)
        case .content(let body):
            return readContent(body, now: now)
        case .discarding(let body, let left):
            return discard(body, left: left, now: now)
        case .lingering(let left):
            let rest = left - input.readableBytes
            input = ByteBuffer()
            if rest <= 0 { close() } else { reading = .lingering(left: rest) }
            return false
        }
    }

    func readHead(now: Moment) -> Bool {
        guard !isDraining || decoder.hasStarted || headHasBegun || isFirstRequest else {
            closeGracefully()
            return false
        }
        do {
            let buffer = input
            guard let count = try decoder.decode(buffer.readableBytesSpan, into: &handler.head) else {
                if !headHasBegun, decoder.hasStarted {
                    headHasBegun = true
                    phaseStart = now
                }
                return false
            }
            input.moveReaderIndex(forwardBy: count)
            beginRequest(now: now)
            return true
        } catch {
            refuse(error, now: now)
            return false
        }
    }

    func beginRequest(now: Moment) {
        let framing = handler.head.framing
        expectAnswer(now: now)
        closesAfterAnswer = !handler.head.keepsConnection
        awaitsContinue = handler.head.expectsContinue && framing.hasContent
        reading = framing.hasContent ? .content(BodyDecoder(framing: framing, side: .request)) : .nothing
        handler.begin(now: now)
    }

    /// A head that can't be accepted: its answer is the last on this connection.
    func refuse(_ reason: Reason, now: Moment) {
        expectAnswer(now: now)
        closesAfterAnswer = true
        input = ByteBuffer()
        reading = .nothing
        mayHaveUnreadInput = true
        let isReadable = decoder.hasRequestLine && !handler.head.fields.bytes.isEmpty
        if !isReadable { handler.head.removeAll() }
        handler.refuse(reason, headIsReadable: isReadable, now: now)
    }

    func expectAnswer(now: Moment) {
        isFirstRequest = false
        headHasBegun = false
        answerIsComplete = false
        headIsSent = false
        contentIsChunked = false
        contentBytes = 0
        phaseStart = now
        lastRead = now
        pausedTime = .zero
    }

    func readContent(_ decoder: BodyDecoder, now: Moment) -> Bool {
        var body = decoder
        do {
            let buffer = input
            let step = try body.decode(buffer.readableBytesSpan)
            let content = buffer.getSlice(
                at: buffer.readerIndex + step.content.lowerBound, length: step.content.count)
            input.moveReaderIndex(forwardBy: step.consumed)
            reading = .content(body)
            if let content, content.readableBytes > 0 {
                contentBytes += content.readableBytes
                awaitsContinue = false
                handler.receive(content: content, now: now)
            }
            guard step.isComplete else { return step.consumed > 0 }
            guard case .content = reading else { return true }  // the answer has come, and the rest is not wanted
            reading = .nothing
            handler.receiveEnd(now: now)
            return true
        } catch {
            input = ByteBuffer()
            closesAfterAnswer = true
            reading = .nothing
            mayHaveUnreadInput = true
            handler.requestFailed(error, now: now)
            return false
        }
    }

    func discard(_ decoder: BodyDecoder, left: Int, now: Moment) -> Bool {
        var body = decoder
        let buffer = input
        guard let step = try? body.decode(buffer.readableBytesSpan), left - step.consumed >= 0 else {
            closeGracefully()
            return false
        }
        input.moveReaderIndex(forwardBy: step.consumed)
        if step.isComplete {
            reading = .head
            phaseStart = now
            return true
        }
        reading = .discarding(body, left: left - step.consumed)
        return step.consumed > 0
    }
}
