import Crypto

/// The head of an encrypted segment: its data key, wrapped under one or two of the keys that operators hold.
///
/// | bytes | are |
/// |---|---|
/// | 0..<8 | `stentseg` |
/// | 8 | 1, the form's version |
/// | 9 | 16, the logarithm of a block's size |
/// | 10..<16 | zero |
/// | 16..<84 | first slot: key id (8), nonce (12), data key encrypted by AES-256-GCM (32) and its tag (16) |
/// | 84..<152 | second slot: the same, or zero |
///
/// There are two slots so that a key can be exchanged in place: the new one is written beside the old and reaches the
/// disk before the old one is overwritten, and the text is never without a key that opens it.
struct SegmentHead: Sendable, Equatable {
    static let length = 16 + 2 * slotLength
    static let slotLength = 68
    static let blockSize = 1 << 16
    static let tagLength = 16
    /// What is bound to every block and every slot, so that a form can't be taken for another.
    static let fixed: [UInt8] = Array("stentseg".utf8) + [1, 16, 0, 0, 0, 0, 0, 0]

    private static let empty = [UInt8](repeating: 0, count: slotLength)

    /// 68 bytes each.
    private(set) var slots: [[UInt8]]

    /// A new head, and the data key that it holds.
    ///
    /// - Throws: what the library throws where it has no memory left.
    static func make(under key: SegmentKey) throws -> (head: SegmentHead, dataKey: SymmetricKey) {
        let dataKey = SymmetricKey(size: .bits256)
        return (SegmentHead(slots: [try wrap(dataKey, under: key), empty]), dataKey)
    }

    private init(slots: [[UInt8]]) { self.slots = slots }

    init(_ bytes: [UInt8]) throws(SegmentFault) {
        guard bytes.count >= Self.length, bytes.prefix(8).elementsEqual(Self.fixed.prefix(8)) else {
            throw .notEncrypted
        }
        guard bytes[8] == 1 else { throw .unknownVersion(bytes[8]) }
        guard bytes.prefix(16).elementsEqual(Self.fixed) else { throw .damagedHead }
        slots = [Array(bytes[16..<84]), Array(bytes[84..<152])]
    }

    var bytes: [UInt8] { Self.fixed + slots[0] + slots[1] }

    /// Where a block of the file begins.
    static func offset(ofBlock block: Int) -> Int {
        let (product, overflow) = block.multipliedReportingOverflow(by: blockSize + tagLength)
        return overflow ? .max : length + product
    }

    /// What the keys at hand make of the slots.
    struct Opened {
        var dataKey: SymmetricKey
        var slot: Int
        var key: SegmentKey
        var spare: Spare
    }

    /// The slot that the data key was not taken from.
    enum Spare: Sendable, Equatable {
        case empty
        /// It opens as well.
        case good
        /// An exchange of keys was interrupted, or it was altered.
        case unreadable
    }

    func open(with ring: SegmentKeyRing) throws(SegmentFault) -> Opened {
        var found: Opened?
        var names: [String] = []
        var isDamaged = false
        for index in slots.indices where slots[index] != Self.empty {
            let id = Array(slots[index].prefix(8))
            guard let key = ring[id] else {
                names.append(SegmentKey.name(of: id))
                continue
            }
            guard let dataKey = Self.unwrap(slots[index], under: key) else {
                isDamaged = true
                continue
            }
            if found == nil {
                found = Opened(dataKey: dataKey, slot: index, key: key, spare: .empty)
            } else {
                found?.spare = .good
            }
        }
        guard var found else {
            throw isDamaged || names.isEmpty ? .damagedHead : .unknownKey(names)
        }
        if isDamaged || !names.isEmpty { found.spare = .unreadable }
        return found
    }

    /// Puts the data key into the slot under this key.
    mutating func put(_ dataKey: SymmetricKey, under key: SegmentKey, slot: Int) throws {
        slots[slot] = try Self.wrap(dataKey, under: key)
    }

    mutating func clear(slot: Int) { slots[slot] = Self.empty }

    static func offset(ofSlot slot: Int) -> Int { 16 + slot * slotLength }

    /// Nonces are random: a key wraps far fewer than the 2^32 keys that NIST SP 800-38D §8.3 allows for that.
    private static func wrap(_ dataKey: SymmetricKey, under key: SegmentKey) throws -> [UInt8] {
        let plain = dataKey.withUnsafeBytes { [UInt8]($0) }
        let box = try AES.GCM.seal(plain, using: key.key, authenticating: fixed + key.id)
        return key.id + [UInt8](box.nonce) + [UInt8](box.ciphertext) + [UInt8](box.tag)
    }

    private static func unwrap(_ slot: [UInt8], under key: SegmentKey) -> SymmetricKey? {
        guard let nonce = try? AES.GCM.Nonce(data: Array(slot[8..<20])),
            let box = try? AES.GCM.SealedBox(nonce: nonce, ciphertext: Array(slot[20..<52]), tag: Array(slot[52..<68])),
            let plain = try? AES.GCM.open(box, using: key.key, authenticating: fixed + key.id)
        else { return nil }
        return SymmetricKey(data: plain)
    }
}
