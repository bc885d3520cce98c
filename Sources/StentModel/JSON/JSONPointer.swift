/// Where a value stands in a JSON text (RFC 6901).
package struct JSONPointer: Sendable, Hashable {
    /// Names and positions, unescaped; none for the whole text.
    package let tokens: [String]

    /// - Returns: `nil` for a text that is no pointer: neither empty nor begun with `/`, or with a `~` that is not `~0`
    ///   or `~1` (§3).
    package init?(_ text: String) {
        var tokens: [[UInt8]] = []
        var isEscaped = false
        for byte in text.utf8 {
            switch (byte, isEscaped, tokens.isEmpty) {
            case (UInt8(ascii: "/"), false, _): tokens.append([])
            case (_, _, true): return nil
            case (UInt8(ascii: "~"), false, false): isEscaped = true
            case (UInt8(ascii: "0"), true, false), (UInt8(ascii: "1"), true, false):
                tokens[tokens.count - 1].append(byte == UInt8(ascii: "0") ? UInt8(ascii: "~") : UInt8(ascii: "/"))
                isEscaped = false
            case (_, true, false): return nil
            case (_, false, false): tokens[tokens.count - 1].append(byte)
            }
        }
        guard !isEscaped else { return nil }
        self.tokens = tokens.map { String(decoding: $0, as: UTF8.self) }
    }

    /// The value that stands there; `nil` where there is none.
    package func value(in root: JSONValue) -> JSONValue? {
        var value = root
        for token in tokens {
            guard let next = Self.step(token, in: value) else { return nil }
            value = next
        }
        return value
    }

    private static func step(_ token: String, in value: JSONValue) -> JSONValue? {
        switch value.kind {
        case .object: return value[name: token]
        case .array:
            guard let position = position(token), position < value.count else { return nil }
            return value.elements.dropFirst(position).first { _ in true }
        case .null, .false, .true, .number, .string: return nil
        }
    }

    /// Digits without a leading zero (§4); `-`, the element behind the last, is none.
    private static func position(_ token: String) -> Int? {
        guard !token.isEmpty, token.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return nil }
        guard token.utf8.count == 1 || token.utf8.first != 0x30 else { return nil }
        return Int(token)
    }

    /// Appends `/` and the name or position, escaped, to a pointer's text.
    package static func append(_ token: String, to pointer: inout String) {
        pointer += "/"
        for scalar in token.unicodeScalars {
            switch scalar {
            case "~": pointer += "~0"
            case "/": pointer += "~1"
            case _: pointer.unicodeScalars.append(scalar)
            }
        }
    }
}
