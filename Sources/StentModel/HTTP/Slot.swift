/// A run of bytes inside the buffer of the head that holds it.
///
/// Four bytes each for offset and length: a head is bounded far below 4 GiB, and a field line of two slots stays within
/// one third of a cache line.
@usableFromInline package struct Slot: Sendable, Hashable {
    @usableFromInline package var offset: UInt32
    @usableFromInline package var length: UInt32

    @usableFromInline package static let empty = Slot(offset: 0, length: 0)

    @inlinable
    package init(offset: UInt32, length: UInt32) {
        self.offset = offset
        self.length = length
    }

    /// - Precondition: `range` lies within a head, whose size the decoder bounds.
    @inlinable
    package init(_ range: Range<Int>) {
        offset = UInt32(range.lowerBound)
        length = UInt32(range.count)
    }

    @inlinable package var lowerBound: Int { Int(offset) }
    @inlinable package var upperBound: Int { Int(offset) + Int(length) }
    @inlinable package var range: Range<Int> { lowerBound..<upperBound }
    @inlinable package var isEmpty: Bool { length == 0 }
}
