extension PeerAddress {
    /// Reads an address as X-Forwarded-For holds it: IPv4 with or without a port, IPv6, or `[IPv6]` with or without a port.
    ///
    /// - Returns: `nil` for anything else, such as `unknown` or an obfuscated identifier (RFC 7239 §6.3).
    package init?(parsing text: String) {
        var literal = text[...]
        if text.hasPrefix("[") {
            guard let close = text.firstIndex(of: "]"), Self.isPort(text[close...].dropFirst()) else { return nil }
            literal = text[..<close].dropFirst()
            guard literal.contains(":") else { return nil }
        } else if let colon = text.firstIndex(of: ":"), colon == text.lastIndex(of: ":") {
            guard Self.isPort(text[colon...]) else { return nil }
            literal = text[..<colon]
        }
        guard let bytes = IPAddress.bytes(of: literal) else { return nil }
        self.init(bytes: bytes)
    }

    /// - Parameter bytes: 4 or 16, in network order; anything else is unknown. An IPv4-mapped IPv6 address becomes IPv4.
    package init(bytes: [UInt8]) {
        func number(_ part: ArraySlice<UInt8>) -> UInt64 { part.reduce(0) { $0 << 8 | UInt64($1) } }
        switch bytes.count {
        case 4: self = .v4(UInt32(truncatingIfNeeded: number(bytes[...])))
        case 16: self = Self.unmapped(number(bytes[..<8]), number(bytes[8...]))
        case _: self = .unknown
        }
    }

    /// The address, in IPv4 form where it is an IPv4-mapped IPv6 address (RFC 4291 §2.5.5.2).
    package static func unmapped(_ high: UInt64, _ low: UInt64) -> PeerAddress {
        high == 0 && low >> 32 == 0xFFFF ? .v4(UInt32(truncatingIfNeeded: low)) : .v6(high, low)
    }

    /// Nothing, or a colon and a port (RFC 3986 §3.2.3 lets it be empty; nobody writes that here).
    private static func isPort(_ text: Substring) -> Bool {
        guard !text.isEmpty else { return true }
        let digits = text.dropFirst().utf8
        return text.first == ":" && (1...5).contains(digits.count) && digits.allSatisfy { 0x30...0x39 ~= $0 }
    }
}
