/// A request or an answer as it came, read without any of stent's code.
package struct RawMessage: Sendable, Equatable {
    package struct Field: Sendable, Equatable {
        package var name: String
        package var value: String
    }

    package var startLine: String
    package var fields: [Field]
    package var body: [UInt8] = []

    /// - Parameter head: through the empty line.
    init(head: String) throws {
        var lines = head.components(separatedByLineBreak: "\r\n")
        guard lines.count >= 3, lines.removeLast().isEmpty, lines.removeLast().isEmpty else {
            throw RawConnectionError.malformed(head)
        }
        startLine = lines.removeFirst()
        fields = try lines.map { line in
            guard let colon = line.firstIndex(of: ":") else { throw RawConnectionError.malformed(line) }
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            return Field(name: String(line[..<colon]), value: String(value))
        }
    }

    /// Of an answer; 0 where the line is no status line.
    package var status: Int {
        let parts = startLine.split(separator: " ", omittingEmptySubsequences: false)
        return parts.count >= 2 && parts[0].hasPrefix("HTTP/1.") ? Int(parts[1]) ?? 0 : 0
    }
    /// Of a request.
    package var method: String { String(startLine.prefix { $0 != " " }) }
    /// Of a request.
    package var target: String {
        let parts = startLine.split(separator: " ", omittingEmptySubsequences: false)
        return parts.count == 3 ? String(parts[1]) : ""
    }
    package var text: String { String(decoding: body, as: UTF8.self) }

    /// The first value of that name, in whatever case.
    package subscript(name: String) -> String? { all(name).first }

    package func all(_ name: String) -> [String] {
        fields.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
    }

    /// How the content's end is known.
    enum Framing: Equatable {
        case none
        case length(Int)
        case chunked
        case untilEnd
    }

    /// - Parameter isToHead: it answers a HEAD.
    func framing(isToHead: Bool) throws -> Framing {
        let isAnswer = status != 0
        if isAnswer, isToHead || status < 200 || status == 204 || status == 304 { return .none }
        if all("transfer-encoding").contains("chunked") { return .chunked }
        if let text = self["content-length"] {
            guard let length = Int(text) else { throw RawConnectionError.malformed("Content-Length: \(text)") }
            return .length(length)
        }
        return isAnswer ? .untilEnd : .none
    }
}

extension String {
    /// Grapheme-blind: CR LF is one Character.
    fileprivate func components(separatedByLineBreak lineBreak: String) -> [String] {
        var parts: [String] = []
        var part: [UInt8] = []
        var bytes = Array(utf8)[...]
        let mark = Array(lineBreak.utf8)
        while !bytes.isEmpty {
            if bytes.starts(with: mark) {
                parts.append(String(decoding: part, as: UTF8.self))
                part = []
                bytes = bytes.dropFirst(mark.count)
            } else if let byte = bytes.popFirst() {
                part.append(byte)
            }
        }
        return parts + [String(decoding: part, as: UTF8.self)]
    }
}
