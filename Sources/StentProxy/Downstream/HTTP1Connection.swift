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
    private static let pipelineLimit = 65_536
    /// Unwanted content read so that the connection stays usable.
    private static let discardLimit = 65_536
    /// What is thrown away after an announced end, and for how long, so that a reset doesn't overtake the answer
    /// (RFC 9112 §9.6).
    private static let lingerBytes = 1 << 20
    private static let lingerTime = TimeSpan.seconds(2)

    let worker: Worker
    let peer: PeerAddress
    private let handler: StreamHandler
    private let isTLS: Bool
    let timer = TimerNode()
    var context: ChannelHandlerContext?
    /// It belongs to stent's own endpoint, which answers as long as stent runs.
    var isAdmin: Bool { handler is AdminHandler }

    private(set) var reading: Reading
    private var decoder: RequestDecoder
    private var input = ByteBuffer()
    var output: ByteBuffer
    private var isProcessing = false
    private var isClosed = false
    private var isDraining = false
    private var inputHasEnded = false
    private var readingIsPaused = false
    private var readIsPending = false

    // The request and answer under way.
    var contentIsChunked = false
    private var headIsSent = false
    private var answerIsComplete = true
    private var awaitsContinue = false
    private(set) var closesAfterAnswer = false

    // What limits are measured from.
    private var phaseStart: Moment
    private var lastRead: Moment
    private var contentBytes = 0
    private var headHasBegun = false
    /// A request was refused before its end was read.
    private var mayHaveUnreadInput = false
    /// The end of this answer is marked by more than the connection's end.
    private var endIsVisible = true
    /// For how long we did not read the content ourselves.
    private var pausedTime = TimeSpan.zero
    private var isFirstRequest = true
    private var stalledSince: Moment?
    private var stalledBytes = 0
    /// The end is announced, but bytes before it still wait for the client.
    private var lastBytesWait = false

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

    private func wentAway() {
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
    private func inputEnded() {
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

    private var isInputFull: Bool {
        if case .nothing = reading { input.readableBytes > Self.pipelineLimit } else { false }
    }

    private func resumeReading() {
        guard readIsPending, !readingIsPaused, !isInputFull else { return }
        readIsPending = false
        context?.read()
    }

    /// Reads on as far as the bytes and the order of answers allow.
    private func process(now: Moment) {
        guard !isProcessing else { return }  // called again from an answer that was made at once
        isProcessing = true
        while !isClosed, input.readableBytes > 0, step(now: now) {}
        isProcessing = false
        if input.readableBytes == 0 { input = ByteBuffer() }
        resumeReading()
        deadlineChanged()
    }

    /// - Returns: false where more bytes are needed, or an answer has to come first.
    private func step(now: Moment) -> Bool {
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

    private func readHead(now: Moment) -> Bool {
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

    private func beginRequest(now: Moment) {
        let framing = handler.head.framing
        expectAnswer(now: now)
        closesAfterAnswer = !handler.head.keepsConnection
        awaitsContinue = handler.head.expectsContinue && framing.hasContent
        reading = framing.hasContent ? .content(BodyDecoder(framing: framing, side: .request)) : .nothing
        handler.begin(now: now)
    }

    /// A head that can't be accepted: its answer is the last on this connection.
    private func refuse(_ reason: Reason, now: Moment) {
        expectAnswer(now: now)
        closesAfterAnswer = true
        input = ByteBuffer()
        reading = .nothing
        mayHaveUnreadInput = true
        let isReadable = decoder.hasRequestLine && !handler.head.fields.bytes.isEmpty
        if !isReadable { handler.head.removeAll() }
        handler.refuse(reason, headIsReadable: isReadable, now: now)
    }

    private func expectAnswer(now: Moment) {
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

    private func readContent(_ decoder: BodyDecoder, now: Moment) -> Bool {
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

    private func discard(_ decoder: BodyDecoder, left: Int, now: Moment) -> Bool {
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

// MARK: - Answers

extension HTTP1Connection: DownstreamStream {
    var isWritable: Bool { context?.channel.isWritable ?? true }

    func sendContinue() {
        guard awaitsContinue, !headIsSent else { return }
        awaitsContinue = false
        output.writeStaticString("HTTP/1.1 100 Continue\r\n\r\n")
        flush()
    }

    func send(head: OutgoingHead) {
        headIsSent = true
        let isLast = isDraining || inputHasEnded && input.readableBytes == 0
        if head.closes || isLast || !canBeReadToItsEnd { closesAfterAnswer = true }
        let isOld = handler.head.version == .http10
        HTTP1AnswerHead.write(
            head, toOldVersion: isOld, closes: &closesAfterAnswer, using: &worker.headBytes, to: &output)
        if case .unknown = head.content { contentIsChunked = !isOld }
        endIsVisible = contentIsChunked
        if case .length = head.content { endIsVisible = true }
    }

    func send(content: ByteBuffer) {
        guard content.readableBytes > 0 else { return }
        if contentIsChunked { HTTP1AnswerHead.writeChunkHead(content.readableBytes, to: &output) }
        if content.readableBytes <= 16_384 {
            output.writeImmutableBuffer(content)
        } else {
            writeOutput(promise: nil)
            context?.write(wrapOutboundOut(content), promise: nil)
        }
        if contentIsChunked { output.writeStaticString("\r\n") }
    }

    func end() {
        if contentIsChunked { output.writeStaticString("0\r\n\r\n") }
        answerIsComplete = true
    }

    func abort() {
        guard !isClosed, let context else { return }
        flush()
        guard !isClosed else { return }
        isClosed = true
        if headIsSent, !endIsVisible {
            // Nothing but the connection's end marks this answer's end, so it must not look like a good one.
            let reset = linger(l_onoff: 1, l_linger: 0)
            _ = (context.channel as? any SocketOptionProvider)?.setSoLinger(reset)
            return closeTransport()
        }
        context.close(promise: nil)
    }

    /// Closes the socket without a goodbye of TLS. Also after ours, once the client's has come: where half-closed
    /// connections are allowed, the TLS handler would wait for its timeout instead.
    private func closeTransport() {
        guard let context else { return }
        let tls = isTLS ? try? context.pipeline.syncOperations.context(handlerType: NIOSSLServerHandler.self) : nil
        (tls ?? context).close(promise: nil)
    }

    func exchangeFinished() {
        guard !isClosed else { return }
        let now = worker.now
        if closesAfterAnswer || isDraining || inputHasEnded && input.readableBytes == 0 {
            closeGracefully()
        } else {
            switch reading {
            case .content(let body): reading = .discarding(body, left: Self.discardLimit)
            case .nothing, .head, .handshake, .discarding, .lingering: reading = .head
            }
            phaseStart = now
        }
        process(now: now)
    }

    func flush() {
        guard output.readableBytes > 0, !isClosed else {
            if !isClosed { context?.flush() }
            return
        }
        // Taken out first: what the flush sets off may write again. Once the transport has let go of the bytes, their
        // memory serves the next answer.
        var sent = ByteBuffer()
        swap(&sent, &output)
        context?.writeAndFlush(wrapOutboundOut(sent), promise: nil)
        if output.capacity == 0 {
            sent.clear()
            output = sent
        }
    }

    func setReading(_ wanted: Bool) {
        guard readingIsPaused == wanted else { return }
        readingIsPaused = !wanted
        let now = worker.now
        if wanted {
            pausedTime = TimeSpan(nanoseconds: pausedTime.nanoseconds + now.since(lastRead).nanoseconds)
            lastRead = now
            resumeReading()
        }
        deadlineChanged()
    }

    func deadlineChanged() {
        guard !isClosed, !isProcessing else { return }
        worker.schedule(timer, due: nextDue)
    }

    private func writeOutput(promise: EventLoopPromise<Void>?) {
        guard let context else { return }
        context.write(wrapOutboundOut(output), promise: promise)
        output.clear()
    }

    /// The request's content can be read to its end without asking too much, so that the connection stays usable.
    private var canBeReadToItsEnd: Bool {
        guard case .content = reading else { return true }
        guard !awaitsContinue, let length = handler.head.framing.declaredLength else { return false }
        return length - contentBytes <= Self.discardLimit
    }

    /// Sends what is there, then the end; what the client still sends is thrown away for a while.
    private func closeGracefully() {
        guard !isClosed, let context else { return }
        let nothingToRead: Bool =
            switch reading {
            case .nothing, .head: input.readableBytes == 0 && !mayHaveUnreadInput
            case .handshake, .content, .discarding, .lingering: false
            }
        readingIsPaused = false
        reading = .lingering(left: Self.lingerBytes)
        stalledSince = worker.now
        stalledBytes = .max
        lastBytesWait = true
        input = ByteBuffer()
        let isLast = nothingToRead || inputHasEnded
        let promise = context.eventLoop.makePromise(of: Void.self)
        promise.futureResult.assumeIsolated().whenComplete { [self] _ in
            guard let context = self.context, !isClosed else { return }
            lastBytesWait = false
            stalledSince = nil
            phaseStart = worker.now
            if isLast { close() } else { context.close(mode: .output, promise: nil) }
            deadlineChanged()
        }
        writeOutput(promise: promise)
        context.flush()
        resumeReading()
        deadlineChanged()
    }
}

// MARK: - Time limits

extension HTTP1Connection {
    private var nextDue: Moment {
        var due = handler.due
        if let stalledSince { due = min(due, stalledSince.advanced(by: worker.snapshot.timeouts.writeStall)) }
        return min(due, readingDue)
    }

    private var readingDue: Moment {
        let limits = worker.snapshot.timeouts
        switch reading {
        case .handshake: return phaseStart.advanced(by: limits.tlsHandshake)
        case .head:
            let isIdle = !headHasBegun && !isFirstRequest
            return phaseStart.advanced(by: isIdle ? limits.keepaliveIdle : limits.head)
        case .content:
            guard !readingIsPaused else { return .distantFuture }
            let earned = Int64(contentBytes / limits.bodyMinimumRate)
            let whole = phaseStart.advanced(by: limits.bodyIdle).advanced(by: .seconds(earned)).advanced(by: pausedTime)
            return min(whole, lastRead.advanced(by: limits.bodyIdle))
        case .nothing: return .distantFuture
        case .discarding: return phaseStart.advanced(by: limits.bodyIdle)
        case .lingering: return lastBytesWait ? .distantFuture : phaseStart.advanced(by: Self.lingerTime)
        }
    }

    private func timerFired(now: Moment) {
        guard !isClosed else { return }
        if now >= readingDue { readingTimedOut(now: now) }
        if !isClosed, handler.due <= now { handler.timerFired(now: now) }
        if !isClosed, let since = stalledSince, now >= since.advanced(by: worker.snapshot.timeouts.writeStall) {
            checkStall(now: now)
        }
        deadlineChanged()
    }

    private func readingTimedOut(now: Moment) {
        switch reading {
        case .handshake, .discarding, .lingering:
            close()
        case .head:
            if headHasBegun { refuse(.requestHeadTimeout, now: now) } else { close() }
        case .content:
            closesAfterAnswer = true
            handler.requestFailed(.requestBodyTimeout, now: now)
        case .nothing: break
        }
    }

    /// A client that reads slowly is not one that does not read: only without any progress is it cut.
    private func checkStall(now: Moment) {
        let waiting = (try? context?.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
        if waiting < stalledBytes {
            stalledBytes = waiting
            stalledSince = now
        } else if handler.isActive {
            handler.clientStalled(now: now)
        } else {
            close()
        }
    }
}
