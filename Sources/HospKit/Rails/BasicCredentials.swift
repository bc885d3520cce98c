/// Name and password of HTTP Basic, read as liberally as Rails reads them.
struct BasicCredentials: Equatable {
    var name: String
    var password: String

    /// - Parameter authorization: the value of the Authorization field.
    init?(_ authorization: String) {
        // Ruby's `split(" ", 2)`: any white space, and none of it at the start counts
        let text = authorization.utf8.drop(while: Self.isSpace)
        let scheme = text.prefix { !Self.isSpace($0) }
        guard String(Substring(scheme)).lowercased() == "basic" else { return nil }
        let decoded = Self.lenientBase64(text[scheme.endIndex...])
        guard let colon = decoded.firstIndex(of: UInt8(ascii: ":")) else { return nil }
        name = String(decoding: decoded[..<colon], as: UTF8.self)
        password = String(decoding: decoded[(colon + 1)...], as: UTF8.self)
    }

    /// Ruby's `Base64.decode64`: bytes outside the alphabet are skipped, and `=` ends it.
    private static func lenientBase64(_ text: Substring.UTF8View) -> [UInt8] {
        var decoded: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        for byte in text {
            if byte == UInt8(ascii: "=") { break }
            guard let digit = digit(byte) else { continue }
            bits = (bits << 6 | UInt32(digit)) & 0xFFFF
            count += 6
            if count >= 8 {
                count -= 8
                decoded.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        return decoded
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0 || (0x09...0x0D).contains(byte)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): byte - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0") + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
