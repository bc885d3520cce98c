import Glibc
import NIOCore
import NIOPosix
import NIOSSL
import StentCodec
import StentModel

extension HTTP1Connection: DownstreamStream {
    var isWritable: Bool { context?.channel.isWritable ?? true }

    var isInBatch: Bool { isProcessing }

    func sendContinue() {
        guard awaitsContinue, !headIsSent else { return }
        awaitsContinue = false
        output.writeStaticString("HTTP/1.1 100 Continue\r\n\r\n")
        flush()
    }

    func send(interim status: Int, fields: [UInt8]) {
        guard !headIsSent, handler.head.version != .http10 else { return }
        var bytes: [UInt8] = []
        HeadEncoder.appendStatusLine(status, to: &bytes)
        bytes.append(contentsOf: fields)
        bytes.append("\r\n")
        output.writeBytes(bytes)
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
    func closeTransport() {
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

    func writeOutput(promise: EventLoopPromise<Void>?) {
        guard let context else { return }
        context.write(wrapOutboundOut(output), promise: promise)
        output.clear()
    }

    /// The request's content can be read to its end without asking too much, so that the connection stays usable.
    var canBeReadToItsEnd: Bool {
        guard case .content = reading else { return true }
        guard !awaitsContinue, let length = handler.head.framing.declaredLength else { return false }
        return length - contentBytes <= Self.discardLimit
    }

    /// Sends what is there, then the end; what the client still sends is thrown away for a while.
    func closeGracefully() {
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
