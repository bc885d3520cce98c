import Foundation
import Synchronization

/// The upstream where a case does not script one: answers every request with a plain 200, and counts.
final class WirePlainUpstream: Sendable {
    private struct Count {
        var connections = 0
        /// Their heads.
        var requests: [[UInt8]] = []
        var wholeRequests = 0
        var running = 0
    }

    private let upstream: WireUpstream
    private let listener: WireListener
    private let stage: WireStage
    /// Raised when the proxy has stopped.
    private let end: WireStop
    private let count = Mutex(Count())
    private var party: String { "upstream \(upstream.name)" }

    init(_ upstream: WireUpstream, listener: WireListener, stage: WireStage) throws {
        self.upstream = upstream
        self.listener = listener
        self.stage = stage
        end = try WireStop()
    }

    /// Accepts until the end, each connection on a thread of its own.
    func play() {
        let forever = WireDeadline(in: .seconds(3_600))
        while let descriptor = listener.accept(until: forever, stop: end) { begin(descriptor) }
        while let descriptor = listener.acceptNow() { begin(descriptor) }
    }

    /// Ends the serving; what has arrived is still counted.
    func finish() { end.raise() }

    /// Compares the counts with the script; call when every connection has ended.
    func settle() throws {
        let deadline = stage.deadline
        while count.withLock({ $0.running }) > 0, deadline.remainingMilliseconds > 0 { usleep(200) }
        let (connections, requests, whole) = count.withLock { ($0.connections, $0.requests, $0.wholeRequests) }
        for step in upstream.steps {
            switch step.action {
            case .expectNoConnection: try expect(connections == 0, "no connection", requests, connections, step.place)
            case .expectNoRequest: try expect(requests.isEmpty, "no request", requests, connections, step.place)
            case .expectRequests(let wanted):
                try expect(requests.count == wanted, "\(wanted) requests", requests, connections, step.place)
            case .expectWholeRequests(let wanted):
                try expect(whole == wanted, "\(wanted) whole requests, not \(whole)", requests, connections, step.place)
            case .expectConnections(let wanted):
                try expect(connections == wanted, "\(wanted) connections", requests, connections, step.place)
            case .accept, .refuse, .send, .shutdownWrite, .close, .reset, .signal, .wait, .expectRequest, .expectHead,
                .expectHeader, .expectBody, .expectTruncated, .expectClosed:
                continue
            }
        }
    }

    private func expect(
        _ holds: Bool, _ what: String, _ requests: [[UInt8]], _ connections: Int, _ place: WirePlace
    ) throws {
        guard !holds else { return }
        let shown = requests.map { WireBytes.quoted($0) }.joined(separator: " and ")
        throw WireFailure(
            "expected \(what); got \(connections) connections, \(requests.count) requests \(shown)", party: party,
            at: place)
    }

    private func begin(_ descriptor: CInt) {
        let number = count.withLock { count in
            count.connections += 1
            count.running += 1
            return count.connections
        }
        let thread = Thread { [self] in
            serve(descriptor, "\(party)/\(number)")
            count.withLock { $0.running -= 1 }
        }
        thread.start()
    }

    private func serve(_ descriptor: CInt, _ name: String) {
        let socket = WireSocket(descriptor, party: name, stop: end, transcript: stage.transcript)
        let reader = WireReader(socket: socket)
        let forever = WireDeadline(in: .seconds(3_600))
        while true {
            let head: WireHead
            switch reader.head(until: forever) {
            case .head(let arrived): head = arrived
            case .malformed(let bytes):
                count.withLock { $0.requests.append(bytes) }
                return
            case .none:
                socket.sweep()
                let rest = socket.inbox
                if !rest.isEmpty { count.withLock { $0.requests.append(rest) } }
                return
            }
            count.withLock { $0.requests.append(head.bytes) }
            guard let framing = head.framing(untilClose: false) else { return }
            let body = reader.body(framing, until: forever)
            guard body.ending == .whole else { return }
            count.withLock { $0.wholeRequests += 1 }
            let answer = WireUpstream.plainAnswer
            let isHead = head.startLine.hasPrefix("HEAD ")
            _ = socket.write(isHead ? Array(answer.dropLast(5)) : answer, piece: nil, until: stage.deadline)
        }
    }
}
