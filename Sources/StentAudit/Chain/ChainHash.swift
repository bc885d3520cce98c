import Crypto

/// A SHA-256 (FIPS 180-4) as the chain has it: 64 lower-case hexadecimal digits in a line.
package struct ChainHash: Sendable, Hashable {
    /// Eight bytes each, the first lowest.
    private var words: (UInt64, UInt64, UInt64, UInt64)

    /// What stands before the first line.
    package static let none = ChainHash(words: (0, 0, 0, 0))

    private init(words: (UInt64, UInt64, UInt64, UInt64)) { self.words = words }

    package init(of text: RawSpan) {
        var hash = SHA256()
        text.withUnsafeBytes { hash.update(bufferPointer: $0) }
        words = hash.finalize().withUnsafeBytes { bytes in
            (
                Self.word(bytes, 0), Self.word(bytes, 8), Self.word(bytes, 16), Self.word(bytes, 24)
            )
        }
    }

    /// Reads 64 lower-case digits; `nil` for anything else.
    package init?(hexadecimal text: RawSpan) {
        guard text.byteCount == 64 else { return nil }
        var words: InlineArray<4, UInt64> = .init(repeating: 0)
        for index in 0..<64 {
            guard let digit = Self.digit(text.unsafeLoad(fromByteOffset: index, as: UInt8.self)) else { return nil }
            let shift = UInt64(index % 16 / 2 * 8 + (index % 2 == 0 ? 4 : 0))
            words[index / 16] |= digit << shift
        }
        self.words = (words[0], words[1], words[2], words[3])
    }

    package init?(hexadecimal text: String) { self.init(hexadecimal: text.utf8.span.bytes) }

    package static func == (left: ChainHash, right: ChainHash) -> Bool { left.words == right.words }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
        hasher.combine(words.1)
    }

    package var hexadecimal: String {
        var text: [UInt8] = []
        text.append(addingCapacity: 64) { (span: inout OutputSpan<UInt8>) in append(to: &span) }
        return String(decoding: text, as: UTF8.self)
    }

    /// Whether these 64 digits of the text are its own.
    ///
    /// - Parameter offset: with 64 bytes behind it.
    @inline(__always)
    func isWritten(in text: RawSpan, at offset: Int) -> Bool {
        var difference: UInt64 = 0
        for index in 0..<8 {
            // proof: the caller found 64 bytes there
            let found = text.unsafeLoadUnaligned(fromByteOffset: offset &+ index &* 8, as: UInt64.self)
            difference |= UInt64(littleEndian: found) ^ digits(index)
        }
        return difference == 0
    }

    /// Appends its 64 digits.
    func append(to output: inout OutputSpan<UInt8>) {
        for index in 0..<8 {
            var rest = digits(index)
            for _ in 0..<8 {
                output.append(UInt8(truncatingIfNeeded: rest))
                rest >>= 8
            }
        }
    }

    /// Eight digits, those of bytes `4 * index` and on, the first lowest.
    ///
    /// Each half byte gets a byte of its own; those from 10 on are as far from `0` as `a` is.
    @inline(__always)
    private func digits(_ index: Int) -> UInt64 {
        let word =
            switch index / 2 {
            case 0: words.0
            case 1: words.1
            case 2: words.2
            case _: words.3
            }
        var spread = index % 2 == 0 ? word & 0xFFFF_FFFF : word >> 32
        spread = (spread | spread << 16) & 0x0000_FFFF_0000_FFFF
        spread = (spread | spread << 8) & 0x00FF_00FF_00FF_00FF
        let nibbles = (spread >> 4 | spread << 8) & 0x0F0F_0F0F_0F0F_0F0F
        let letters = (nibbles &+ 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101
        return nibbles &+ 0x3030_3030_3030_3030 &+ letters &* 0x27
    }

    @inline(__always)
    private static func word(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UInt64 {
        UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    private static func digit(_ byte: UInt8) -> UInt64? {
        switch byte {
        case 0x30...0x39: UInt64(byte - 0x30)
        case 0x61...0x66: UInt64(byte - 0x57)
        case _: nil
        }
    }
}
