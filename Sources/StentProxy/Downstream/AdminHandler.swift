import NIOCore
import StentExchange
import StentModel

/// What stent answers on its own endpoint.
package struct AdminService: Sendable {
    package struct Answer: Sendable {
        package var status: Int
        package var contentType: String
        package var body: [UInt8]
        /// Value of Allow, for 405.
        package var allow: String?

        package init(status: Int, contentType: String, body: [UInt8], allow: String? = nil) {
            self.status = status
            self.contentType = contentType
            self.body = body
            self.allow = allow
        }
    }

    /// Answers a method and a path, in any thread, in its own time; `nil` where there is nothing at that path.
    package var answer: @Sendable (Method, String) async -> Answer?

    package init(answer: @escaping @Sendable (Method, String) async -> Answer?) { self.answer = answer }
}

/// Serves the admin endpoint on one connection; its requests leave no audit record.
final class AdminHandler: StreamHandler {
    private let worker: Worker
    private let service: AdminService
    private var isBusy = false

    init(worker: Worker, service: AdminService) {
        self.worker = worker
        self.service = service
    }

    override var isActive: Bool { isBusy }

    override func begin(now: Moment) {
        isBusy = true
        if let reason = worker.snapshot.requestRule.refusal(of: head) {
            return refuse(reason, headIsReadable: true, now: now)
        }
        let method = head.method
        let path = head.fields.text(head.path)
        let service = self.service
        let bound = NIOLoopBound(self, eventLoop: worker.loop)
        let loop = worker.loop
        // The endpoint is for people and scrapers: its answers gather from all workers, and may take their time.
        Task {
            let answer = await service.answer(method == .head ? .get : method, path)
            loop.execute { bound.value.send(answer) }
        }
    }

    override func refuse(_ reason: Reason, headIsReadable: Bool, now: Moment) {
        isBusy = true
        send(problem(reason), closes: true)
    }

    override func requestFailed(_ reason: Reason, now: Moment) {
        if isBusy { send(problem(reason), closes: true) }
    }

    override func clientGone(now: Moment) { isBusy = false }

    override func clientStalled(now: Moment) {
        isBusy = false
        stream?.abort()
    }

    override func shutDown(now: Moment) { clientStalled(now: now) }

    private func problem(_ reason: Reason) -> AdminService.Answer {
        let (status, title) = reason.answer ?? (500, "Internal Server Error")
        var body: [UInt8] = []
        ProblemDocument.append(reason, status: status, title: title, instance: [], to: &body)
        return .init(status: status, contentType: "application/problem+json", body: body)
    }

    private func send(_ answer: AdminService.Answer?, closes: Bool = false) {
        guard isBusy, let stream else { return }
        isBusy = false
        let answer = answer ?? problem(.adminNotFound)
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
