import StentModel

/// The value of Idempotency-Key (draft-ietf-httpapi-idempotency-key-header-07 §2.1): names a request, so that one sent
/// again is known for the same.
///
/// The draft wants a Structured Field String (RFC 9651 §3.3.3): `"8e03978e-40d5-43dd-bc93-6894a57f9324"`. APIs that had
/// the field before the draft take it without quotes, and their clients send it so. Both are taken, as the same key: a
/// client that is refused over two quotes drops the field, and its writes are repeated blindly. Without quotes a key is of
/// token characters (RFC 9110 §5.6.2) and `:` `/` `=`, which holds every UUID and Base64 text. The draft defines no
/// parameters; whatever follows the key is refused, for a key that was cut off would be another's.
package struct IdempotencyKey: Sendable, Hashable {
    package enum Reading: Sendable, Equatable {
        /// The field is not there.
        case absent
        case key(IdempotencyKey)
        /// Something else than one key of 1 to 255 characters.
        case malformed
    }

    package static let longest = 255

    /// What stood between the quotes, unescaped: printable ASCII.
    package let text: String

    private init(_ characters: [UInt8]) { text = String(decoding: characters, as: UTF8.self) }

    /// - Parameter lines: the values of all fields of this name; two are malformed, though they be equal.
    package static func read(_ lines: [ArraySlice<UInt8>]) -> Reading {
        guard let line = lines.first else { return .absent }
        return lines.count == 1 ? read(line) : .malformed
    }

    /// - Parameter line: the value of the one field of this name.
    package static func read(_ line: ArraySlice<UInt8>) -> Reading {
        var line = line
        while let byte = line.first, isSpace(byte) { line.removeFirst() }
        while let byte = line.last, isSpace(byte) { line.removeLast() }
        // Twice the length holds the longest key with every character escaped.
        guard line.count <= 2 * longest + 2 else { return .malformed }
        let characters = line.first == UInt8(ascii: "\"") ? quoted(line.dropFirst()) : bare(line)
        guard let characters, (1...longest).contains(characters.count) else { return .malformed }
        return .key(IdempotencyKey(characters))
    }

    /// The content of an sf-string, its opening quote behind us; `nil` where its closing quote is not the last byte.
    private static func quoted(_ line: ArraySlice<UInt8>) -> [UInt8]? {
        var characters: [UInt8] = []
        var rest = line
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\""): return rest.isEmpty ? characters : nil
            case UInt8(ascii: "\\"):
                guard let escaped = rest.popFirst(), escaped == UInt8(ascii: "\"") || escaped == UInt8(ascii: "\\")
                else { return nil }
                characters.append(escaped)
            case 0x20...0x7E: characters.append(byte)
            case _: return nil
            }
        }
        return nil
    }

    private static func bare(_ line: ArraySlice<UInt8>) -> [UInt8]? {
        line.allSatisfy(isBareCharacter) ? Array(line) : nil
    }

    private static func isBareCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        case UInt8(ascii: "!"), UInt8(ascii: "#"), UInt8(ascii: "$"), UInt8(ascii: "%"), UInt8(ascii: "&"),
            UInt8(ascii: "'"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: "^"), UInt8(ascii: "_"), UInt8(ascii: "`"), UInt8(ascii: "|"), UInt8(ascii: "~"):
            true
        case UInt8(ascii: ":"), UInt8(ascii: "/"), UInt8(ascii: "="): true
        case _: false
        }
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
}
