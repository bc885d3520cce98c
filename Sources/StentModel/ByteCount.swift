/// A number of bytes, so that a size can't be mistaken for a count of something else.
package struct ByteCount: Sendable, Hashable, Comparable {
    /// The number of bytes; never negative when it came from settings.
    package var value: Int

    package init(_ value: Int) { self.value = value }

    package static func kibibytes(_ count: Int) -> ByteCount { ByteCount(count << 10) }
    package static func mebibytes(_ count: Int) -> ByteCount { ByteCount(count << 20) }
    package static func gibibytes(_ count: Int) -> ByteCount { ByteCount(count << 30) }

    package static func < (left: ByteCount, right: ByteCount) -> Bool { left.value < right.value }
}
