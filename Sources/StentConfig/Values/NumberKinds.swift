import StentModel

extension Kind where Value == Bool {
    /// `true` or `false` (YAML 1.2.2 §10.3.2); the words of YAML 1.1 are refused with the right one in the help.
    static let flag = Kind(
        expected: "`true` or `false`", name: "true or false", schema: .object([("type", .string("boolean"))]),
        read: { scalar throws(Fault) in
            switch scalar.text {
            case _ where scalar.isQuoted: throw .wrongType(help: "write it without quotes")
            case "true", "True", "TRUE": return true
            case "false", "False", "FALSE": return false
            case "yes", "Yes", "on", "On", "1": throw .wrongType(help: "write `true`")
            case "no", "No", "off", "Off", "0": throw .wrongType(help: "write `false`")
            default: throw .wrongType()
            }
        },
        show: { $0 ? "true" : "false" })
}

extension Kind where Value == Int {
    /// A whole number: decimal, `0o` octal or `0x` hexadecimal, as in the core schema (YAML 1.2.2 §10.3.2).
    static func count(_ range: ClosedRange<Int>) -> Kind {
        Kind(
            expected: "a whole number", name: "whole number",
            range: range.count == 1 ? "\(range.lowerBound)" : "\(range.lowerBound) to \(range.upperBound)",
            schema: .object([
                ("type", .string("integer")), ("minimum", .int(range.lowerBound)), ("maximum", .int(range.upperBound)),
            ]),
            read: { scalar throws(Fault) in
                let value = try wholeNumber(scalar)
                guard range.contains(value) else { throw .outOfRange }
                return value
            },
            show: { "\($0)" })
    }

    /// A whole number of hundredths: `80%`.
    static func percent(_ range: ClosedRange<Int>) -> Kind {
        suffixed("%", range, "a share such as `80%`", "share")
    }

    /// A number of requests for each second: `50/s`.
    static func requestRate(_ range: ClosedRange<Int>) -> Kind {
        suffixed("/s", range, "a rate such as `50/s`", "rate")
    }

    private static func suffixed(
        _ suffix: String, _ range: ClosedRange<Int>, _ expected: String, _ name: String
    ) -> Kind {
        Kind(
            expected: expected, name: name, range: "\(range.lowerBound)\(suffix) to \(range.upperBound)\(suffix)",
            schema: .pattern("^[0-9]+\(suffix)$"),
            read: { scalar throws(Fault) in
                let digits = scalar.text.prefix { $0.isASCII && $0.isWholeNumber }
                guard !digits.isEmpty, scalar.text.dropFirst(digits.count) == suffix else {
                    throw .wrongType(help: Self.help(for: scalar.text, suffix: suffix), quoting: true)
                }
                guard let value = Int(digits), range.contains(value) else { throw .outOfRange }
                return value
            },
            show: { "\($0)\(suffix)" })
    }

    /// `80%` for `0.8`, `50/s` for `50`; `nil` where no such number was meant.
    private static func help(for text: String, suffix: String) -> String? {
        if text.contains(".") {
            guard suffix == "%", let share = Double(text), (0...10).contains(share) else {
                return "write a whole number and `\(suffix)`"
            }
            return "write `\(Int((share * 100).rounded()))%`"
        }
        let digits = text.prefix { $0.isASCII && $0.isWholeNumber }
        return digits.isEmpty ? nil : "write `\(digits)\(suffix)`"
    }

    private static func wholeNumber(_ scalar: Scalar) throws(Fault) -> Int {
        var digits = scalar.text[...]
        var radix = 10
        var isNegative = false
        if digits.hasPrefix("0o") || digits.hasPrefix("0x") {
            radix = digits.hasPrefix("0o") ? 8 : 16
            digits = digits.dropFirst(2)
        } else if digits.hasPrefix("-") || digits.hasPrefix("+") {
            isNegative = digits.hasPrefix("-")
            digits = digits.dropFirst()
        }
        guard !digits.isEmpty, digits.allSatisfy({ $0.isASCII && ($0.hexDigitValue ?? 99) < radix }) else {
            throw .wrongType()
        }
        guard !scalar.isQuoted else { throw .wrongType(help: "write it without quotes") }
        guard let value = Int(digits, radix: radix) else { throw .outOfRange }
        return isNegative ? -value : value
    }
}

