import Crypto
import Glibc
import StentExchange

/// One file of copies, open. Whoever still reads from it keeps it open when it is removed.
///
/// A record is its length (4 bytes), the number of its sealing (8), ciphertext and tag. What it is bound to is not in it: the
/// segment's number and salt, its offset, and key and variant of the copy. So one that was moved, in a file that was renamed,
/// of another run, or taken for another copy does not open.
final class CacheSegment: Sendable {
    let number: UInt64
    /// Known from the index alone: without it nothing in the file can be read.
    let salt: [UInt8]
    private let key: SymmetricKey
    let descriptor: Int32

    /// Bytes around a payload.
    static let overhead = 4 + 8 + CacheSeal.overhead

    /// - Parameter descriptor: closed with the last reference.
    init(number: UInt64, salt: [UInt8], descriptor: Int32, _ key: CacheDiskKey) {
        self.number = number
        self.salt = salt
        self.key = key.segment(number, salt: salt)
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    var name: String { Self.name(number) }

    static func name(_ number: UInt64) -> String { "segment-\(number).cache" }

    /// The number in a segment's name; `nil` for other files.
    static func number(inName name: String) -> UInt64? {
        guard name.hasPrefix("segment-"), name.hasSuffix(".cache"), name.utf8.count > 14 else { return nil }
        let digits = name.dropFirst(8).dropLast(6)
        guard digits.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let number = UInt64(digits),
            Self.name(number) == name
        else { return nil }
        return number
    }

    /// - Parameter count: another for each record of the segment.
    func seal(_ payload: [UInt8], count: UInt64, offset: Int, key: [UInt8], variant: [UInt8]) -> [UInt8]? {
        let context = context(offset: offset, key, variant)
        guard let sealed = CacheSeal.seal(payload, with: self.key, count: count, authenticating: context) else {
            return nil
        }
        var record: [UInt8] = []
        record.reserveCapacity(12 + sealed.count)
        CacheBytes.append(UInt32(clamping: sealed.count), to: &record)
        CacheBytes.append(count, to: &record)
        record.append(contentsOf: sealed)
        return record
    }

    /// - Returns: the payload; `nil` where the record is not the one that was written there for this copy.
    func open(_ record: [UInt8], offset: Int, key: [UInt8], variant: [UInt8]) -> [UInt8]? {
        var reader = CacheBytes.Reader(record[...])
        guard let length = reader.takeUInt32(), let count = reader.takeUInt64(), let sealed = reader.take(Int(length)),
            reader.isAtEnd
        else { return nil }
        return CacheSeal.open(
            sealed, with: self.key, count: count, authenticating: context(offset: offset, key, variant))
    }

    private func context(offset: Int, _ key: [UInt8], _ variant: [UInt8]) -> [UInt8] {
        var context = Array("stent cache record v1".utf8)
        context.reserveCapacity(context.count + 24 + key.count + variant.count)
        CacheBytes.append(number, to: &context)
        CacheBytes.append(UInt64(clamping: offset), to: &context)
        CacheBytes.append(key, to: &context)
        CacheBytes.append(variant, to: &context)
        return context
    }
}
