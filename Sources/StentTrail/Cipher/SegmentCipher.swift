import Crypto

/// Encrypts a segment block by block, and reads it so.
///
/// The construction is STREAM (Hoang, Reyhanitabar, Rogaway, Vizár: "Online Authenticated-Encryption and its
/// Nonce-Reuse Misuse-Resistance", CRYPTO 2015): each block is sealed by AES-256-GCM under a nonce that holds the block's
/// number and whether it is the last one. A block that is altered, moved, left out or appended does not open, and a file
/// that is cut at a block's end is found by its last block. The data key is random and a segment's own, so no nonce
/// comes twice under it.
package struct SegmentCipher: Sendable {
    private let key: SymmetricKey
    private var counter: UInt32 = 0
    private var isFinished = false

    init(key: SymmetricKey) { self.key = key }

    /// Begins a new encrypted segment.
    ///
    /// - Returns: the cipher, and the bytes that the file begins with.
    /// - Throws: what the library throws where it has no memory left.
    package static func begin(under key: SegmentKey) throws -> (cipher: SegmentCipher, head: [UInt8]) {
        let (head, dataKey) = try SegmentHead.make(under: key)
        return (SegmentCipher(key: dataKey), head.bytes)
    }

    /// Encrypts the next block.
    ///
    /// - Parameters:
    ///   - text: 64 KiB; only the last one may be shorter, and is, where the text is a multiple of it, no less: a text of
    ///     128 KiB has two blocks, of which the second is the last. An empty text has one empty block.
    package mutating func seal(_ text: [UInt8], _ position: Position) throws -> [UInt8] {
        precondition(!isFinished && text.count <= SegmentHead.blockSize, "blocks have a size, and a last one")
        let nonce = try AES.GCM.Nonce(data: Self.nonce(counter, position))
        let box = try AES.GCM.seal(text, using: key, nonce: nonce, authenticating: SegmentHead.fixed)
        try advance(position)
        return [UInt8](box.ciphertext) + [UInt8](box.tag)
    }

    package enum Position: UInt8, Sendable, Equatable {
        case inner = 0
        case last = 1
    }

    /// Reads the next block.
    ///
    /// - Parameter position: last where the file ends behind it.
    mutating func open(_ block: [UInt8], _ position: Position) throws(SegmentFault) -> [UInt8] {
        if let text = Self.open(block, counter, position, key) {
            try advance(position)
            return text
        }
        // Which of the two it is makes a difference to who looks for the rest.
        switch position {
        case .last where Self.open(block, counter, .inner, key) != nil: throw .cutOff(blocks: Int(counter) + 1)
        case .inner where Self.open(block, counter, .last, key) != nil: throw .appended(behind: Int(counter))
        case .last, .inner: throw .damagedBlock(Int(counter))
        }
    }

    private mutating func advance(_ position: Position) throws(SegmentFault) {
        switch position {
        case .last: isFinished = true
        case .inner:
            guard counter < .max else { throw .tooLong }
            counter += 1
        }
    }

    private static func open(
        _ block: [UInt8], _ counter: UInt32, _ position: Position, _ key: SymmetricKey
    ) -> [UInt8]? {
        guard block.count >= SegmentHead.tagLength else { return nil }
        let split = block.count - SegmentHead.tagLength
        guard let nonce = try? AES.GCM.Nonce(data: nonce(counter, position)),
            let box = try? AES.GCM.SealedBox(nonce: nonce, ciphertext: block[..<split], tag: block[split...]),
            let text = try? AES.GCM.open(box, using: key, authenticating: SegmentHead.fixed)
        else { return nil }
        return [UInt8](text)
    }

    /// Seven zeros, the block's number, and 1 for the last block.
    private static func nonce(_ counter: UInt32, _ position: Position) -> [UInt8] {
        [0, 0, 0, 0, 0, 0, 0] + (0..<4).map { UInt8(truncatingIfNeeded: counter >> UInt32(24 - 8 * $0)) }
            + [position.rawValue]
    }
}
