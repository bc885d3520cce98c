import Glibc

/// A text that is looked for in many bytes, sixteen places at a time.
///
/// Two of its bytes are compared at all sixteen places at once, and the rest only where both fit (W. Muła, "SIMD-friendly
/// algorithms for substring searching", 2018); of its bytes those are taken that lines have least of.
struct Needle: Sendable {
    private let text: [UInt8]
    private let first: Int
    private let second: Int

    /// - Parameter text: not empty.
    init(_ text: [UInt8]) {
        precondition(!text.isEmpty, "a text to be found has a byte")
        self.text = text
        let order = text.indices.sorted { (Self.weight(text[$0]), $0) < (Self.weight(text[$1]), $1) }
        first = order[0]
        second = order.count > 1 ? order[1] : order[0]
    }

    /// How often lines have the byte: roughly.
    private static func weight(_ byte: UInt8) -> Int {
        switch byte {
        case 0x22, 0x3A, 0x2C: 4
        case 0x30...0x39: 3
        case 0x61, 0x64, 0x65, 0x69, 0x6E, 0x6F, 0x72, 0x73, 0x74: 2
        default: 1
        }
    }

    /// Where it begins at or behind `start`; the end of the bytes where nowhere.
    func find(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        guard let base = bytes.baseAddress else { return bytes.count }
        let last = bytes.count - text.count
        let firsts = SIMD16<UInt8>(repeating: text[first])
        let seconds = SIMD16<UInt8>(repeating: text[second])
        var index = start
        while index + 15 <= last {
            let one = base.loadUnaligned(fromByteOffset: index + first, as: SIMD16<UInt8>.self) .== firsts
            let two = base.loadUnaligned(fromByteOffset: index + second, as: SIMD16<UInt8>.self) .== seconds
            let both = one .& two
            if any(both) {
                for lane in 0..<16 where both[lane] && isThere(base + index + lane) { return index + lane }
            }
            index += 16
        }
        while index <= last {
            if isThere(base + index) { return index }
            index += 1
        }
        return bytes.count
    }

    private func isThere(_ place: UnsafeRawPointer) -> Bool { memcmp(place, text, text.count) == 0 }
}
