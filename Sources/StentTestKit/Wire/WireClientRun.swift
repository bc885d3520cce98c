import Foundation

/// Plays one client of a case, on a connection of its own.
// proof: used by one thread at a time. The case's client thread plays it; the runner touches it again only after that
// thread has ended, and hands it to one other.
final class WireClientRun: @unchecked Sendable {
    private let client: WireClient
    private let stage: WireStage
    private let party: String
    private let port: Int
    private var socket: WireSocket?
    private var head: WireHead?
    private var framing = WireFraming.length(0)
    private var body: WireBody?

    init(_ client: WireClient, port: Int, stage: WireStage) {
        self.client = client
        self.port = port
        self.stage = stage
        party = "client \(client.name)"
    }

    func play() throws {
        socket = try WireSocket.connect(to: port, party: party, stop: stage.stop, transcript: stage.transcript)
        for step in client.steps { try perform(step.action, at: step.place) }
    }

    /// When the exchange is over: nothing may have come that the script doesn't know of.
    func settle() throws {
        guard let socket, let last = client.steps.last else { return }
        guard socket.isOpen else { return }
        try finishBody(at: last.place)
        socket.sweep()
        defer { socket.close() }
        try expect(
            socket.inbox.isEmpty, "nothing more", got: WireBytes.quoted(socket.inbox), at: last.place)
    }

    private func perform(_ action: WireClient.Action, at place: WirePlace) throws {
        let socket = try connection(at: place)
        switch action {
        case .send(let bytes, let piece):
            // A peer that has refused need not read on: what it answered is judged by the expectations that follow.
            _ = socket.write(bytes, piece: piece, until: stage.deadline)
        case .shutdownWrite: socket.shutdownWrite()
        case .close: socket.close()
        case .reset: socket.reset()
        case .signal(let name): stage.signal(name)
        case .wait(let name): try expect(stage.wait(for: name), "the signal `\(name)`", got: "none", at: place)
        case .expectInterim(let status): try expectHead(status, place)
        case .expectStatus(let status, let withoutBody):
            try expectHead(status, place)
            try findFraming(status: status, withoutBody: withoutBody, at: place)
        case .expectRefusal(let status, let reason): try expectRefusal(status, reason, place)
        case .expectHeader(let name, let match):
            guard let head else { throw failure("a header is expected before any status", place) }
            try expect(
                match.holds(for: head.values(name)), "\(name) \(match)", got: WireBytes.quoted(head.bytes), at: place)
        case .expectBody(let match):
            let body = try wholeBody(at: place)
            try expect(
                match.holds(for: [body]), "a body that \(match)", got: "\(body.count) bytes \(WireBytes.quoted(body))",
                at: place)
        case .expectJSON(let path, let match): try expectJSON(path, match, place)
        case .expectTruncated:
            let body = readBody()
            guard case .truncated = body.ending else {
                throw failure("expected an answer cut short; got \(shown(body))", place)
            }
        case .expectClosed: try expectEnd(.end, place)
        case .expectReset: try expectEnd(.reset, place)
        case .expectNoMore:
            try finishBody(at: place)
            socket.sweep()
            try expect(socket.inbox.isEmpty, "nothing more", got: WireBytes.quoted(socket.inbox), at: place)
        case .expectOpen: try expectOpen(place)
        }
    }

    // MARK: Answers

    private func expectHead(_ status: Int, _ place: WirePlace) throws {
        let socket = try connection(at: place)
        try finishBody(at: place)
        switch WireReader(socket: socket).head(until: stage.deadline) {
        case .head(let arrived):
            head = arrived
            body = nil
            framing = .length(0)
            try expect(
                arrived.startLine.hasPrefix("HTTP/1.1 \(status) "), "status \(status)",
                got: WireBytes.quoted(arrived.bytes), at: place)
        case .malformed(let bytes): throw failure("a malformed head: \(WireBytes.quoted(bytes))", place)
        case .none(let arrival):
            throw failure(
                "expected status \(status); got \(shown(arrival)) after \(WireBytes.quoted(socket.inbox))", place)
        }
    }

    private func findFraming(status: Int, withoutBody: Bool, at place: WirePlace) throws {
        guard let head, !withoutBody, status != 204, status != 304 else { return }
        guard let framing = head.framing(untilClose: true) else {
            throw failure("an answer whose length is in doubt: \(WireBytes.quoted(head.bytes))", place)
        }
        self.framing = framing
    }

