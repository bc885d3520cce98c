/// The head of a message as a peer of the proxy reads it.
struct WireHead: Sendable {
    var bytes: [UInt8]
    var startLine: String
    /// In order, names as received, values without white space around them.
    var fields: [(name: String, value: [UInt8])]

    /// - Returns: `nil` where a line is not what HTTP/1.1 has: the proxy must never send such a head.
    init?(_ bytes: [UInt8]) {
        self.bytes = bytes
        startLine = ""
        fields = []
        var rest = bytes[...]
        var lines: [ArraySlice<UInt8>] = []
        while let end = WireBytes.range(of: [0x0D, 0x0A], in: bytes, from: rest.startIndex) {
            lines.append(bytes[rest.startIndex..<end.lowerBound])
            rest = bytes[end.upperBound...]
        }
        guard let first = lines.first, lines.allSatisfy({ !$0.contains(0x0D) && !$0.contains(0x0A) }) else {
            return nil
        }
        startLine = WireBytes.text(first)
        for line in lines.dropFirst() where !line.isEmpty {
            guard let colon = line.firstIndex(of: 0x3A), colon > line.startIndex else { return nil }
            let name = WireBytes.text(line[..<colon])
            guard !name.contains(where: \.isWhitespace) else { return nil }
            let value = line[(colon + 1)...].drop { $0 == 0x20 || $0 == 0x09 }
            let end = value.lastIndex { $0 != 0x20 && $0 != 0x09 }
            fields.append((name, end.map { Array(value[...$0]) } ?? []))
        }
    }

    func values(_ name: String) -> [[UInt8]] {
        fields.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
    }

    /// How the content ends (RFC 9112 §6.3); `nil` where the fields don't say it without doubt.
    func framing(untilClose: Bool) -> WireFraming? {
        let codings = values("Transfer-Encoding")
        let lengths = values("Content-Length")
        if codings.isEmpty, lengths.isEmpty { return untilClose ? .untilClose : .length(0) }
        if lengths.isEmpty { return codings.count == 1 && codings.first == Array("chunked".utf8) ? .chunked : nil }
        guard codings.isEmpty, lengths.count == 1, let text = lengths.first,
            text.allSatisfy({ (0x30...0x39).contains($0) }), let length = Int(WireBytes.text(text))
        else { return nil }
        return .length(length)
    }
}

enum WireFraming: Sendable, Equatable {
    case length(Int)
    case chunked
    case untilClose
}

/// The content of a message, as far as it came.
struct WireBody: Sendable {
    enum Ending: Sendable, Equatable {
        case whole
        /// The connection ended first, in order or by a reset.
        case truncated(WireSocket.Arrival)
        /// Not what its framing allows.
        case malformed(String)
        case deadline
    }

    var bytes: [UInt8] = []
    var ending: Ending
}
