/// Percent-encoding (RFC 3986 §2.1), over bytes in place.
@usableFromInline package enum PercentEncoding {
    /// The byte that `%XX` at `index` stands for; `nil` where no two hexadecimal digits follow before `end`.
    @inlinable
    package static func byte(in bytes: Span<UInt8>, at index: Int, end: Int) -> UInt8? {
        guard index + 2 < end, let high = digit(bytes[index + 1]), let low = digit(bytes[index + 2]) else { return nil }
        return high << 4 | low
    }

    @usableFromInline
    static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x37
        case 0x61...0x66: byte - 0x57
        case _: nil
        }
    }
}
