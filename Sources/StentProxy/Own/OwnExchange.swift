import NIOCore
import StentAudit
import StentExchange
import StentModel
import StentPolicy

/// A request of stent's own, made with everything that a client's request has: admission, attempts, verification, a record.
/// What a client's connection is to other exchanges, this is to it.
///
/// Policies are not asked: it is made because one of them needs to know, or after all of them agreed.
final class OwnExchange {
    struct Request {
        /// A path without query.
        var target: [UInt8]
        /// JSON to be posted; `nil` is a GET.
        var content: [UInt8]?
        /// Value of Authorization.
        var authorization: [UInt8]
        /// Value of Host: the one that the client used, for the links in the upstream's answers.
        var host: [UInt8]
        var purpose: ExchangeRecord.Purpose
        /// Id of the exchange or job that it is made for.
        var parent: [UInt8]
        /// Who is asking, for the record and the forwarding fields.
        var client: PeerAddress
        var earlier: EarlierTry?
    }

    /// The same request was sent before, and what became of it is not known.
    struct EarlierTry {
        var first: WallTime
        /// Nothing that was sent can take effect any more after this.
        var settled: Moment
        /// What the record is claimed under, so that it is found again and no other takes it.
        var scope: IdempotencyScope
    }

    /// A stored answer that is to be fetched anew, with the request that it is the answer to.
    struct Refresh {
        var turn: CacheTurn
        var canonical: RequestForwarding.Canonical?
        /// The request came by TLS.
        var isTLS: Bool
    }

    struct Answer: Sendable {
        var status: Int
        /// Field lines of the upstream's answer, each with its CR LF.
        var fields: [UInt8]
        var content: [UInt8]
        var outcome: WriteOutcome?
        var reason: Reason
        /// When it began.
        var began: WallTime
    }

    private let driver: ExchangeDriver
    private let worker: Worker
    private let timer = TimerNode()
    private var status = 0
    private var fields: [UInt8] = []
    private var content: [UInt8] = []
    private var began = WallTime(nanoseconds: 0)
    private var completion: ((Answer) -> Void)?
    private var isOver = false

    private init(worker: Worker, client: PeerAddress) {
        self.worker = worker
        driver = ExchangeDriver(
            worker: worker,
            origin: .init(listener: .own, peer: client, peerPort: 0, isTrustedProxy: false))
    }

    /// Makes the request; `completion` is called once, on the worker's loop, perhaps before this returns.
    static func make(_ request: Request, on worker: Worker, _ completion: @escaping (Answer) -> Void) {
        let exchange = OwnExchange(worker: worker, client: request.client)
        guard let head = worker.snapshot.decode(exchange.head(of: request)) else {
            return completion(
                Answer(
                    status: 0, fields: [], content: [], outcome: .notSent, reason: .exchangeInternal,
                    began: worker.wallTime(at: worker.now)))
        }
        exchange.completion = completion
        exchange.start(
            head, .init(purpose: request.purpose, parent: request.parent, earlier: request.earlier),
            content: request.content)
    }

    /// Fetches a stored answer anew, behind the back of who gets it; it ends with the exchange's record.
    static func refresh(
        _ head: RequestHead, _ refresh: Refresh, parent: [UInt8], client: PeerAddress, on worker: Worker
    ) {
        let exchange = OwnExchange(worker: worker, client: client)
        exchange.completion = { _ in }
        var head = head
        head.method = .get
        exchange.start(
            head, .init(purpose: .refresh, parent: parent, earlier: nil, refresh: refresh), content: nil)
    }

    private func head(of request: Request) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(request.content == nil ? "GET " : "POST ")
        bytes.append(contentsOf: request.target)
        bytes.append(" HTTP/1.1\r\nHost: ")
        bytes.append(contentsOf: request.host)
        bytes.append("\r\nAccept: application/json\r\nAuthorization: ")
        bytes.append(contentsOf: request.authorization)
        if let content = request.content {
            bytes.append("\r\nContent-Type: application/json\r\nContent-Length: ")
            bytes.append(decimal: content.count)
        }
        bytes.append("\r\n\r\n")
        return bytes
    }

    private func start(_ head: RequestHead, _ own: ExchangeDriver.Own, content: [UInt8]?) {
        let now = worker.now
        began = worker.wallTime(at: now)
        worker.began(self)
        timer.fire = { [unowned self] now in driver.timerFired(now: now) }
        driver.head = head
        driver.stream = self
        driver.own = own
        driver.begin(now: now)
        guard let content, driver.isActive else { return }
        driver.receive(content: ByteBuffer(bytes: content), now: now)
        if driver.isActive { driver.receiveEnd(now: now) }
    }

    /// Time to shut down is over.
    func shutDown() { driver.shutDown(now: worker.now) }
}

extension OwnExchange: DownstreamStream {
    var isWritable: Bool { true }
    var isInBatch: Bool { false }

    func sendContinue() {}

    func send(interim status: Int, fields: [UInt8]) {}

    func send(head: OutgoingHead) {
        status = head.status
        fields = Array(head.fields.prefix(driver.ownFieldsStart))
    }

    func send(content: ByteBuffer) { self.content.append(contentsOf: content.readableBytesView) }

    func end() {}

    func abort() {
        // An answer that broke off is none.
        status = 0
        content = []
        exchangeFinished()
    }

    func flush() {}

    func setReading(_ wanted: Bool) {}

    func deadlineChanged() { if !isOver { worker.schedule(timer, due: driver.due) } }

    func exchangeFinished() {
        guard !isOver else { return }
        isOver = true
        worker.timers.cancel(timer)
        driver.stream = nil
        // The driver is still in the middle of its last step.
        let bound = NIOLoopBound(self, eventLoop: worker.loop)
        worker.loop.execute { bound.value.complete() }
    }

    private func complete() {
        guard let completion else { return }
        self.completion = nil
        worker.ended(self)
        completion(
            Answer(
                status: status, fields: fields, content: content, outcome: driver.lastOutcome,
                reason: driver.lastReason, began: began))
    }
}
