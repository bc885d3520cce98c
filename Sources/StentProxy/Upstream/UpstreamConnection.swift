import Glibc
import NIOCore
import NIOPosix
import NIOSSL
import NIOTLS
import StentCodec
import StentExchange
import StentModel

/// One connection to an upstream server: writes requests, reads answers, and is used again only after a complete,
/// well-framed exchange without a stray byte.
final class UpstreamConnection: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Who sends a request and takes its answer. Called on the loop, until it lets go of the connection.
    protocol Exchange: AnyObject {
        /// The head of an answer before the final one (RFC 9110 §15.2), but for 100 and 101.
        func interimHead(_ connection: UpstreamConnection)
        func answerHead(_ connection: UpstreamConnection)
        func answerContent(_ content: ByteBuffer, _ connection: UpstreamConnection)
        func answerEnd(_ connection: UpstreamConnection)
        func answerFailed(_ failure: UpstreamFailure, _ connection: UpstreamConnection)
        /// All that was read so far has been reported.
        func answerBatchEnd()
        func upstreamWritabilityChanged(isWritable: Bool)
    }

    private enum Answer {
        /// Nobody waits for an answer.
        case none
        case awaitingHead
        case content(BodyDecoder)
        case complete
    }

    /// Answers 1xx before the final one (RFC 9110 §15.2) beyond which an upstream is given up on.
    private static let maximumInformational = 8

    let id: PoolMachine.ConnectionID
    let born: Moment
    private(set) var idleSince: Moment
    /// The head of the answer being read.
    private(set) var head = ResponseHead()
    /// Called once when the TLS handshake has ended, well or not.
    var handshake: ((Bool) -> Void)?

    private let pool: UpstreamPool
    private let channel: any Channel
    /// The channel's own, good for as long as it is active. Asked for once: the casts on the way to it cost several
    /// microseconds.
    private let descriptor: NIOBSDSocket.Handle?
    private var context: ChannelHandlerContext?
    private var exchange: (any Exchange)?
    private var decoder: ResponseDecoder
    private var answer = Answer.none
    private var method = Method.get
    private var input = ByteBuffer()
    private var output: ByteBuffer
    private var informationalCount = 0
    /// A byte of an answer came, be it an informational one.
    private var answerHasBegun = false
    /// A byte of the final answer came.
    private var finalAnswerHasBegun = false
    private var isReused = false
    private var requestIsChunked = false
    private var requestHasLeft = false
    private var requestIsComplete = false
    private var sawError = false
    private var isClosed = false
    private var readingIsPaused = false
    private var readIsPending = false

    init(id: PoolMachine.ConnectionID, pool: UpstreamPool, channel: any Channel) {
        self.id = id
        self.pool = pool
        self.channel = channel
        born = pool.worker.now
        idleSince = born
        decoder = ResponseDecoder(limits: pool.worker.snapshot.headLimits)
        output = channel.allocator.buffer(capacity: 1_024)
        descriptor = try? channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(
            of: NIOBSDSocket.Handle.self
        ) { $0 }
    }

    var isWritable: Bool { channel.isWritable }
    var isActive: Bool { !isClosed && channel.isActive }

    // MARK: lending

    func lend() { isReused = idleSince > born }

    func rest(now: Moment) { idleSince = now }

    /// Whether nothing has happened on the idle socket: neither data nor an end, either of which makes it useless. One
    /// system call, so the pool asks only where a request must not be lost, or after a while.
    func isQuiet() -> Bool {
        guard isActive else { return false }
        guard let descriptor else { return true }
        var byte: UInt8 = 0
        let count = recv(descriptor, &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT))
        return count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)
    }

    // MARK: sending

    /// Begins a request on a lent connection.
    func begin(_ exchange: any Exchange, method: Method, head: [UInt8], isChunked: Bool) {
        channel.eventLoop.assertInEventLoop()
        self.exchange = exchange
        self.method = method
        answer = .awaitingHead
        decoder.reset()
        informationalCount = 0
        answerHasBegun = false
        finalAnswerHasBegun = false
        requestIsChunked = isChunked
        requestHasLeft = false
        requestIsComplete = false
        output.clear()
        output.writeBytes(head)
    }

    /// Content of the request; framed here.
    func send(content: ByteBuffer) {
        guard content.readableBytes > 0 else { return }
        if requestIsChunked { writeChunkHead(content.readableBytes) }
        if content.readableBytes <= 16_384 {
            output.writeImmutableBuffer(content)
        } else {
            writeOutput()
            context?.write(wrapOutboundOut(content), promise: nil)
        }
        if requestIsChunked { output.writeStaticString("\r\n") }
    }

    /// The request is complete.
    func sendEnd() {
        if requestIsChunked { output.writeStaticString("0\r\n\r\n") }
        requestIsComplete = true
    }

    func flush() {
        guard let context, !isClosed else { return }
        requestHasLeft = true
        guard output.readableBytes > 0 else { return context.flush() }
        // Taken out first: what the flush sets off may write again. Once the transport has let go of the bytes, their
        // memory serves the next request.
        var sent = ByteBuffer()
        swap(&sent, &output)
        context.writeAndFlush(wrapOutboundOut(sent), promise: nil)
        if output.capacity == 0 {
            sent.clear()
            output = sent
        }
    }

    private func writeOutput() {
        guard let context, output.readableBytes > 0 else { return }
        context.write(wrapOutboundOut(output), promise: nil)
        output.clear()
    }

    private func writeChunkHead(_ count: Int) {
        output.writeString(String(count, radix: 16))
        output.writeStaticString("\r\n")
    }

    // MARK: letting go

    /// The exchange lets go: back into the pool, if both messages were complete; closed otherwise.
    func finish() {
        exchange = nil
        let isReusable: Bool
        if case .complete = answer {
            isReusable = requestIsComplete && head.keepsConnection && input.readableBytes == 0 && isActive
        } else {
            isReusable = false
        }
        answer = .none
        setReading(true)
        if isReusable { pool.giveBack(self) } else { pool.discard(self) }
    }

    func close() {
        guard !isClosed else { return }
        isClosed = true
        exchange = nil
        channel.close(promise: nil)
    }

    /// Stops and resumes reading, for a client that takes the answer slowly.
    func setReading(_ wanted: Bool) {
        guard readingIsPaused == wanted else { return }
        readingIsPaused = !wanted
        if wanted, readIsPending {
            readIsPending = false
            context?.read()
        }
    }

    // MARK: channel events

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func read(context: ChannelHandlerContext) {
        if readingIsPaused { readIsPending = true } else { context.read() }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? TLSUserEvent, case .handshakeCompleted = event { settleHandshake(true) }
        context.fireUserInboundEventTriggered(event)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = unwrapInboundIn(data)
        guard exchange != nil, !isClosed else {
            // Nobody asked: whatever this is, the connection can't be trusted with a request any more.
            pool.discard(self)
            return
        }
        if input.readableBytes == 0 { input = buffer } else { input.writeBuffer(&buffer) }
        process()
    }

    func channelReadComplete(context: ChannelHandlerContext) { exchange?.answerBatchEnd() }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        exchange?.upstreamWritabilityChanged(isWritable: context.channel.isWritable)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if case NIOSSLError.uncleanShutdown = error {
            sawError = true  // an end without close_notify may be anybody's doing (RFC 8446 §6.1)
            return
        }
        sawError = true
        settleHandshake(false)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        settleHandshake(false)
        let exchange = self.exchange
        isClosed = true
        if let exchange { ended(exchange) }
        pool.removed(self)
        context.fireChannelInactive()
    }

    private func settleHandshake(_ isGood: Bool) {
        guard let handshake else { return }
        self.handshake = nil
        handshake(isGood)
    }
}

