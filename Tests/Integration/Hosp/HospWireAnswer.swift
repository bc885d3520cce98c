/// Answers taken apart by a strict reader of the tests' own; nil where the bytes are no whole answer.
struct HospWireAnswer {
    var status: Int
    var fields: [(name: String, value: String)]
    var body: [UInt8]
    /// Sizes of the chunks, the final one included; nil where the body was not chunked.
    var chunks: [Int]?

    subscript(name: String) -> String? {
        fields.first { $0.name.lowercased() == name.lowercased() }?.value
    }

    var text: String { String(decoding: body, as: UTF8.self) }

    /// Reads one answer from the front of `bytes` and removes it.
    init?(from bytes: inout ArraySlice<UInt8>, toHead isHead: Bool = false) {
        guard let end = Self.find([13, 10, 13, 10], in: bytes) else { return nil }
        let lines = String(decoding: bytes[bytes.startIndex..<end], as: UTF8.self).split(separator: "\r\n")
        let start = (lines.first ?? "").split(separator: " ", maxSplits: 2)
        guard start.count == 3, start[0] == "HTTP/1.1" || start[0] == "HTTP/1.0", start[1].utf8.count == 3,
            let status = Int(start[1])
        else { return nil }
        self.status = status
        fields = []
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { return nil }
            fields.append((String(line[..<colon]), String(line[line.index(after: colon)...].drop { $0 == " " })))
        }
        var rest = bytes[(end + 4)...]
        body = []
        chunks = nil
        if isHead || status == 204 || status == 304 {
            bytes = rest
        } else if self["Transfer-Encoding"] == "chunked" {
            guard let read = Self.readChunks(&rest) else { return nil }
            (body, chunks) = read
        } else if let length = self["Content-Length"].flatMap({ Int($0) }), rest.count >= length {
            body = Array(rest.prefix(length))
            rest = rest.dropFirst(length)
        } else {
            return nil
        }
        bytes = rest
    }

    /// The only answer in a reply.
    init?(_ reply: HospWireClient.Reply, toHead isHead: Bool = false) {
        var rest = reply.bytes[...]
        self.init(from: &rest, toHead: isHead)
        guard rest.isEmpty else { return nil }
    }

    private static func readChunks(_ rest: inout ArraySlice<UInt8>) -> (body: [UInt8], sizes: [Int])? {
        var body: [UInt8] = []
        var sizes: [Int] = []
        while let lineEnd = find([13, 10], in: rest) {
            guard let size = Int(String(decoding: rest[rest.startIndex..<lineEnd], as: UTF8.self), radix: 16) else {
                return nil
            }
            rest = rest[(lineEnd + 2)...]
            guard rest.count >= size + 2 else { return nil }
            body += rest.prefix(size)
            rest = rest.dropFirst(size)
            guard rest.prefix(2).elementsEqual([13, 10]) else { return nil }
            rest = rest.dropFirst(2)
            sizes.append(size)
            if size == 0 { return (body, sizes) }
        }
        return nil
    }

    private static func find(_ pattern: [UInt8], in bytes: ArraySlice<UInt8>) -> Int? {
        guard bytes.count >= pattern.count else { return nil }
        return (bytes.startIndex...(bytes.endIndex - pattern.count)).first {
            bytes[$0..<($0 + pattern.count)].elementsEqual(pattern)
        }
    }
}
