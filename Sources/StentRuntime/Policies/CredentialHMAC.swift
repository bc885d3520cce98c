import Crypto
import StentExchange
import StentPolicy

/// HMAC-SHA-256 (RFC 2104 §2) with a key that is made when the process starts and never leaves it.
///
/// On the hash itself rather than `HMAC`, which takes its text through generics that are looked up at run time: that costs
/// more than the two hashes. Both begin with a block of the key alone, and are kept as they are behind it.
package struct CredentialHMAC: CredentialDigest {
    private let inner: SHA256
    private let outer: SHA256

    package init() { self.init(key: SymmetricKey(size: .bits256).withUnsafeBytes { Array($0) }) }

    /// - Parameter key: a block of the hash, 64 bytes, at most: a longer one would have to be hashed first.
    package init(key: [UInt8]) {
        precondition(key.count <= SHA256.blockByteCount, "only a key of stent's own making comes here")
        inner = Self.begun(key, pad: 0x36)
        outer = Self.begun(key, pad: 0x5C)
    }

    private static func begun(_ key: [UInt8], pad: UInt8) -> SHA256 {
        var block = [UInt8](repeating: pad, count: SHA256.blockByteCount)
        for (index, byte) in key.enumerated() { block[index] ^= byte }
        var hash = SHA256()
        block.withUnsafeBytes { hash.update(bufferPointer: $0) }
        return hash
    }

    package func key(of credential: UnsafeRawBufferPointer) -> CredentialKey {
        var hash = inner
        hash.update(bufferPointer: credential)
        let digest = hash.finalize()
        hash = outer
        digest.withUnsafeBytes { hash.update(bufferPointer: $0) }
        return hash.finalize().withUnsafeBytes { bytes in
            CredentialKey(
                high: bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self),
                low: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        }
    }
}