// MARK: - Reading answers

extension UpstreamConnection {
    private func process() {
        while let exchange, !isClosed {
            do {
                switch answer {
                case .none, .complete:
                    return
                case .awaitingHead:
                    answerHasBegun = answerHasBegun || input.readableBytes > 0
                    finalAnswerHasBegun = finalAnswerHasBegun || input.readableBytes > 0
                    guard try decodeHead(exchange) else { return }
                case .content(let body):
                    guard try decodeContent(body, exchange) else { return }
                }
            } catch {
                fail(exchange, error)
                return
            }
        }
    }

    /// - Returns: false where more bytes are needed, or the exchange is over.
    private func decodeHead(_ exchange: any Exchange) throws(Reason) -> Bool {
        guard input.readableBytes > 0 else { return false }
        let buffer = input
        guard let count = try decoder.decode(buffer.readableBytesSpan, toRequestMethod: method, into: &head) else {
            return false
        }
        input.moveReaderIndex(forwardBy: count)
        if head.isInformational {
            guard head.status != 101 else { throw .upstreamUnexpectedUpgrade }
            informationalCount += 1
            guard informationalCount <= Self.maximumInformational else { throw .upstreamTooManyInformational }
            finalAnswerHasBegun = false
            if head.status != 100 { exchange.interimHead(self) }
            return self.exchange === exchange
        }
        let body = BodyDecoder(framing: head.framing, side: .response)
        answer = body.isComplete ? .complete : .content(body)
        exchange.answerHead(self)
        guard self.exchange === exchange else { return false }
        if body.isComplete { exchange.answerEnd(self) }
        return !body.isComplete
    }

    private func decodeContent(_ decoder: BodyDecoder, _ exchange: any Exchange) throws(Reason) -> Bool {
        guard input.readableBytes > 0 else {
            input = ByteBuffer()
            return false
        }
        var body = decoder
        let buffer = input
        let step = try body.decode(buffer.readableBytesSpan)
        answer = body.isComplete ? .complete : .content(body)
        if !step.content.isEmpty,
            let content = buffer.getSlice(
                at: buffer.readerIndex + step.content.lowerBound, length: step.content.count)
        {
            input.moveReaderIndex(forwardBy: step.consumed)
            if step.isComplete, input.readableBytes == 0 { input = ByteBuffer() }
            exchange.answerContent(content, self)
        } else {
            input.moveReaderIndex(forwardBy: step.consumed)
        }
        guard self.exchange === exchange else { return false }
        if step.isComplete {
            exchange.answerEnd(self)
            return false
        }
        return step.consumed > 0
    }

    /// The upstream has closed the connection.
    private func ended(_ exchange: any Exchange) {
        switch answer {
        case .none, .complete:
            exchange.answerFailed(failure(.upstreamReset), self)
        case .awaitingHead:
            fail(exchange, finalAnswerHasBegun && !sawError ? .upstreamTruncated : .upstreamReset)
        case .content(var body):
            do {
                if sawError { throw Reason.upstreamTruncated }
                try body.endOfInput()
                answer = .complete
                exchange.answerEnd(self)
            } catch let reason as Reason {
                fail(exchange, reason)
            } catch {
                fail(exchange, .upstreamTruncated)
            }
        }
    }

    private func fail(_ exchange: any Exchange, _ reason: Reason) {
        exchange.answerFailed(failure(reason), self)
    }

    private func failure(_ reason: Reason) -> UpstreamFailure {
        let metIdle = isReused && !answerHasBegun && reason == .upstreamReset
        return UpstreamFailure(
            reason: metIdle ? .upstreamStaleConnection : reason,
            phase: answerHasBegun ? .readingAnswer : .awaitingAnswer,
            requestLeft: requestHasLeft, metIdleConnection: metIdle)
    }
}
