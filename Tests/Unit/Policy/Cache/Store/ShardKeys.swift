import StentModel
import StentPolicy

extension CacheShard {
    /// A shard for this many entries of one byte under keys of four bytes.
    init(entries: Int) { self.init(capacity: ByteCount(entries * (ShardIndex.overhead + 5))) }

    mutating func find(_ key: String, where isMeant: (Value) -> Bool = { _ in true }) -> Value? {
        let bytes = Array(key.utf8)
        return find(bytes.span, hash: CacheHash.of(bytes.span), where: isMeant)
    }

    /// Under a key of four characters: one of the entries that the shard was made for.
    @discardableResult
    mutating func insert(
        _ key: String, _ value: Value, bytes size: Int = 1, replacing isReplaced: (Value) -> Bool = { _ in true }
    ) -> Insertion {
        let bytes = Array(key.utf8)
        return insert(bytes.span, hash: CacheHash.of(bytes.span), value, bytes: size, replacing: isReplaced)
    }

    @discardableResult
    mutating func remove(_ key: String, where isMeant: (Value) -> Bool = { _ in true }) -> Int {
        let bytes = Array(key.utf8)
        return remove(bytes.span, hash: CacheHash.of(bytes.span), where: isMeant)
    }
}

/// Four digits.
func fourDigits(_ number: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
}
