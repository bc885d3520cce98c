import NIOCore
import NIOEmbedded
import StentModel

/// A service with records of all callers, of each caller and of everybody, that is slow, fails before and after it has
/// done its work, and is down now and then. Each record has a version, which every write that takes effect raises.
final class ChurnOrigin {
    enum Weather: CaseIterable {
        case calm, faulty, brownout, outage
    }

    struct Reply {
        var status: Int
        var fields: [String]
        var body: String
    }

    static let things = 24
    private(set) var versions: [String: Int] = [:]
    private(set) var deleted: Set<String> = []
    private(set) var requests = 0
    private(set) var reads = 0
    /// Callers whose password was changed, so that the one they use is no good any more.
    var lockedOut: Set<Int> = []
    var weather = Weather.calm
    private var random: SeededRandom

    init(seed: UInt64) { random = SeededRandom(seed: seed ^ 0x6F72_6967_696E) }

    func version(of record: String) -> Int { versions[record, default: 1] }

    /// A write takes effect.
    @discardableResult
    func change(_ record: String, deletes: Bool = false) -> Int {
        let version = version(of: record) + 1
        versions[record] = version
        if deletes { deleted.insert(record) } else { deleted.remove(record) }
        return version
    }

    // MARK: what happens to a request

    /// Carries out a request that has arrived, on the loop's time.
    ///
    /// - Parameter end: called once with the bytes of the answer, whole or not; `nil` where the connection breaks.
    func handle(_ request: ChurnRequest, on loop: EmbeddedEventLoop, end: @escaping ([UInt8]?) -> Void) {
        requests += 1
        let isRead = request.method == "GET" || request.method == "HEAD"
        if isRead { reads += 1 }
        let duration = drawDuration()
        // The state is read, or changed, at any moment of the work.
        let moment = Int64.random(in: 0...duration, using: &random)
        let fate = drawFate()
        loop.scheduleTask(in: .milliseconds(moment)) { [self] in
            var reply: Reply?
            if fate != .failsBefore, fate != .breaksBefore { reply = work(request) }
            loop.scheduleTask(in: .milliseconds(duration - moment)) {
                switch fate {
                case .good: end(reply.map { Self.bytes($0, of: request) })
                case .failsBefore, .failsAfter:
                    end(Self.bytes(Reply(status: 500, fields: [], body: "oops"), of: request))
                case .breaksBefore, .breaksAfter: end(nil)
                case .truncates:
                    let whole = reply.map { Self.bytes($0, of: request) } ?? []
                    end(Array(whole.prefix(whole.count / 2)))
                case .hangs: loop.scheduleTask(in: .seconds(40)) { end(nil) }
                }
            }
        }
    }

    private enum Fate {
        case good, failsBefore, failsAfter, breaksBefore, breaksAfter, truncates, hangs
    }

    private func drawFate() -> Fate {
        let odds: UInt64 =
            switch weather {
            case .calm: 0
            case .faulty: 40
            case .brownout, .outage: 350
            }
        guard random.next() % 1_000 < odds else { return .good }
        let bad: [Fate] = [.failsBefore, .failsAfter, .breaksBefore, .breaksAfter, .truncates, .hangs]
        return bad[Int(random.next() % UInt64(bad.count))]
    }

    /// Milliseconds.
    private func drawDuration() -> Int64 {
        random.once(in: 3) ? Int64.random(in: 0...9_000, using: &random) : Int64.random(in: 5...400, using: &random)
    }

