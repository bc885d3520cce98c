/// The value of Content-Type (RFC 9110 §8.3.1), read strictly: what two readers could understand differently is none.
///
/// Beyond the grammar, a parameter that is there twice is refused (RFC 6838 §4.3: "It is an error"), and so is anything
/// that is not ASCII: it has no meaning that is agreed upon (RFC 9110 §5.5).
package struct MediaType: Sendable, Hashable {
    package struct Parameter: Sendable, Hashable {
        /// In lower case.
        package let name: String
        /// Unquoted, as it was written.
        package let value: String
    }

    /// In lower case, like `subtype`.
    package let type: String
    package let subtype: String
    /// In their order; no name occurs twice.
    package let parameters: [Parameter]

    /// - Parameter value: of the one field of this name.
    package init?(_ value: String) { self.init(Array(value.utf8)[...]) }

    /// - Parameter value: of the one field of this name.
    package init?(_ value: ArraySlice<UInt8>) {
        var rest = value
        Self.skipSpace(&rest)
        guard let type = Self.token(&rest), rest.popFirst() == UInt8(ascii: "/"), let subtype = Self.token(&rest) else {
            return nil
        }
        var parameters: [Parameter] = []
        Self.skipSpace(&rest)
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: ";") else { return nil }
            Self.skipSpace(&rest)
            // the grammar has parameters that are empty
            if rest.isEmpty || rest.first == UInt8(ascii: ";") { continue }
            guard parameters.count < Self.mostParameters, let parameter = Self.parameter(&rest),
                !parameters.contains(where: { $0.name == parameter.name })
            else { return nil }
            parameters.append(parameter)
            Self.skipSpace(&rest)
        }
        self.type = type.lowercased()
        self.subtype = subtype.lowercased()
        self.parameters = parameters
    }

    /// No media type has nearly as many.
    private static let mostParameters = 16

    /// Whether its content is JSON (RFC 8259 §11), by its suffix too (RFC 6838 §4.2.8).
    package var isJSON: Bool { Self.isJSON(essence) }

    /// - Parameter essence: type and subtype in lower case, without parameters.
    package static func isJSON(_ essence: String) -> Bool {
        essence == "application/json" || essence.hasSuffix("+json") && !essence.hasSuffix("/+json")
    }

    /// Type and subtype, without parameters.
    package var essence: String { "\(type)/\(subtype)" }

    /// The value of `charset` in lower case: its names have none (RFC 9110 §8.3.2).
    package var charset: String? { parameters.first { $0.name == "charset" }?.value.lowercased() }

    // MARK: Parts

    /// `token "=" ( token / quoted-string )`, without white space (RFC 9110 §5.6.6).
    private static func parameter(_ rest: inout ArraySlice<UInt8>) -> Parameter? {
        guard let name = token(&rest), rest.popFirst() == UInt8(ascii: "=") else { return nil }
        guard let value = rest.first == UInt8(ascii: "\"") ? quoted(&rest) : token(&rest) else { return nil }
        return Parameter(name: name.lowercased(), value: value)
    }

    /// `quoted-string` (RFC 9110 §5.6.4).
    private static func quoted(_ rest: inout ArraySlice<UInt8>) -> String? {
        var characters: [UInt8] = []
        rest.removeFirst()
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: characters, as: UTF8.self)
            case UInt8(ascii: "\\"):
                guard let escaped = rest.popFirst(), escaped == 0x09 || (0x20...0x7E).contains(escaped) else {
                    return nil
                }
                characters.append(escaped)
            case 0x09, 0x20...0x7E: characters.append(byte)
            case _: return nil
            }
        }
        return nil
    }

    private static func token(_ rest: inout ArraySlice<UInt8>) -> String? {
        let characters = rest.prefix(while: isTokenCharacter)
        rest = rest[characters.endIndex...]
        return characters.isEmpty ? nil : String(decoding: characters, as: UTF8.self)
    }

    /// `tchar` (RFC 9110 §5.6.2).
    private static func isTokenCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "^")...UInt8(ascii: "z"), UInt8(ascii: "#")...UInt8(ascii: "'"), UInt8(ascii: "!"),
            UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "|"),
            UInt8(ascii: "~"):
            true
        case _: false
        }
    }

    /// Optional white space (RFC 9110 §5.6.3).
    private static func skipSpace(_ rest: inout ArraySlice<UInt8>) {
        rest = rest.drop { $0 == 0x20 || $0 == 0x09 }
    }
}