    private func expectRefusal(_ status: Int, _ reason: String, _ place: WirePlace) throws {
        try expectHead(status, place)
        try findFraming(status: status, withoutBody: false, at: place)
        let head = head?.values("Content-Type").map(WireBytes.text) ?? []
        try expect(
            head == ["application/problem+json"], "Content-Type application/problem+json", got: "\(head)", at: place)
        try expectJSON("reason", .equals(Array(reason.utf8)), place)
        try expectJSON("status", .equals(Array(String(status).utf8)), place)
        for member in ["type", "title", "detail", "instance"] { try expectJSON(member, .present, place) }
    }

    private func expectJSON(_ path: String, _ match: WireMatch, _ place: WirePlace) throws {
        let body = try wholeBody(at: place)
        guard let document = WireJSON(body) else {
            throw failure("a body that is no JSON: \(WireBytes.quoted(body))", place)
        }
        let values = document.text(at: path).map { [Array($0.utf8)] } ?? []
        try expect(match.holds(for: values), "\(path) \(match)", got: WireBytes.quoted(body), at: place)
    }

    private func readBody() -> WireBody {
        if let body { return body }
        guard let socket else { return WireBody(ending: .whole) }
        let read = WireReader(socket: socket).body(framing, until: stage.deadline)
        body = read
        return read
    }

    private func wholeBody(at place: WirePlace) throws -> [UInt8] {
        guard head != nil else { throw failure("a body is expected before any status", place) }
        let body = readBody()
        guard body.ending == .whole else { throw failure("expected a whole body; got \(shown(body))", place) }
        return body.bytes
    }

    /// The rest of an answer whose body the script has not asked for.
    private func finishBody(at place: WirePlace) throws {
        guard head != nil, body == nil else { return }
        _ = try wholeBody(at: place)
    }

    // MARK: Connection

    private func expectEnd(_ wanted: WireSocket.Arrival, _ place: WirePlace) throws {
        let socket = try connection(at: place)
        // A cut answer is the script's business where it said `expect truncated`; otherwise it is a failure.
        try finishBody(at: place)
        var arrival = WireSocket.Arrival.bytes
        while arrival == .bytes, socket.inbox.isEmpty { arrival = socket.fill(until: stage.deadline) }
        try expect(
            arrival == wanted && socket.inbox.isEmpty, shown(wanted),
            got: socket.inbox.isEmpty ? shown(arrival) : WireBytes.quoted(socket.inbox), at: place)
    }

    private func expectOpen(_ place: WirePlace) throws {
        let socket = try connection(at: place)
        try finishBody(at: place)
        _ = socket.write(
            Array("GET /still-open HTTP/1.1\r\nHost: a\r\n\r\n".utf8), piece: nil, until: stage.deadline)
        try expectHead(200, place)
        try findFraming(status: 200, withoutBody: false, at: place)
        try finishBody(at: place)
    }

    private func connection(at place: WirePlace) throws -> WireSocket {
        guard let socket else { throw failure("there is no connection", place) }
        return socket
    }

    private func expect(_ holds: Bool, _ what: String, got: @autoclosure () -> String, at place: WirePlace) throws {
        guard holds else { throw failure("expected \(what); got \(got())", place) }
    }

    private func failure(_ message: String, _ place: WirePlace) -> WireFailure {
        WireFailure(message, party: party, at: place)
    }

    private func shown(_ body: WireBody) -> String {
        let ending =
            switch body.ending {
            case .whole: "whole"
            case .truncated(let arrival): "cut by \(shown(arrival))"
            case .malformed(let what): "malformed (\(what))"
            case .deadline: "not finished in time"
            }
        return "\(body.bytes.count) bytes, \(ending): \(WireBytes.quoted(body.bytes))"
    }

    private func shown(_ arrival: WireSocket.Arrival) -> String { arrival.shown }
}

extension WireSocket.Arrival {
    /// As a message says it.
    var shown: String {
        switch self {
        case .bytes: "bytes"
        case .end: "the end of the connection"
        case .reset: "a reset"
        case .deadline: "nothing in time"
        case .stopped: "the end of the case"
        }
    }
}
