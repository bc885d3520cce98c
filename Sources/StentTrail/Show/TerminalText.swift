/// Text for a terminal, from whoever chose it.
package enum TerminalText {
    package enum Colour: String, Sendable {
        case red = "31", green = "32", yellow = "33", blue = "34", magenta = "35", cyan = "36"
        case faint = "2", bold = "1"
    }

    package enum Style: Sendable {
        case plain
        case coloured
    }

    /// The text with everything escaped that a terminal would act on instead of showing it.
    ///
    /// Lines of the trail hold such characters escaped; reading the JSON brings them back.
    package static func safe(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: misleads) else { return text }
        var output = ""
        for scalar in text.unicodeScalars {
            if misleads(scalar) {
                output += "\\u{\(String(scalar.value, radix: 16))}"
            } else {
                output.unicodeScalars.append(scalar)
            }
        }
        return output
    }

    package static func paint(_ text: String, _ colour: Colour?, _ style: Style) -> String {
        guard case .coloured = style, let colour else { return text }
        return "\u{1B}[\(colour.rawValue)m\(text)\u{1B}[0m"
    }

    static func padded(_ text: String, to width: Int) -> String {
        let length = text.unicodeScalars.count
        return length >= width ? text : text + String(repeating: " ", count: width - length)
    }

    static func aligned(_ text: String, to width: Int) -> String {
        let length = text.unicodeScalars.count
        return length >= width ? text : String(repeating: " ", count: width - length) + text
    }

    private static func misleads(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F...0x9F, 0x061C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF: true
        default: false
        }
    }
}
