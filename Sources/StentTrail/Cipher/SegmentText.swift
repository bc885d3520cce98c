/// Whole segments in memory, for small ones: encrypted, and read by the same steps as files are.
package enum SegmentText {
    /// - Throws: what the library throws where it has no memory left.
    package static func encrypt(_ text: [UInt8], under key: SegmentKey) throws -> [UInt8] {
        var (cipher, output) = try SegmentCipher.begin(under: key)
        var start = 0
        while text.count - start > SegmentHead.blockSize {
            output += try cipher.seal(Array(text[start..<start + SegmentHead.blockSize]), .inner)
            start += SegmentHead.blockSize
        }
        return output + (try cipher.seal(Array(text[start...]), .last))
    }

    /// - Returns: the text, and whether the head's second key slot is as it should be.
    /// - Throws: the first fault, whatever was read before it.
    package static func decrypt(
        _ bytes: [UInt8], keys: SegmentKeyRing, name: String = "segment"
    ) throws(TrailFault) -> (text: [UInt8], spareIsGood: Bool) {
        let source = try SealedSource(MemorySource(bytes), path: name, keys: keys)
        var text: [UInt8] = []
        while true {
            let more = try source.next()
            if more.isEmpty { return (text, source.spare != .unreadable) }
            text += more
        }
    }
}

/// Bytes that are at hand.
private final class MemorySource: TrailSource {
    private var bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    func next() throws(TrailFault) -> [UInt8] {
        defer { bytes = [] }
        return bytes
    }
}
