/// Plays the scripted upstream of a case.
// proof: used by one thread at a time. The case's upstream thread plays it; the runner touches it again only after that
// thread has ended, and hands it to one other.
final class WireUpstreamRun: @unchecked Sendable {
    private let upstream: WireUpstream
    private let listener: WireListener
    private let stage: WireStage
    private let party: String
    private var sockets: [WireSocket] = []
    private var current: WireSocket?
    private var head: WireHead?
    private var body: WireBody?
    private var requests = 0
    private var wholeRequests = 0

    init(_ upstream: WireUpstream, listener: WireListener, stage: WireStage) {
        self.upstream = upstream
        self.listener = listener
        self.stage = stage
        party = "upstream \(upstream.name)"
    }

    func play() throws {
        for step in upstream.steps { try perform(step.action, at: step.place) }
    }

    /// When the proxy has stopped: whatever came beyond the script is a failure.
    func settle() throws {
        guard let last = upstream.steps.last else { return }
        while let next = listener.acceptNow() { adopt(next) }
        for socket in sockets {
            if socket === current { _ = readBody() }
            socket.sweep()
            guard socket.inbox.isEmpty else {
                throw failure("expected nothing more; got \(WireBytes.quoted(socket.inbox))", last.place)
            }
        }
        for step in upstream.steps {
            switch step.action {
            case .expectNoConnection:
                try expect(sockets.isEmpty, "no connection", got: "\(sockets.count)", at: step.place)
            case .expectNoRequest: try expect(requests == 0, "no request", got: "\(requests)", at: step.place)
            case .expectRequests(let count):
                try expect(requests == count, "\(count) requests", got: "\(requests)", at: step.place)
            case .expectWholeRequests(let count):
                try expect(wholeRequests == count, "\(count) whole requests", got: "\(wholeRequests)", at: step.place)
            case .expectConnections(let count):
                try expect(sockets.count == count, "\(count) connections", got: "\(sockets.count)", at: step.place)
            case .accept, .refuse, .send, .shutdownWrite, .close, .reset, .signal, .wait, .expectRequest, .expectHead,
                .expectHeader, .expectBody, .expectTruncated, .expectClosed:
                continue
            }
        }
    }

    private func perform(_ action: WireUpstream.Action, at place: WirePlace) throws {
        switch action {
        case .accept: try accept(place)
        case .send(let bytes, let piece):
            let sent = try connection(place).write(bytes, piece: piece, until: stage.deadline)
            // What the proxy gives up on reading is for the expectations of its two other sides.
            if sent < bytes.count { stage.transcript.note(party, "sent \(sent) of \(bytes.count) bytes") }
        case .shutdownWrite: try connection(place).shutdownWrite()
        case .close: try connection(place).close()
        case .reset: try connection(place).reset()
        case .signal(let name): stage.signal(name)
        case .wait(let name): try expect(stage.wait(for: name), "the signal `\(name)`", got: "none", at: place)
        case .expectRequest(let line): try expectRequest(line, place)
        case .expectHead(let wanted):
            let head = try arrivedHead(place)
            try expect(
                Self.matches(head.bytes, wanted), "the head \(WireBytes.quoted(wanted))",
                got: WireBytes.quoted(head.bytes), at: place)
        case .expectHeader(let name, let match):
            let head = try arrivedHead(place)
            try expect(
                match.holds(for: head.values(name)), "\(name) \(match)", got: WireBytes.quoted(head.bytes), at: place)
        case .expectBody(let match):
            _ = try arrivedHead(place)
            let body = readBody()
            try expect(
                body.ending == .whole && match.holds(for: [body.bytes]), "a body that \(match)",
                got: "\(body.bytes.count) bytes, \(body.ending): \(WireBytes.quoted(body.bytes))", at: place)
        case .expectTruncated:
            _ = try arrivedHead(place)
            let body = readBody()
            guard case .truncated = body.ending else {
                throw failure("expected content cut short; got \(body.bytes.count) bytes, \(body.ending)", place)
            }
        case .expectClosed:
            let socket = try connection(place)
            _ = readBody()
            var arrival = WireSocket.Arrival.bytes
            while arrival == .bytes, socket.inbox.isEmpty { arrival = socket.fill(until: stage.deadline) }
            try expect(
                socket.inbox.isEmpty && (arrival == .end || arrival == .reset), "the proxy to close",
                got: socket.inbox.isEmpty ? arrival.shown : WireBytes.quoted(socket.inbox), at: place)
            socket.close()
        case .refuse, .expectNoConnection, .expectNoRequest, .expectRequests, .expectWholeRequests, .expectConnections:
            break  // judged when the case is over
        }
    }

