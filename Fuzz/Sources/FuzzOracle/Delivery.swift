/// The way in which one input is split over the calls of a decoder, drawn from a byte of the input itself.
public struct Delivery {
    private var state: UInt64
    private let byteByByte: Bool

    /// - Parameter seed: 0 delivers byte by byte, all others in runs of 1 to 32 bytes.
    public init(seed: UInt8) {
        state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 | 1
        byteByByte = seed == 0
    }

    /// Where the delivery that follows one up to `end` ends.
    public mutating func next(after end: Int, of count: Int) -> Int {
        guard !byteByByte else { return min(end + 1, count) }
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return min(end + 1 + Int(state & 31), count)
    }
}
