import StentModel

/// Ids as they stand in records: integers, or texts. Compared as texts, a number by its decimal digits.
enum RecordID {
    /// Bytes of an id at most.
    static let longest = 256

    /// - Returns: `nil` for anything but an integer in its one spelling or a string that is not empty.
    static func read(_ value: JSONValue?) -> String? {
        guard let value, value.range.count <= 6 * longest + 2 else { return nil }
        let text: String?
        switch value.kind {
        case .number: text = value.number.flatMap { isDecimal($0) ? $0 : nil }
        case .string: text = value.string
        case .null, .false, .true, .array, .object: text = nil
        }
        guard let text, !text.isEmpty, text.utf8.count <= longest else { return nil }
        return text
    }

    /// The id as JSON: a number where it is one.
    static func json(_ id: String) -> String { isDecimal(id) ? id : JSONString.json(id) }

    /// Whether it is an integer in its one spelling: no plus, no leading zero, no minus zero.
    static func isDecimal(_ text: String) -> Bool {
        var digits = text.utf8[...]
        let isNegative = digits.first == UInt8(ascii: "-")
        if isNegative { digits.removeFirst() }
        guard let first = digits.first, digits.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return false }
        return first != 0x30 || digits.count == 1 && !isNegative
    }

    static func isSame(_ left: String, _ right: String) -> Bool { left.isSameText(as: right) }
}
