import NIOCore
import NIOEmbedded
import StentModel
import StentProxy

/// What all callers know together, and what was found wrong.
final class ChurnLedger {
    /// The newest version of each record that some caller was told its write had made.
    var acknowledged: [String: Int] = [:]
    /// Callers who were answered 401.
    var refused: Set<Int> = []
    var faults: [String] = []
    var answers: [Int: Int] = [:]
    /// By what `Cache-Status` says first.
    var uses: [String: Int] = [:]
    var reads = 0
    var acknowledgedWrites = 0
}

/// One caller with one connection: thinks, asks, reads the answer, and checks it against what everybody was told before
/// the question was asked.
final class ChurnCaller {
    private struct Question {
        var request: String
        var record: String?
        var isWrite: Bool
        /// Whatever is read must be at least as new.
        var floor: [String: Int]
        var wasRefused: Bool
    }

    private let number: Int
    private let knowsPassword: Bool
    private let world: ChurnWorld
    private let loop: EmbeddedEventLoop
    private let worker: Worker
    private let ledger: ChurnLedger
    private var random: SeededRandom
    private var channel: EmbeddedChannel?
    private var question: Question?
    private var etags: [String: String] = [:]
    private var text = ""

    init(_ number: Int, knowsPassword: Bool, in world: ChurnWorld, _ ledger: ChurnLedger, seed: UInt64) {
        self.number = number
        self.knowsPassword = knowsPassword
        self.world = world
        self.ledger = ledger
        let side = number % world.loops.count
        loop = world.loops[side]
        worker = world.workers[side]
        random = SeededRandom(seed: seed &* 1_000_003 &+ UInt64(number))
        think()
    }

    private func think() {
        let pause = Int64.random(in: 10...40_000, using: &random)
        loop.scheduleTask(in: .milliseconds(pause)) { [self] in ask() }
    }

    // MARK: asking

    private func ask() {
        let question = draw()
        guard let channel = connection() else { return think() }
        self.question = question
        text = ""
        if random.once(in: 25) {
            // It goes away in the middle: nobody is told anything.
            let patience = Int64.random(in: 1...3_000, using: &random)
            loop.scheduleTask(in: .milliseconds(patience)) { [self] in
                guard self.channel === channel, self.question != nil else { return }
                channel.close(promise: nil)
            }
        }
        channel.pipeline.fireChannelRead(ByteBuffer(string: question.request))
        channel.pipeline.fireChannelReadComplete()
    }

    private func draw() -> Question {
        let thing = Int.random(in: 0..<ChurnOrigin.things, using: &random)
        // Some records are popular.
        let popular = random.once(in: 2) ? thing % 3 : thing
        let isWrite = random.once(in: 6)
        let path: String
        switch random.next() % 10 {
        case 0, 1: path = "/mine/\(thing % 4)"
        case 2: path = "/open/\(thing % 5)"
        case 3, 4,
            5 where !isWrite:
            path = random.once(in: 2) ? "/things" : "/things?kind=\(thing % 3)"
        case _: path = "/things/\(popular)"
        }
        let method = isWrite ? (random.once(in: 5) ? "DELETE" : "PUT") : (random.once(in: 12) ? "HEAD" : "GET")
        var request = "\(method) \(path) HTTP/1.1\r\nHost: churn.example\r\n"
        let credential = knowsPassword ? ChurnWorld.authorization(of: number) : "Basic d3Jvbmc6d3Jvbmc="
        if !path.hasPrefix("/open/") || isWrite { request += "Authorization: \(credential)\r\n" }
        if !isWrite, let etag = etags[path], random.once(in: 3) { request += "If-None-Match: \(etag)\r\n" }
        if isWrite { request += "Content-Length: 0\r\n" }
        let record = path.hasPrefix("/mine/") ? "/c\(number)\(path)" : path.hasPrefix("/things?") ? nil : path
        return Question(
            request: request + "\r\n", record: path == "/things" ? nil : record, isWrite: isWrite,
            floor: ledger.acknowledged, wasRefused: ledger.refused.contains(number))
    }