extension Kind where Value == Duration {
    /// A whole number and a unit: `ms`, `s`, `m`, `h` or `d`.
    static func duration(_ range: ClosedRange<Duration>) -> Kind {
        Kind(
            expected: "a duration such as `55s`", name: "duration",
            range: "\(Self.text(range.lowerBound)) to \(Self.text(range.upperBound))",
            schema: .pattern("^[0-9]+(ms|s|m|h|d)$"),
            read: { scalar throws(Fault) in
                guard let quantity = Quantity(scalar.text) else {
                    throw .wrongType(help: Quantity.help(for: scalar.text))
                }
                guard let unit = Self.units.first(where: { $0.name == quantity.unit }) else {
                    throw .wrongType(help: Self.help(for: quantity), quoting: true)
                }
                guard let number = quantity.number else { throw .outOfRange }
                let (milliseconds, overflow) = number.multipliedReportingOverflow(by: unit.milliseconds)
                guard !overflow, range.contains(.milliseconds(milliseconds)) else { throw .outOfRange }
                return .milliseconds(milliseconds)
            },
            show: Self.text)
    }

    private static var units: [(name: String, milliseconds: Int64)] {
        [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)]
    }

    private static func help(for quantity: Quantity) -> String {
        let unit =
            switch quantity.unit.lowercased() {
            case "ms", "msec", "millis", "milliseconds": "ms"
            case "m", "min", "mins", "minute", "minutes": "m"
            case "h", "hr", "hour", "hours": "h"
            case "d", "day", "days": "d"
            default: "s"
            }
        return "the units are ms, s, m, h and d: `\(quantity.digits)\(unit)`?"
    }

    /// The largest unit that holds it without a rest, but seconds up to two minutes and so on, as people write it.
    private static func text(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        guard attoseconds == 0 else { return "\(seconds * 1_000 + attoseconds / 1_000_000_000_000_000)ms" }
        if seconds >= 2 * 86_400, seconds.isMultiple(of: 86_400) { return "\(seconds / 86_400)d" }
        if seconds >= 3_600, seconds.isMultiple(of: 3_600) { return "\(seconds / 3_600)h" }
        if seconds >= 2 * 60, seconds.isMultiple(of: 60) { return "\(seconds / 60)m" }
        return "\(seconds)s"
    }
}

extension Kind where Value == ByteCount {
    /// A whole number and a unit: `B`, `KiB`, `MiB` or `GiB`. `KB` and `K` are refused: they mean two things.
    static func size(_ range: ClosedRange<ByteCount>) -> Kind {
        bytes(range, suffix: "", "a size such as `32KiB`", "size")
    }

    /// A size for each second: `1KiB/s`.
    static func rate(_ range: ClosedRange<ByteCount>) -> Kind {
        bytes(range, suffix: "/s", "a rate such as `1KiB/s`", "rate")
    }

    private static func bytes(
        _ range: ClosedRange<ByteCount>, suffix: String, _ expected: String, _ name: String
    ) -> Kind {
        Kind(
            expected: expected, name: name,
            range: "\(text(range.lowerBound))\(suffix) to \(text(range.upperBound))\(suffix)",
            schema: .pattern("^[0-9]+(B|KiB|MiB|GiB)\(suffix)$"),
            read: { scalar throws(Fault) in
                guard let quantity = Quantity(scalar.text) else {
                    throw .wrongType(help: Quantity.help(for: scalar.text))
                }
                guard let unit = units.first(where: { $0.name + suffix == quantity.unit }) else {
                    throw .wrongType(help: help(for: quantity, suffix: suffix), quoting: true)
                }
                guard let number = quantity.number else { throw .outOfRange }
                let (value, overflow) = Int(number).multipliedReportingOverflow(by: unit.bytes)
                guard !overflow, range.contains(ByteCount(value)) else { throw .outOfRange }
                return ByteCount(value)
            },
            show: { text($0) + suffix })
    }

    private static var units: [(name: String, bytes: Int)] {
        [("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)]
    }

    private static func help(for quantity: Quantity, suffix: String) -> String {
        let unit =
            switch quantity.unit.lowercased().first {
            case "k": "KiB"
            case "m": "MiB"
            case "g": "GiB"
            default: "B"
            }
        return "the units are B, KiB, MiB and GiB: `\(quantity.digits)\(unit)\(suffix)`?"
    }

    private static func text(_ size: ByteCount) -> String {
        guard size.value > 0 else { return "0B" }
        let unit = units.last { size.value.isMultiple(of: $0.bytes) }
        return unit.map { "\(size.value / $0.bytes)\($0.name)" } ?? "\(size.value)B"
    }
}

/// Digits and what follows them.
private struct Quantity {
    var digits: String
    var unit: String

    init?(_ text: String) {
        let digits = text.prefix { $0.isASCII && $0.isWholeNumber }
        let unit = text.dropFirst(digits.count)
        guard !digits.isEmpty, unit.allSatisfy({ $0.isASCII && ($0.isLetter || $0 == "/") }) else { return nil }
        self.digits = String(digits)
        self.unit = String(unit)
    }

    static func help(for text: String) -> String? {
        if text.contains(".") { return "write a whole number of a smaller unit" }
        return text.contains(" ") ? "write it without the space" : nil
    }

    /// `nil` where it is too large for any unit.
    var number: Int64? { Int64(digits) }
}
