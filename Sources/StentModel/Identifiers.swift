/// The id of one exchange: the value of X-Request-Id towards client and upstream, and the audit record's key.
@usableFromInline package enum RequestID: Sendable, Hashable {
    /// Made here: the 128 bits of a UUID version 7 (RFC 9562 §5.7), most significant half first.
    case minted(UInt64, UInt64)
    /// The client's own, well-formed X-Request-Id: where it stands in the request's head.
    case accepted(Slot)

    /// - Parameters:
    ///   - unixMilliseconds: wall clock; its low 48 bits are used.
    ///   - random: 74 of these 128 bits are used.
    package static func mint(unixMilliseconds: Int64, random: (UInt64, UInt64)) -> RequestID {
        let time = UInt64(truncatingIfNeeded: unixMilliseconds) << 16
        let high = time | 0x7000 | (random.0 & 0x0FFF)
        let low = 0x8000_0000_0000_0000 | (random.1 & 0x3FFF_FFFF_FFFF_FFFF)
        return .minted(high, low)
    }

    /// Appends the text: 36 characters for a minted id, otherwise the client's bytes.
    package func append(to output: inout [UInt8], head: borrowing RequestHead) {
        switch self {
        case .minted(let high, let low):
            var text: InlineArray<36, UInt8> = .init(repeating: 0x2D)
            var position = 0
            for index in 0..<16 {
                if index == 4 || index == 6 || index == 8 || index == 10 { position += 1 }
                let byte = UInt8(truncatingIfNeeded: (index < 8 ? high : low) >> UInt64((7 - index % 8) * 8))
                text[position] = Self.hexDigit(byte >> 4)
                text[position + 1] = Self.hexDigit(byte & 0x0F)
                position += 2
            }
            text.span.withUnsafeBufferPointer { output.append(contentsOf: $0) }
        case .accepted(let slot):
            guard slot.upperBound <= head.fields.bytes.count else { return }
            output.append(contentsOf: head.fields.bytes[slot.range])
        }
    }

    private static func hexDigit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x57 + value }
}

/// A point on a wall clock, in nanoseconds since 1970-01-01T00:00:00Z: for records and fields, and for what the upstream's
/// clock says. Time spans are never measured by it.
@usableFromInline package struct WallTime: Sendable, Hashable {
    @usableFromInline package var nanoseconds: Int64

    package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }
}

/// The network address of a peer.
@usableFromInline package enum PeerAddress: Sendable, Hashable {
    /// Four bytes, most significant first. An IPv4-mapped IPv6 address is given in this form.
    case v4(UInt32)
    /// Sixteen bytes, most significant half first.
    case v6(UInt64, UInt64)
    /// Not an IP connection.
    case unknown

    /// 4 or 16 bytes in network order; none when unknown.
    package var bytes: [UInt8] {
        switch self {
        case .v4(let value): (0..<4).map { UInt8(truncatingIfNeeded: value >> UInt32(24 - $0 * 8)) }
        case .v6(let high, let low):
            (0..<16).map { UInt8(truncatingIfNeeded: ($0 < 8 ? high : low) >> UInt64(56 - ($0 % 8) * 8)) }
        case .unknown: []
        }
    }

    /// Appends the usual text (RFC 5952 for IPv6, without brackets); `unknown` where there is none.
    package func append(to output: inout [UInt8]) {
        switch self {
        case .v4(let value):
            for shift in [24, 16, 8, 0] as [UInt32] {
                output.append(decimal: Int(value >> shift & 0xFF))
                if shift > 0 { output.append(0x2E) }
            }
        case .v6(let high, let low): Self.append(groupsOf: high, low, to: &output)
        case .unknown: output.append(contentsOf: "unknown".utf8)
        }
    }

    private static func append(groupsOf high: UInt64, _ low: UInt64, to output: inout [UInt8]) {
        let groups = (0..<8).map { UInt16(truncatingIfNeeded: ($0 < 4 ? high : low) >> UInt64(48 - ($0 % 4) * 16)) }
        var best = 0..<0
        var start = 0
        while start < 8 {
            guard groups[start] == 0 else {
                start += 1
                continue
            }
            var end = start
            while end < 8, groups[end] == 0 { end += 1 }
            if end - start > best.count, end - start > 1 { best = start..<end }
            start = end
        }
        var index = 0
        while index < 8 {
            if best.contains(index) {
                output.append(contentsOf: "::".utf8)
                index = best.upperBound
                continue
            }
            if index > 0, index != best.upperBound || best.isEmpty { output.append(0x3A) }
            output.append(contentsOf: String(groups[index], radix: 16).utf8)
            index += 1
        }
    }
}

extension [UInt8] {
    /// Appends a number in decimal digits, without a temporary string.
    package mutating func append(decimal number: Int) {
        if number < 0 { append(0x2D) }
        var rest = number.magnitude
        if rest < 10 {
            append(0x30 + UInt8(truncatingIfNeeded: rest))
            return
        }
        // From the lowest digit, which takes divisions by a constant only.
        var digits: InlineArray<20, UInt8> = .init(repeating: 0x30)
        var start = 20
        while rest > 0 {
            start -= 1
            digits[start] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
        digits.span.extracting(start..<20).withUnsafeBufferPointer { append(contentsOf: $0) }
    }

    /// Appends ASCII text that is known at compile time.
    @inlinable
    package mutating func append(_ text: StaticString) {
        text.withUTF8Buffer { append(contentsOf: $0) }
    }
}
