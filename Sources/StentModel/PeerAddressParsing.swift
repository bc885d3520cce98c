extension PeerAddress {
    /// Reads an address as X-Forwarded-For holds it: IPv4, IPv6, `[IPv6]`, each with or without a port.
    ///
    /// - Returns: `nil` for anything else, such as `unknown` or an obfuscated identifier (RFC 7239 §6.3).
    package init?(parsing text: String) {
        var bytes = Array(text.utf8)
        if bytes.first == 0x5B {
            guard let close = bytes.firstIndex(of: 0x5D) else { return nil }
            bytes = Array(bytes[1..<close])
        } else if bytes.filter({ $0 == 0x3A }).count == 1, let colon = bytes.firstIndex(of: 0x3A) {
            bytes = Array(bytes[..<colon])
        }
        if let value = Self.ipv4(bytes[...]) {
            self = .v4(value)
            return
        }
        guard let (high, low) = Self.ipv6(bytes) else { return nil }
        self = Self.unmapped(high, low)
    }

    /// The address, in IPv4 form where it is an IPv4-mapped IPv6 address (RFC 4291 §2.5.5.2).
    package static func unmapped(_ high: UInt64, _ low: UInt64) -> PeerAddress {
        high == 0 && low >> 32 == 0xFFFF ? .v4(UInt32(truncatingIfNeeded: low)) : .v6(high, low)
    }

    private static func ipv4(_ bytes: ArraySlice<UInt8>) -> UInt32? {
        let parts = bytes.split(separator: 0x2E, omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var value: UInt32 = 0
        for part in parts {
            guard (1...3).contains(part.count), part.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return nil }
            let number = part.reduce(0) { $0 * 10 + Int($1 - 0x30) }
            guard number <= 255, part.count == 1 || part.first != 0x30 else { return nil }
            value = value << 8 | UInt32(number)
        }
        return value
    }

    /// RFC 4291 §2.2, the forms with `::` and with a trailing IPv4 address included.
    private static func ipv6(_ bytes: [UInt8]) -> (UInt64, UInt64)? {
        guard bytes.count >= 2, bytes.count <= 45 else { return nil }
        let text = bytes[...]
        var halves: [[UInt16]] = []
        var parts = [text]
        var index = 0
        while index + 1 < bytes.count {
            if bytes[index] == 0x3A, bytes[index + 1] == 0x3A {
                parts = [text[..<index], text[(index + 2)...]]
                break
            }
            index += 1
        }
        for part in parts {
            guard let groups = groups(part) else { return nil }
            halves.append(groups)
        }
        let count = halves.reduce(0) { $0 + $1.count }
        guard parts.count == 2 ? count <= 7 : count == 8 else { return nil }
        let all =
            parts.count == 2 ? halves[0] + Array(repeating: 0, count: 8 - count) + halves[1] : halves[0]
        return (
            all[..<4].reduce(0) { $0 << 16 | UInt64($1) },
            all[4...].reduce(0) { $0 << 16 | UInt64($1) }
        )
    }

    private static func groups(_ part: ArraySlice<UInt8>) -> [UInt16]? {
        guard !part.isEmpty else { return [] }
        var groups: [UInt16] = []
        let pieces = part.split(separator: 0x3A, omittingEmptySubsequences: false)
        for (index, piece) in pieces.enumerated() {
            if index == pieces.count - 1, let value = ipv4(piece) {
                groups.append(UInt16(truncatingIfNeeded: value >> 16))
                groups.append(UInt16(truncatingIfNeeded: value))
                continue
            }
            guard (1...4).contains(piece.count), piece.first != 0x2B, let value = UInt16(String(decoding: piece, as: UTF8.self), radix: 16)
            else { return nil }
            groups.append(value)
        }
        return groups.count <= 8 ? groups : nil
    }
}
