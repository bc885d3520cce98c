import NIOCore
import NIOHTTP1
import NIOPosix
import Glibc

/// Who answers what arrives on connections.
protocol ConversationOwner: AnyObject {
    func opened(_ conversation: Conversation)
    func closed(_ conversation: Conversation)
    /// The next request, body and all. The next one is delivered after the answer to this one.
    func received(_ request: HospRequest, on conversation: Conversation)
    func foundUnparsable(on conversation: Conversation)
}

/// One connection: puts requests together, hands them over one at a time, and writes the answers.
final class Conversation: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Requests read ahead of the answer before reading pauses.
    private static let readAhead = 16

    private struct Received {
        var request: HospRequest
        var isHTTP10: Bool
        var keepsAlive: Bool
    }

    /// Number of the connection, from 1; set by the owner.
    var number = 0
    /// When the last answer was written or the connection was opened.
    private(set) var idleSince: NIODeadline?

    private let owner: any ConversationOwner
    private var context: ChannelHandlerContext?
    private var assembling: Received?
    private var waiting: [Received] = []
    private var current: Received?
    private var isReadPaused = false
    private var isInputClosed = false
    /// The last answer is written or being written: what else comes in is not read.
    private var isEnding = false
    private var isDelivering = false
    private var hasFailed = false

    init(owner: any ConversationOwner) {
        self.owner = owner
    }

    /// What an answer to the current request has to suit.
    var exchange: AnswerBytes.Exchange {
        AnswerBytes.Exchange(
            isHead: current?.request.method == "HEAD", isHTTP10: current?.isHTTP10 ?? false,
            keepsAlive: (current?.keepsAlive ?? false) && !(isInputClosed && waiting.isEmpty))
    }

    /// Answers the current request.
    func deliver(_ answer: AnswerBytes) {
        guard let context, current != nil else { return }
        current = nil
        idleSince = .now()
        switch answer.ending {
        case .keepAlive:
            context.writeAndFlush(wrapOutboundOut(answer.bytes), promise: nil)
            handNext()
        case .close: end(with: answer.bytes)
        case .reset:
            isEnding = true
            waiting.removeAll()
            context.writeAndFlush(wrapOutboundOut(answer.bytes)).assumeIsolated().whenComplete { _ in self.reset() }
        }
    }

    /// Ends the connection with a reset.
    func reset() {
        guard let context else { return }
        if let socket = context.channel as? any SocketOptionProvider {
            // lingering for no time at all makes close() send RST in place of FIN
            _ = socket.setSoLinger(linger(l_onoff: 1, l_linger: 0))
        }
        close()
    }

    /// Ends the connection.
    func close() {
        context?.close(promise: nil)
    }

    /// Ends the connection after everything that is still to be written.
    private func end(with lastBytes: ByteBuffer) {
        guard let context else { return }
        isEnding = true
        waiting.removeAll()
        context.writeAndFlush(wrapOutboundOut(lastBytes)).assumeIsolated().whenComplete { _ in self.close() }
    }

    /// Ends the connection if it has been idle since `moment`.
    func closeIfIdle(since moment: NIODeadline) {
        if current == nil, assembling == nil, idleSince == moment { close() }
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        idleSince = .now()
        owner.opened(self)
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.context = nil
        owner.closed(self)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isEnding, !hasFailed else { return }
        switch unwrapInboundIn(data) {
        case .head(let head): begin(head, context)
        case .body(let bytes): assembling?.request.body.append(contentsOf: bytes.readableBytesView)
        case .end:
            guard let complete = assembling else { return }
            assembling = nil
            waiting.append(complete)
            handNext()
        }
    }

    func read(context: ChannelHandlerContext) {
        if waiting.count >= Self.readAhead {
            isReadPaused = true
        } else {
            context.read()
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed? = event as? ChannelEvent {
            isInputClosed = true
            if current == nil, waiting.isEmpty, !isEnding { end(with: ByteBuffer()) }
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard error is HTTPParserError else {
            close()
            return
        }
        guard !hasFailed, !isEnding else { return }
        hasFailed = true
        assembling = nil
        owner.foundUnparsable(on: self)
        // Puma refuses what it can't parse with a bare 400, after the answers that are still due
        let refusal = Received(
            request: HospRequest(method: "", target: ""), isHTTP10: false, keepsAlive: false)
        waiting.append(refusal)
        handNext()
    }

    private func begin(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        let request = HospRequest(
            method: head.method.rawValue, target: head.uri, fields: head.headers.map { ($0.name, $0.value) })
        // the reader stops after a request that asks for another protocol; nobody gets one here, so the connection ends
        let asksForAnotherProtocol =
            head.method == .CONNECT
            || head.headers.contains(name: "upgrade")
                && head.headers[canonicalForm: "connection"].contains { $0.lowercased() == "upgrade" }
        assembling = Received(
            request: request, isHTTP10: head.version == .http1_0,
            keepsAlive: head.isKeepAlive && !asksForAnotherProtocol)
        if head.headers[canonicalForm: "expect"].contains(where: { $0.lowercased() == "100-continue" }) {
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: "HTTP/1.1 100 Continue\r\n\r\n")), promise: nil)
        }
    }

    /// Hands requests over as long as they are answered at once; a loop, so that a long pipeline needs no deep stack.
    private func handNext() {
        guard !isDelivering else { return }
        isDelivering = true
        defer { isDelivering = false }
        while current == nil, !waiting.isEmpty, context != nil {
            let next = waiting.removeFirst()
            current = next
            if next.request.method.isEmpty {
                let refusal = Answer(status: 400, framing: .contentLength)
                deliver(.sound(refusal, exchange))
            } else {
                owner.received(next.request, on: self)
            }
        }
        if isReadPaused, waiting.count < Self.readAhead, let context {
            isReadPaused = false
            context.read()
        }
        if isInputClosed, current == nil, waiting.isEmpty, !isEnding { end(with: ByteBuffer()) }
    }
}
