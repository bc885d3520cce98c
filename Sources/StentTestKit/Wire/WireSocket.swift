import Glibc

/// A TCP connection that a party of a case holds: blocking calls, each bounded by a deadline and ended by the stop.
final class WireSocket {
    /// How a wait for bytes ended.
    enum Arrival: Sendable, Equatable {
        case bytes
        /// The peer closed in order.
        case end
        case reset
        case deadline
        case stopped
    }

    let party: String
    /// Bytes received and not yet taken.
    private(set) var inbox: [UInt8] = []
    /// How the inbound direction ended, once it has.
    private(set) var ending: Arrival?
    private var descriptor: CInt
    private let stop: WireStop
    private let transcript: WireTranscript

    /// Takes over a connected descriptor.
    init(_ descriptor: CInt, party: String, stop: WireStop, transcript: WireTranscript) {
        self.descriptor = descriptor
        self.party = party
        self.stop = stop
        self.transcript = transcript
        var one: CInt = 1
        _ = setsockopt(descriptor, CInt(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<CInt>.size))
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
    }

    deinit { if descriptor >= 0 { _ = Glibc.close(descriptor) } }

    var isOpen: Bool { descriptor >= 0 }

    /// Connects to a port of the loopback address.
    static func connect(
        to port: Int, party: String, stop: WireStop, transcript: WireTranscript
    ) throws -> WireSocket {
        let descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw WireSystemError("socket") }
        var address = WireListener.loopback(port)
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else {
            let failure = WireSystemError("connect")
            _ = Glibc.close(descriptor)
            throw failure
        }
        transcript.note(party, "connected")
        return WireSocket(descriptor, party: party, stop: stop, transcript: transcript)
    }

    /// Writes bytes, in pieces of a size if given; reads meanwhile, so that a peer that answers early isn't blocked.
    ///
    /// - Returns: how many bytes the kernel took: fewer than all where the peer has gone, the deadline has passed, or
    ///   the case has ended.
    func write(_ bytes: [UInt8], piece: Int?, until deadline: WireDeadline) -> Int {
        var sent = 0
        while sent < bytes.count, descriptor >= 0 {
            let upper = min(sent + (piece ?? bytes.count), bytes.count)
            let count = bytes[sent..<upper].withUnsafeBytes {
                send(descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL))
            }
            if count > 0 {
                sent += count
                if piece != nil { sched_yield() }
            } else if errno == EAGAIN {
                let events = wait(for: Int16(POLLIN | POLLOUT), until: deadline)
                guard let events else { break }
                if events & Int16(POLLIN) != 0, ending == nil { _ = receive() }
                // Nothing more can be taken from a peer that has closed, and it may still take: wait for that alone.
                if ending != nil, wait(for: Int16(POLLOUT), until: deadline) == nil { break }
            } else if errno != EINTR {
                break
            }
        }
        transcript.note(party, "sent \(WireBytes.quoted(bytes.prefix(sent), limit: 300))")
        if sent < bytes.count { transcript.note(party, "could not send the other \(bytes.count - sent) bytes") }
        return sent
    }

    /// Waits for more bytes in the inbox.
    func fill(until deadline: WireDeadline) -> Arrival {
        while true {
            if let ending { return ending }
            if let arrival = receive() { return arrival }
            guard wait(for: Int16(POLLIN), until: deadline) != nil else { return stop.isRaised ? .stopped : .deadline }
        }
    }

    /// Takes what has arrived already, without waiting.
    func sweep() {
        while ending == nil, receive() == .bytes {}
    }

    func take(_ count: Int) -> [UInt8] {
        let taken = Array(inbox.prefix(count))
        inbox.removeFirst(taken.count)
        return taken
    }

    func shutdownWrite() {
        guard descriptor >= 0 else { return }
        _ = Glibc.shutdown(descriptor, CInt(SHUT_WR))
        transcript.note(party, "shut down writing")
    }

    func close() {
        guard descriptor >= 0 else { return }
        _ = Glibc.close(descriptor)
        descriptor = -1
        transcript.note(party, "closed")
    }

    /// Closes with a TCP reset.
    func reset() {
        guard descriptor >= 0 else { return }
        var linger = Glibc.linger(l_onoff: 1, l_linger: 0)
        _ = setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
        _ = Glibc.close(descriptor)
        descriptor = -1
        transcript.note(party, "reset")
    }

    /// One read; `nil` where it would block.
    private func receive() -> Arrival? {
        guard descriptor >= 0 else { return .end }
        let before = inbox.count
        let count = withUnsafeTemporaryAllocation(byteCount: 65_536, alignment: 1) { buffer in
            let count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
            if count > 0 { inbox.append(contentsOf: buffer[..<count]) }
            return count
        }
        if count > 0 {
            transcript.note(party, "received \(WireBytes.quoted(inbox[before...], limit: 300))")
            return .bytes
        }
        if count == 0 {
            ending = .end
            transcript.note(party, "received the end")
            return .end
        }
        if errno == EAGAIN || errno == EINTR { return nil }
        ending = .reset
        transcript.note(party, "received a reset")
        return .reset
    }

    /// - Returns: the events of the socket; `nil` at the deadline or when the case ends.
    private func wait(for events: Int16, until deadline: WireDeadline) -> Int16? {
        while !stop.isRaised {
            let milliseconds = deadline.remainingMilliseconds
            guard milliseconds > 0 else { return nil }
            var polled = [
                pollfd(fd: descriptor, events: events, revents: 0),
                pollfd(fd: stop.descriptor, events: Int16(POLLIN), revents: 0),
            ]
            if poll(&polled, 2, milliseconds) > 0, polled[0].revents != 0 { return polled[0].revents }
        }
        return nil
    }
}

/// A point in monotonic time that a wait doesn't outlast.
struct WireDeadline: Sendable {
    private let instant: ContinuousClock.Instant

    init(in duration: Duration) {
        instant = .now + duration
    }

    /// Rounded up; 0 when it has passed.
    var remainingMilliseconds: CInt {
        let (seconds, attoseconds) = (instant - .now).components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        return CInt(clamping: seconds * 1_000 + attoseconds / 1_000_000_000_000_000 + 1)
    }
}
