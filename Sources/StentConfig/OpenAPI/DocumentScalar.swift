/// What a scalar of a document is, by the core schema of YAML 1.2.2 (§10.3.2), as far as it is JSON.
enum DocumentScalar: Sendable, Equatable {
    case null
    case boolean(Bool)
    /// A number by the grammar of JSON (RFC 8259 §6), as it was written.
    case number(String)
    case string(String)
    /// A number to YAML and not to JSON: `0x1F`, `+1`, `.5`, `.inf`.
    case otherNumber(String)

    init(_ text: String, isPlain: Bool) {
        guard isPlain else {
            self = .string(text)
            return
        }
        switch text {
        case "", "~", "null", "Null", "NULL": self = .null
        case "true", "True", "TRUE": self = .boolean(true)
        case "false", "False", "FALSE": self = .boolean(false)
        case _ where Self.isNumber(text): self = .number(text)
        case _ where Self.isOtherNumber(text): self = .otherNumber(text)
        case _: self = .string(text)
        }
    }

    /// `-? (0 | [1-9][0-9]*) (\.[0-9]+)? ([eE][+-]?[0-9]+)?`
    private static func isNumber(_ text: String) -> Bool {
        var rest = text.utf8[...]
        if rest.first == UInt8(ascii: "-") { rest.removeFirst() }
        let isZero = rest.first == UInt8(ascii: "0")
        let whole = digits(&rest)
        guard whole > 0, !isZero || whole == 1 else { return false }
        if rest.first == UInt8(ascii: ".") {
            rest.removeFirst()
            guard digits(&rest) > 0 else { return false }
        }
        if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
            rest.removeFirst()
            if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest.removeFirst() }
            guard digits(&rest) > 0 else { return false }
        }
        return rest.isEmpty
    }

    private static func isOtherNumber(_ text: String) -> Bool {
        var rest = text.utf8[...]
        if text.hasPrefix("0x") || text.hasPrefix("0o") {
            return rest.count > 2
                && rest.dropFirst(2).allSatisfy { byte in
                    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                        || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20)
                }
        }
        if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") { rest.removeFirst() }
        let unsigned = String(Substring(rest))
        if [".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN"].contains(unsigned) { return true }
        var count = digits(&rest)
        if rest.first == UInt8(ascii: ".") {
            rest.removeFirst()
            count += digits(&rest)
        }
        guard count > 0 else { return false }
        if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
            rest.removeFirst()
            if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest.removeFirst() }
            guard digits(&rest) > 0 else { return false }
        }
        return rest.isEmpty
    }

    /// How many there were.
    private static func digits(_ rest: inout Substring.UTF8View.SubSequence) -> Int {
        let count = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }.count
        rest = rest.dropFirst(count)
        return count
    }

    var json: String {
        switch self {
        case .null: "null"
        case .boolean(let value): value ? "true" : "false"
        case .number(let text): text
        case .string(let text), .otherNumber(let text): JSON.quoted(text)
        }
    }

    /// What it is, for messages.
    var kindName: String {
        switch self {
        case .null: "nothing"
        case .boolean(let value): "`\(value)`"
        case .number(let text), .otherNumber(let text): "the number \(DocumentText.shown(text))"
        case .string(let text): "the text \"\(DocumentText.shown(text))\""
        }
    }
}

extension YAMLNode {
    /// `nil` for lists and mappings.
    var scalar: DocumentScalar? {
        guard case .scalar(let text, let isPlain) = content else { return nil }
        return DocumentScalar(text, isPlain: isPlain)
    }

    /// As compact JSON: members in their order, numbers as written, strings with the shortest escapes.
    ///
    /// As deep as the parser lets a document be.
    var json: String {
        var text = ""
        append(to: &text)
        return text
    }

    private func append(to text: inout String) {
        switch content {
        case .scalar(let scalar, let isPlain):
            text += DocumentScalar(scalar, isPlain: isPlain).json
        case .sequence(let elements):
            text += "["
            for (index, element) in elements.enumerated() {
                if index > 0 { text += "," }
                element.append(to: &text)
            }
            text += "]"
        case .mapping(let entries):
            text += "{"
            for (index, entry) in entries.enumerated() {
                if index > 0 { text += "," }
                text += JSON.quoted(entry.key) + ":"
                entry.value.append(to: &text)
            }
            text += "}"
        }
    }
}

/// Text of a document in messages.
enum DocumentText {
    /// Cut where it is long, and without what would move a terminal's cursor: escapes in YAML can make any character.
    static func shown(_ text: String) -> String {
        let scalars = text.unicodeScalars.prefix(61).map { scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator: "\u{FFFD}" as Unicode.Scalar
            case _: scalar
            }
        }
        let view = String(String.UnicodeScalarView(scalars.prefix(60)))
        return scalars.count > 60 ? view + "..." : view
    }
}