    private func connection() -> EmbeddedChannel? {
        if let channel, channel.isActive { return channel }
        let channel = EmbeddedChannel(handler: nil, loop: loop)
        let socket = ChurnSocket { [self] text, _ in heard(text) }
        do {
            try channel.pipeline.syncOperations.addHandler(socket)
            try Listener.accept(channel, worker, .http)
            channel.connect(to: try SocketAddress(ipAddress: "192.0.2.7", port: 40_000 + number), promise: nil)
        } catch {
            ledger.faults.append("caller \(number) was not accepted: \(error)")
            return nil
        }
        self.channel = channel
        channel.closeFuture.assumeIsolated().whenComplete { [self] _ in
            guard self.channel === channel else { return }
            self.channel = nil
            guard question != nil else { return }
            question = nil
            think()
        }
        return channel
    }

    // MARK: reading

    private func heard(_ more: String) {
        text += more
        guard let question, let end = text.firstRange(of: "\r\n\r\n") else { return }
        let head = text[..<end.lowerBound]
        guard let status = Int(head.dropFirst(9).prefix(3)) else { return }
        let length = Self.field("Content-Length", head).flatMap { Int($0) } ?? 0
        let hasContent = !question.request.hasPrefix("HEAD") && status != 304
        let body = text[end.upperBound...]
        guard !hasContent || body.utf8.count >= length else { return }
        self.question = nil
        judge(question, status, head, hasContent ? String(body) : "")
        if Self.field("Connection", head) == "close" { channel?.close(promise: nil) }
        think()
    }

    private static func field(_ name: String, _ head: Substring) -> String? {
        for line in head.split(separator: "\r\n") where line.lowercased().hasPrefix(name.lowercased() + ":") {
            return String(line.dropFirst(name.count + 1).drop { $0 == " " })
        }
        return nil
    }

    private func judge(_ question: Question, _ status: Int, _ head: Substring, _ body: String) {
        ledger.answers[status, default: 0] += 1
        if let cache = Self.field("Cache-Status", head) {
            let use = cache.contains("hit") ? (cache.contains("ttl=-") ? "stale" : "hit") : "forwarded"
            ledger.uses[cache.contains("collapsed") ? "collapsed" : use, default: 0] += 1
        }
        if status == 401 { ledger.refused.insert(number) }
        guard status == 200 || status == 304 || status == 404 else { return }
        let isOpen = question.request.contains(" /open/")
        if !knowsPassword, !isOpen { fault(question, "was answered \(status) without a password: \(body)") }
        if question.wasRefused, !isOpen { fault(question, "was answered \(status) after HOSP had refused them") }
        var told = body.split(separator: "\n").map { $0.split(separator: " ") }
        if let etag = Self.field("ETag", head) {
            told.append(etag.dropFirst().dropLast().split(separator: ":"))
            if let record = question.record {
                etags[record.hasPrefix("/c") ? String(record.drop { $0 != "m" }) : record] = etag
            }
        }
        for words in told {
            guard words.count == 2, let version = Int(words[1]) else {
                fault(question, "was answered something else: \(body)")
                continue
            }
            let record = String(words[0])
            if let asked = question.record, asked != record { fault(question, "was answered with \(record)") }
            let least = question.floor[record, default: 1]
            if version < least {
                fault(question, "was told \(record) \(version), but \(least) was acknowledged before")
            }
            guard question.isWrite else { continue }
            ledger.acknowledgedWrites += 1
            ledger.acknowledged[record] = max(version, ledger.acknowledged[record, default: 1])
        }
        if !question.isWrite { ledger.reads += 1 }
    }

    private func fault(_ question: Question, _ what: String) {
        let line = question.request.prefix { $0 != "\r" }
        ledger.faults.append("at \(world.now.uptimeNanoseconds / 1_000_000) ms: caller \(number), \(line): \(what)")
    }
}
