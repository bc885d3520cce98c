/// IP addresses as text: strict readers without a resolver, a socket or Foundation.
package enum IPAddress {
    /// The bytes of an IPv4 or IPv6 literal, in network order.
    ///
    /// - Parameter text: four decimal numbers without leading zeros (some readers take those as octal), or the forms of
    ///   RFC 4291 §2.2, without brackets, zone or prefix.
    /// - Returns: 4 or 16 bytes; `nil` for anything else.
    package static func bytes(of text: some StringProtocol) -> [UInt8]? {
        text.utf8.contains(UInt8(ascii: ":")) ? ipv6(text) : ipv4(text)
    }

    /// The 4 bytes inside an IPv4-mapped IPv6 address (RFC 4291 §2.5.5.2); `nil` for any other.
    package static func unmapped(_ address: [UInt8]) -> [UInt8]? {
        guard address.count == 16, address[..<10].allSatisfy({ $0 == 0 }), address[10] == 0xFF, address[11] == 0xFF
        else { return nil }
        return Array(address[12...])
    }

    /// The canonical text (RFC 5952 §4).
    ///
    /// - Parameter bytes: 4 or 16 bytes; anything else is the empty text.
    package static func text(of bytes: [UInt8]) -> String {
        if bytes.count == 4 { return bytes.map { "\($0)" }.joined(separator: ".") }
        guard bytes.count == 16 else { return "" }
        let groups = (0..<8).map { UInt16(bytes[2 * $0]) << 8 | UInt16(bytes[2 * $0 + 1]) }
        guard let gap = longestZeroRun(groups) else {
            return groups.map { String($0, radix: 16) }.joined(separator: ":")
        }
        let head = groups[..<gap.lowerBound].map { String($0, radix: 16) }.joined(separator: ":")
        let tail = groups[gap.upperBound...].map { String($0, radix: 16) }.joined(separator: ":")
        return "\(head)::\(tail)"
    }

    private static func ipv4(_ text: some StringProtocol) -> [UInt8]? {
        let parts = Array(text.utf8).split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var bytes: [UInt8] = []
        for part in parts {
            guard (1...3).contains(part.count), part.allSatisfy({ (0x30...0x39).contains($0) }),
                part.count == 1 || part.first != UInt8(ascii: "0"),
                let value = UInt8(String(decoding: part, as: UTF8.self))
            else { return nil }
            bytes.append(value)
        }
        return bytes
    }

    private static func ipv6(_ text: some StringProtocol) -> [UInt8]? {
        guard text.utf8.count <= 45 else { return nil }  // the longest form, with an IPv4 tail
        let text = String(text)
        guard let gap = firstGap(text) else {
            guard let bytes = groups(text[...]), bytes.count == 16 else { return nil }
            return bytes
        }
        let (before, after) = (text[..<gap], text[gap...].dropFirst(2))
        // An IPv4 tail ends the address, so it can't stand in front of the gap.
        guard !after.hasPrefix(":"), !before.contains("."), let head = groups(before), let tail = groups(after),
            head.count + tail.count <= 14
        else { return nil }
        return head + Array(repeating: 0, count: 16 - head.count - tail.count) + tail
    }

    /// Where `::` begins.
    private static func firstGap(_ text: String) -> String.Index? {
        text.indices.first { text[$0...].hasPrefix("::") }
    }

    /// The bytes of groups without a gap; the last may be an IPv4 address.
    private static func groups(_ text: Substring) -> [UInt8]? {
        guard !text.isEmpty else { return [] }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        var bytes: [UInt8] = []
        for (index, part) in parts.enumerated() {
            if index == parts.count - 1, part.contains(".") {
                guard let tail = ipv4(part) else { return nil }
                bytes += tail
            } else {
                guard (1...4).contains(part.utf8.count), part.allSatisfy({ $0.isASCII && $0.isHexDigit }),
                    let value = UInt16(part, radix: 16)
                else { return nil }
                bytes += [UInt8(value >> 8), UInt8(value & 0xFF)]
            }
        }
        return bytes
    }

    /// The first of the longest runs of two zero groups or more (RFC 5952 §4.2).
    private static func longestZeroRun(_ groups: [UInt16]) -> Range<Int>? {
        var longest: Range<Int>?
        var start = 0
        while start < groups.count {
            let run = groups[start...].prefix { $0 == 0 }.count
            if run >= 2, run > longest?.count ?? 0 { longest = start..<(start + run) }
            start += max(1, run)
        }
        return longest
    }
}
