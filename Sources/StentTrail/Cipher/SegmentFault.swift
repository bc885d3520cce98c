/// Why an encrypted segment, or a part of it, can't be read. The caller knows the file.
package enum SegmentFault: Error, Sendable, Equatable, CustomStringConvertible {
    /// It does not begin as an encrypted segment does.
    case notEncrypted
    /// It is of a form that a later stent writes.
    case unknownVersion(UInt8)
    /// It names keys, of which none is there.
    case unknownKey([String])
    /// The data key does not come out with the key that is named: the head of the file was altered.
    case damagedHead
    /// The text is altered in this block, or the block is another's; blocks are counted from 0.
    case damagedBlock(Int)
    /// The file ends behind this many blocks, and there were more.
    case cutOff(blocks: Int)
    /// Behind the last block, which is the one of this number, there is more.
    case appended(behind: Int)
    /// No more blocks can be encrypted under one data key.
    case tooLong

    package var description: String {
        switch self {
        case .notEncrypted: "it is no encrypted segment: it does not begin as one does"
        case .unknownVersion(let version): "it is encrypted in form \(version), which this stent does not know"
        case .unknownKey(let names):
            "it is encrypted under key \(names.joined(separator: " or ")), which was not given; "
                + "give the key's file with --segment-key"
        case .damagedHead: "its head was altered: the key that it names does not open it"
        case .damagedBlock(let block):
            "block \(block) (bytes \(SegmentHead.offset(ofBlock: block)) and following) was altered, moved or cut"
        case .cutOff(let blocks): "it was cut off behind \(blocks) blocks"
        case .appended(let block): "something was appended behind its last block, number \(block)"
        case .tooLong: "it has more blocks than one key may encrypt"
        }
    }
}
