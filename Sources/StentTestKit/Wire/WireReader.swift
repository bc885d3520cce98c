/// Reads messages from a connection, strictly: what the proxy sends must be beyond doubt.
struct WireReader {
    let socket: WireSocket

    enum HeadArrival {
        case head(WireHead)
        case malformed([UInt8])
        case none(WireSocket.Arrival)
    }

    func head(until deadline: WireDeadline) -> HeadArrival {
        var searched = 0
        while true {
            if let end = WireBytes.range(of: Array("\r\n\r\n".utf8), in: socket.inbox, from: max(0, searched - 3)) {
                let bytes = socket.take(end.upperBound)
                guard let head = WireHead(bytes) else { return .malformed(bytes) }
                return .head(head)
            }
            searched = socket.inbox.count
            let arrival = socket.fill(until: deadline)
            guard arrival == .bytes else { return .none(arrival) }
        }
    }

    func body(_ framing: WireFraming, until deadline: WireDeadline) -> WireBody {
        switch framing {
        case .length(let length):
            var body = WireBody(ending: .whole)
            while body.bytes.count < length {
                body.bytes += socket.take(length - body.bytes.count)
                guard body.bytes.count < length else { break }
                if let ending = more(until: deadline) {
                    body.ending = ending
                    break
                }
            }
            return body
        case .untilClose:
            var body = WireBody(ending: .whole)
            while true {
                body.bytes += socket.take(socket.inbox.count)
                let arrival = socket.fill(until: deadline)
                switch arrival {
                case .bytes: continue
                case .end: return body
                case .reset: body.ending = .truncated(.reset)
                case .deadline, .stopped: body.ending = .deadline
                }
                return body
            }
        case .chunked: return chunked(until: deadline)
        }
    }

    private func chunked(until deadline: WireDeadline) -> WireBody {
        var body = WireBody(ending: .whole)
        while true {
            guard let line = line(until: deadline, into: &body) else { return body }
            guard let size = Int(WireBytes.text(line), radix: 16), size >= 0, line.first != 0x2B else {
                body.ending = .malformed("chunk size \(WireBytes.quoted(line))")
                return body
            }
            let data = self.body(.length(size), until: deadline)
            body.bytes += data.bytes
            guard data.ending == .whole else {
                body.ending = data.ending
                return body
            }
            guard let end = self.line(until: deadline, into: &body) else { return body }
            guard end.isEmpty else {
                body.ending = .malformed("\(WireBytes.quoted(end)) after a chunk")
                return body
            }
            if size == 0 { return body }
        }
    }

    /// A line without its CR LF; `nil`, and the body ended, where none came.
    private func line(until deadline: WireDeadline, into body: inout WireBody) -> [UInt8]? {
        while true {
            if let end = WireBytes.range(of: [0x0D, 0x0A], in: socket.inbox) {
                return Array(socket.take(end.upperBound).dropLast(2))
            }
            if let ending = more(until: deadline) {
                body.ending = ending
                return nil
            }
        }
    }

    private func more(until deadline: WireDeadline) -> WireBody.Ending? {
        let arrival = socket.fill(until: deadline)
        switch arrival {
        case .bytes: return nil
        case .end, .reset: return .truncated(arrival)
        case .deadline, .stopped: return .deadline
        }
    }
}
