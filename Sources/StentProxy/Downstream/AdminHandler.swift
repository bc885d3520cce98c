import NIOCore
import StentExchange
import StentModel

/// Serves the admin endpoint on one connection; its requests leave no audit record.
final class AdminHandler: StreamHandler {
    private enum State {
        case idle
        /// The content so far.
        case reading([UInt8])
        case answering
    }

    private let worker: Worker
    private let service: AdminService
    private var state = State.idle

    init(worker: Worker, service: AdminService) {
        self.worker = worker
        self.service = service
    }

    override var isActive: Bool {
        switch state {
        case .idle: false
        case .reading, .answering: true
        }
    }

    override func begin(now: Moment) {
        state = .answering
        if let reason = worker.snapshot.requestRule.refusal(of: head) {
            return refuse(reason, headIsReadable: true, now: now)
        }
        guard head.framing.hasContent else { return answer([]) }
        if let length = head.framing.declaredLength, length > AdminService.contentLimit {
            return refuse(.requestBodyTooLarge, headIsReadable: true, now: now)
        }
        state = .reading([])
        if head.expectsContinue { stream?.sendContinue() }
    }

    override func receive(content: ByteBuffer, now: Moment) {
        guard case .reading(var bytes) = state else { return }
        guard bytes.count + content.readableBytes <= AdminService.contentLimit else {
            return refuse(.requestBodyTooLarge, headIsReadable: true, now: now)
        }
        state = .answering
        bytes.append(contentsOf: content.readableBytesView)
        state = .reading(bytes)
    }

    override func receiveEnd(now: Moment) {
        guard case .reading(let bytes) = state else { return }
        state = .answering
        answer(bytes)
    }

    override func refuse(_ reason: Reason, headIsReadable: Bool, now: Moment) {
        state = .answering
        send(.problem(reason), closes: true)
    }

    override func requestFailed(_ reason: Reason, now: Moment) {
        if isActive { send(.problem(reason), closes: true) }
    }

    override func clientGone(now: Moment) { state = .idle }

    override func clientStalled(now: Moment) {
        state = .idle
        stream?.abort()
    }

    override func shutDown(now: Moment) { clientStalled(now: now) }

    private func answer(_ content: [UInt8]) {
        let path = head.path
        let rest = head.pathAndQuery.range.dropFirst(path.range.count + 1)
        let type = head.fields.first(.contentType).map { head.fields.text($0.value) } ?? ""
        let request = AdminService.Request(
            method: head.method == .head ? .get : head.method, path: head.fields.text(path),
            query: String(decoding: head.fields.bytes[rest], as: UTF8.self), mediaType: Self.mediaType(type),
            content: content)
        let service = self.service
        let bound = NIOLoopBound(self, eventLoop: worker.loop)
        let loop = worker.loop
        // The endpoint is for people and scrapers: its answers gather from all workers, and may take their time.
        Task {
            let answer = await service.answer(request)
            loop.execute { bound.value.send(answer) }
        }
    }

    private static func mediaType(_ text: String) -> String {
        text.prefix { $0 != ";" && $0 != " " && $0 != "\t" }.lowercased()
    }

    private func send(_ answer: AdminService.Answer?, closes: Bool = false) {
        guard isActive, let stream else { return }
        state = .idle
        let answer = answer ?? .problem(.adminNotFound)
        var fields: [UInt8] = worker.dateLine(now: worker.now)
        fields.append("Content-Type: ")
        fields.append(contentsOf: answer.contentType.utf8)
        fields.append("\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n")
        if let allow = answer.allow { fields.append(contentsOf: "Allow: \(allow)\r\n".utf8) }
        let isHead = head.method == .head
        stream.send(
            head: OutgoingHead(
                status: answer.status, fields: fields,
                content: isHead ? .announced(answer.body.count) : .length(answer.body.count), closes: closes))
        if !isHead { stream.send(content: ByteBuffer(bytes: answer.body)) }
        stream.end()
        stream.flush()
        stream.exchangeFinished()
    }
}
