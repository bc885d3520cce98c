/// How Rails turns what a client sent into the value of a column.
package enum RubyCast {
    /// Whether strong parameters let the value through for a plain column: anything but arrays and objects.
    static func isScalar(_ value: JSONValue) -> Bool {
        switch value {
        case .null, .bool, .integer, .double, .string: true
        case .array, .object: false
        }
    }

    /// Cast to a string column; nil is NULL.
    static func text(_ value: JSONValue) -> String? {
        switch value {
        case .string(let text): text
        case .integer(let number): String(number)
        case .double(let number): "\(number)"
        case .bool(let flag): flag ? "t" : "f"
        case .null, .array, .object: nil
        }
    }

    /// Cast to an integer column: strings by their numeric prefix, fractions cut off, an empty string is NULL.
    package static func integer(_ value: JSONValue) -> Int? {
        switch value {
        case .integer(let number): number
        case .double(let number): Int(exactly: number.rounded(.towardZero))
        case .bool(let flag): flag ? 1 : 0
        case .string(let text): value.isBlank ? nil : prefix(text)
        case .null, .array, .object: nil
        }
    }

    /// Cast to a date column; what is no date is NULL.
    static func date(_ value: JSONValue) -> String? {
        guard let text = value.string else { return nil }
        return CivilDate(parsing: text)?.description
    }

    /// Ruby's `String#to_i`: leading white space, a sign, digits with single underscores between; 0 where there are none.
    /// A number too large for an `Int` is cut to the nearest that is not; no record has it for id.
    package static func prefix(_ text: String) -> Int {
        var rest = text.utf8.drop { $0 == 0x20 || (0x09...0x0D).contains($0) }
        var negative = false
        if let first = rest.first, first == UInt8(ascii: "+") || first == UInt8(ascii: "-") {
            negative = first == UInt8(ascii: "-")
            rest = rest.dropFirst()
        }
        var number = 0
        var afterDigit = false
        for byte in rest {
            if byte == UInt8(ascii: "_"), afterDigit {
                afterDigit = false
                continue
            }
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { break }
            let (product, tooLarge) = number.multipliedReportingOverflow(by: 10)
            let (sum, alsoTooLarge) = product.addingReportingOverflow(Int(byte - UInt8(ascii: "0")))
            guard !tooLarge, !alsoTooLarge else { return negative ? .min : .max }
            number = sum
            afterDigit = true
        }
        return negative ? -number : number
    }
}