    // MARK: Requests

    private func expectRequest(_ wanted: String, _ place: WirePlace) throws {
        if current?.isOpen != true { try accept(place) }
        _ = readBody()
        let socket = try connection(place)
        switch WireReader(socket: socket).head(until: stage.deadline) {
        case .head(let arrived):
            requests += 1
            head = arrived
            body = nil
            let line = arrived.startLine
            try expect(
                line == wanted || line == wanted + " HTTP/1.1", "request \(wanted)",
                got: WireBytes.quoted(arrived.bytes), at: place)
        case .malformed(let bytes): throw failure("a malformed head: \(WireBytes.quoted(bytes))", place)
        case .none(let arrival):
            throw failure(
                "expected request \(wanted); got \(arrival.shown) after \(WireBytes.quoted(socket.inbox))", place)
        }
    }

    private func arrivedHead(_ place: WirePlace) throws -> WireHead {
        guard let head else { throw failure("there was no request yet", place) }
        return head
    }

    /// The content of the last request, read once.
    private func readBody() -> WireBody {
        if let body { return body }
        guard let head, let current else { return WireBody(ending: .whole) }
        guard let framing = head.framing(untilClose: false) else {
            return WireBody(ending: .malformed("a request whose length is in doubt"))
        }
        let read = WireReader(socket: current).body(framing, until: stage.deadline)
        body = read
        if read.ending == .whole { wholeRequests += 1 }
        return read
    }

    /// Whether the bytes are the wanted ones, `<any>` standing for any text without a line break.
    private static func matches(_ bytes: [UInt8], _ wanted: [UInt8]) -> Bool {
        var rest = bytes[...]
        let wild = Array("<any>".utf8)
        var start = 0
        while true {
            let hole = WireBytes.range(of: wild, in: wanted, from: start)
            let literal = wanted[start..<(hole?.lowerBound ?? wanted.count)]
            guard rest.starts(with: literal) else { return false }
            rest = rest.dropFirst(literal.count)
            guard let hole else { return rest.isEmpty }
            start = hole.upperBound
            // What follows a hole is a line break: all of the line is taken.
            rest = rest.drop { $0 != 0x0D && $0 != 0x0A }
        }
    }

    // MARK: Connections

    private func accept(_ place: WirePlace) throws {
        _ = readBody()
        guard let next = listener.accept(until: stage.deadline, stop: stage.stop) else {
            throw failure("expected a connection; none came", place)
        }
        adopt(next)
        current = sockets.last
        head = nil
        body = nil
    }

    private func adopt(_ descriptor: CInt) {
        stage.transcript.note(party, "accepted connection \(sockets.count + 1)")
        sockets.append(
            WireSocket(
                descriptor, party: "\(party)/\(sockets.count + 1)", stop: stage.stop, transcript: stage.transcript))
    }

    private func connection(_ place: WirePlace) throws -> WireSocket {
        if current == nil { try accept(place) }
        guard let current else { throw failure("there is no connection", place) }
        return current
    }

    private func expect(_ holds: Bool, _ what: String, got: @autoclosure () -> String, at place: WirePlace) throws {
        guard holds else { throw failure("expected \(what); got \(got())", place) }
    }

    private func failure(_ message: String, _ place: WirePlace) -> WireFailure {
        WireFailure(message, party: party, at: place)
    }
}