    private func work(_ request: ChurnRequest) -> Reply {
        let path = request.path
        if path.hasPrefix("/open/") { return record(path, request, caching: "public, max-age=45") }
        guard let caller = request.caller, !lockedOut.contains(caller) else {
            return Reply(status: 401, fields: ["WWW-Authenticate: Basic realm=\"churn\""], body: "")
        }
        let caching = "max-age=0, private, must-revalidate"
        if path == "/staffs/me" {
            return Reply(
                status: 200, fields: ["Content-Type: application/json"],
                body: #"{"id":\#(caller),"name":"c\#(caller)"}"#)
        }
        if path == "/things" { return list(request, caching) }
        if path.hasPrefix("/things/") { return record(path, request, caching: caching) }
        if path.hasPrefix("/mine/") { return record("/c\(caller)" + path, request, caching: caching) }
        return Reply(status: 404, fields: [], body: "")
    }

    private func list(_ request: ChurnRequest, _ caching: String) -> Reply {
        let wanted = request.query.flatMap { Int($0.dropFirst("kind=".count)) }
        let body = (0..<Self.things).filter { wanted == nil || $0 % 3 == wanted }
            .map { "/things/\($0) \(version(of: "/things/\($0)"))" }.joined(separator: "\n")
        return Reply(status: 200, fields: ["Cache-Control: \(caching)"], body: body)
    }

    private func record(_ name: String, _ request: ChurnRequest, caching: String) -> Reply {
        switch request.method {
        case "PUT":
            return Reply(status: 200, fields: [], body: "\(name) \(change(name))")
        case "DELETE":
            return Reply(status: 200, fields: [], body: "\(name) \(change(name, deletes: true))")
        case _:
            let version = version(of: name)
            let fields = ["Cache-Control: \(caching)", "ETag: \"\(name):\(version)\""]
            if request.ifNoneMatch == "\"\(name):\(version)\"" { return Reply(status: 304, fields: fields, body: "") }
            return Reply(
                status: deleted.contains(name) ? 404 : 200, fields: fields, body: "\(name) \(version)")
        }
    }

    private static func bytes(_ reply: Reply, of request: ChurnRequest) -> [UInt8] {
        var text = "HTTP/1.1 \(reply.status) X\r\n"
        for field in reply.fields { text += field + "\r\n" }
        if reply.status != 304 { text += "Content-Length: \(reply.body.utf8.count)\r\n" }
        text += "\r\n"
        if reply.status != 304, request.method != "HEAD" { text += reply.body }
        return Array(text.utf8)
    }
}

/// A request as the origin reads it.
struct ChurnRequest {
    var method: String
    var path: String
    var query: String?
    var caller: Int?
    var ifNoneMatch: String?

    /// - Parameter text: of the head, without the empty line.
    init(_ text: Substring, credentials: [String: Int]) {
        let lines = text.split(separator: "\r\n", omittingEmptySubsequences: false)
        let words = lines.first?.split(separator: " ") ?? []
        method = words.first.map(String.init) ?? ""
        let target = (words.dropFirst().first ?? "").split(separator: "?", maxSplits: 1)
        path = target.first.map(String.init) ?? ""
        query = target.dropFirst().first.map(String.init)
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            switch line[..<colon].lowercased() {
            case "authorization": caller = credentials[String(value)]
            case "if-none-match": ifNoneMatch = String(value)
            case _: continue
            }
        }
    }
}

/// The origin's end of one upstream connection: sits where the socket would be.
final class ChurnSocket: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer

    private let receive: (String, ChurnSocket) -> Void
    private var text = ""
    private var context: ChannelHandlerContext?

    init(receive: @escaping (String, ChurnSocket) -> Void) { self.receive = receive }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        text += String(buffer: unwrapOutboundIn(data))
        promise?.succeed()
        context.eventLoop.assumeIsolated().execute { self.take() }
    }

    func flush(context: ChannelHandlerContext) {}

    private func take() {
        guard !text.isEmpty else { return }
        let whole = text
        text = ""
        receive(whole, self)
    }

    /// Bytes arrive.
    func deliver(_ bytes: [UInt8]) {
        guard let context else { return }
        context.fireChannelRead(NIOAny(ByteBuffer(bytes: bytes)))
        context.fireChannelReadComplete()
    }

    /// The other end is gone.
    func close() { context?.channel.close(promise: nil) }
}
