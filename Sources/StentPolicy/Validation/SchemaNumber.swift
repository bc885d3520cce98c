import StentModel

/// A JSON number as a decimal, compared exactly: a Double would take 9007199254740993 for its neighbour.
struct SchemaNumber: Sendable, Equatable {
    /// `0.digits × 10^exponent`, below zero or not; no digits and exponent 0 for zero.
    private let isNegative: Bool
    private let exponent: Int
    /// 1 to 9 first and last.
    private let digits: [UInt8]

    /// Largest power of ten that is read: 1e999999 needs no million digits to be compared, but nobody means it.
    static let largestExponent = 99_999

    /// - Parameter text: a number of JSON (RFC 8259 §6), which is not checked.
    /// - Returns: `nil` where the exponent is absurd.
    init?(_ text: String) {
        var rest = text.utf8[...]
        let minus = rest.first == UInt8(ascii: "-")
        if minus { rest.removeFirst() }
        var digits: [UInt8] = []
        var point = 0
        var isFraction = false
        while let byte = rest.first, byte | 0x20 != UInt8(ascii: "e") {
            rest.removeFirst()
            guard byte != UInt8(ascii: ".") else {
                isFraction = true
                continue
            }
            if digits.isEmpty && byte == UInt8(ascii: "0") {
                if isFraction { point -= 1 }
                continue
            }
            digits.append(byte)
            if !isFraction { point += 1 }
        }
        while digits.last == UInt8(ascii: "0") { digits.removeLast() }
        self.digits = digits
        guard !digits.isEmpty else {
            isNegative = false
            exponent = 0
            return
        }
        guard let power = Self.power(rest.dropFirst()) else { return nil }
        isNegative = minus
        exponent = point + power
    }

    private static func power(_ text: Substring.UTF8View) -> Int? {
        var text = text
        let isNegative = text.first == UInt8(ascii: "-")
        if isNegative || text.first == UInt8(ascii: "+") { text.removeFirst() }
        var power = 0
        for byte in text {
            power = power * 10 + Int(byte &- 0x30)
            guard power <= largestExponent else { return nil }
        }
        return isNegative ? -power : power
    }

    static func < (left: SchemaNumber, right: SchemaNumber) -> Bool {
        if left.sign != right.sign { return left.sign < right.sign }
        if left.isNegative { return right.isSmaller(than: left) }
        return left.isSmaller(than: right)
    }

    private var sign: Int { digits.isEmpty ? 0 : isNegative ? -1 : 1 }

    /// Compares two of the same sign as if they had none.
    private func isSmaller(than other: SchemaNumber) -> Bool {
        exponent != other.exponent
            ? exponent < other.exponent : digits.lexicographicallyPrecedes(other.digits)
    }

    /// Appends a text that equal numbers have in common.
    func append(to key: inout [UInt8]) {
        if isNegative { key.append(UInt8(ascii: "-")) }
        key.append(contentsOf: digits)
        key.append(UInt8(ascii: "e"))
        key.append(contentsOf: String(exponent).utf8)
    }
}

/// What equal JSON values have in common (JSON Schema 2020-12 core §4.2.2), as bytes: numbers by value, objects without
/// the order of their members.
enum SchemaKey {
    /// Ends a text; no byte of UTF-8.
    private static let end: UInt8 = 0xFF

    static func of(_ value: JSONValue) -> [UInt8] {
        var key: [UInt8] = []
        append(value, to: &key)
        return key
    }

    private static func append(_ value: JSONValue, to key: inout [UInt8]) {
        switch value.kind {
        case .null: key.append(UInt8(ascii: "n"))
        case .true: key.append(UInt8(ascii: "t"))
        case .false: key.append(UInt8(ascii: "f"))
        case .number:
            let text = value.number ?? ""
            key.append(UInt8(ascii: "#"))
            if let number = SchemaNumber(text) { number.append(to: &key) } else { key.append(contentsOf: text.utf8) }
            key.append(end)
        case .string: append(value.string ?? "", to: &key)
        case .array:
            key.append(UInt8(ascii: "["))
            for element in value.elements { append(element, to: &key) }
            key.append(UInt8(ascii: "]"))
        case .object:
            var members: [[UInt8]] = []
            for member in value.members {
                var part: [UInt8] = []
                append(member.name, to: &part)
                append(member.value, to: &part)
                members.append(part)
            }
            members.sort { $0.lexicographicallyPrecedes($1) }
            key.append(UInt8(ascii: "{"))
            for member in members { key.append(contentsOf: member) }
            key.append(UInt8(ascii: "}"))
        }
    }

    private static func append(_ text: String, to key: inout [UInt8]) {
        key.append(UInt8(ascii: "\""))
        key.append(contentsOf: text.utf8)
        key.append(end)
    }
}
