import Foundation

/// One request of a case: what is sent, who asks, and what is expected.
struct PolicyStep: Sendable {
    var place: String
    var method = ""
    var target = ""
    /// Whose credentials it carries unless it names others; `nil`: nobody's.
    var by: Int?
    /// Whose right a change is judged by; `nil`: nobody may change anything.
    var judged: Int?
    /// Whether its bytes stand in `raw`.
    var isRaw = false
    /// `201`, `4xx`.
    var expected: String?
    private(set) var fields: [String] = []
    private(set) var content: [String] = []
    private(set) var raw: [String] = []
    private(set) var options: Set<String> = []

    /// - Parameter line: `METHOD TARGET [judged nobody] by WHO`, or `raw` in place of method and target.
    init(line: String, place: String) {
        self.place = place
        var words = line
        if let mark = line.range(of: " by ", options: .backwards) {
            by = Int(line[mark.upperBound...])
            words = String(line[..<mark.lowerBound])
        }
        judged = by
        let nobody = " judged nobody"
        if words.hasSuffix(nobody) {
            judged = nil
            words.removeLast(nobody.count)
        }
        isRaw = words == "raw"
        let space = words.firstIndex(of: " ") ?? words.endIndex
        method = String(words[..<space])
        target = String(words[space...].dropFirst())
    }

    mutating func add(_ line: String) {
        if line.hasPrefix("< ") {
            expected = String(line.dropFirst(2))
        } else if line.hasPrefix("% ") {
            options.insert(String(line.dropFirst(2)))
        } else if line.hasPrefix("~") {
            content.append(String(line.dropFirst(2)))
        } else if line.hasPrefix("|-") {
            raw.append(String(line.dropFirst(3)))
        } else if line.hasPrefix("|") {
            raw.append(line.dropFirst(2) + "{crlf}")
        } else {
            fields.append(line)
        }
    }

    /// Everything in which a placeholder may stand.
    var texts: [String] { [target] + fields + content + raw }

    // MARK: bytes

    /// The request as it goes over the wire.
    ///
    /// - Parameter known: what {host}, {note} and the like stand for.
    func bytes(_ known: [String: String]) -> [UInt8] {
        let fill = { (text: String) in Placeholders.fill(text, known) }
        if isRaw {
            let whole = raw.flatMap(fill)
            let length = whole.firstRange(of: Array("\r\n\r\n".utf8)).map { whole.count - $0.upperBound } ?? 0
            return whole.replacing(Placeholders.length, with: Array("\(length)".utf8))
        }
        let names = Set(fields.map { String($0.prefix { $0 != ":" }).lowercased() })
        var lines = ["\(method) \(target) HTTP/1.1"]
        if !names.contains("host") { lines.append("Host: {host}") }
        if let by, !names.contains("authorization") { lines.append("Authorization: Basic {basic \(by)}") }
        lines += fields
        var content = encoded(Array(self.content.map(fill).joined(separator: Array("\r\n".utf8))))
        if !self.content.isEmpty {
            if !names.contains("content-type"), !options.contains("no-type") {
                lines.append("Content-Type: application/json")
            }
            if options.contains("chunked") {
                lines.append("Transfer-Encoding: chunked")
                content = Self.chunked(content)
            } else if !names.contains("content-length") {
                lines.append("Content-Length: \(content.count)")
            }
        }
        if !names.contains("connection") { lines.append("Connection: close") }
        return lines.flatMap { fill($0 + "{crlf}") } + Array("\r\n".utf8) + content
    }

    private func encoded(_ content: [UInt8]) -> [UInt8] {
        let text = String(decoding: content, as: UTF8.self)
        if options.contains("utf-16le") { return text.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] } }
        if options.contains("utf-16be") { return text.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] } }
        if options.contains("utf-32le") {
            return text.unicodeScalars.flatMap { scalar in
                (0..<4).map { UInt8(truncatingIfNeeded: scalar.value >> (8 * $0)) }
            }
        }
        return content
    }

    private static func chunked(_ content: [UInt8]) -> [UInt8] {
        let half = content.count / 2
        let chunks = [content[..<half], content[half...]].flatMap { part in
            Array("\(String(part.count, radix: 16))\r\n".utf8) + part + Array("\r\n".utf8)
        }
        return chunks + Array("0\r\n\r\n".utf8)
    }
}

/// What braces stand for in a case.
enum Placeholders {
    /// Filled in last: it counts what else was filled in.
    static let length = Array("{length}".utf8)

    static func fill(_ text: String, _ known: [String: String]) -> [UInt8] {
        var text = text
        for (name, value) in known { text = text.replacingOccurrences(of: "{\(name)}", with: value) }
        var filled: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let open = rest.firstIndex(of: UInt8(ascii: "{")) {
            filled += rest[..<open]
            rest = rest[open...]
            let inner = rest.dropFirst().prefix { $0 != UInt8(ascii: "{") && $0 != UInt8(ascii: "}") }
            if inner.endIndex < rest.endIndex, rest[inner.endIndex] == UInt8(ascii: "}"),
                let made = make(String(decoding: inner, as: UTF8.self))
            {
                filled += made
                rest = rest[(inner.endIndex + 1)...]
            } else {
                filled.append(UInt8(ascii: "{"))
                rest = rest.dropFirst()
            }
        }
        return filled + rest
    }

    private static func make(_ inner: String) -> [UInt8]? {
        if inner == "crlf" { return [0x0D, 0x0A] }
        guard let space = inner.firstIndex(of: " ") else { return nil }
        let rest = String(inner[inner.index(after: space)...])
        switch inner[..<space] {
        case "basic": return Array(Data("staff\(rest):secret\(rest)".utf8).base64EncodedString().utf8)
        case "base64": return Array(Data(rest.utf8).base64EncodedString().utf8)
        case "letters": return Array(repeating: UInt8(ascii: "x"), count: Int(rest) ?? 0)
        case "x":
            let digits = rest.utf8.filter { $0 != 0x20 }.map { Character(Unicode.Scalar($0)).hexDigitValue ?? 0 }
            return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
        default: return nil
        }
    }
}
