/// A 128-bit fingerprint of bytes, for ETags, screening results and the log of arrivals.
///
/// Equal bytes have equal fingerprints in every run. It is no cryptographic hash: nobody attacks the simulator, and a body of 20 MB must
/// not stall its only thread.
package struct Fingerprint: Sendable, Equatable {
    package let high: UInt64
    package let low: UInt64

    package init(_ bytes: [UInt8]) {
        var first = 0x9E37_79B9_7F4A_7C15 ^ UInt64(bytes.count)
        var second: UInt64 = 0xC2B2_AE3D_27D4_EB4F
        bytes.withUnsafeBytes { raw in
            var offset = 0
            while offset + 8 <= raw.count {
                let word = UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
                Self.mix(word, &first, &second)
                offset += 8
            }
            var tail: UInt64 = 0
            while offset < raw.count {
                tail = tail << 8 | UInt64(raw[offset])
                offset += 1
            }
            Self.mix(tail, &first, &second)
        }
        high = SplitMix64.finish(first ^ second)
        low = SplitMix64.finish(second &+ (first << 1 | 1))
    }

    private static func mix(_ word: UInt64, _ first: inout UInt64, _ second: inout UInt64) {
        first = (first ^ word) &* 0xFF51_AFD7_ED55_8CCD
        first ^= first >> 32
        second = (second &+ word) &* 0x9FB2_1C65_1E98_DF25
        second ^= second >> 29
    }

    /// 32 lower-case hexadecimal digits.
    package var hex: String {
        var digits: [UInt8] = []
        digits.reserveCapacity(32)
        for half in [high, low] {
            for shift in stride(from: UInt64(60), through: 0, by: -4) {
                digits.append(lowerHex[Int(half >> shift & 15)])
            }
        }
        return String(decoding: digits, as: UTF8.self)
    }
}
