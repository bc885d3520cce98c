import Crypto
import StentExchange
import StentPolicy

/// HMAC-SHA-256 (RFC 2104 §2) with a key that is made when the process starts and never leaves it.
///
/// On the hash itself rather than `HMAC`, which takes its text through generics that are looked up at run time: that costs
/// more than the two hashes. Both begin with a block of the key alone, and are kept as they are behind it.
struct CredentialHMAC: CredentialDigest {
    private let inner: SHA256
    private let outer: SHA256

    init(key: SymmetricKey = SymmetricKey(size: .bits256)) {
        inner = Self.begun(key, pad: 0x36)
        outer = Self.begun(key, pad: 0x5C)
    }

    /// - Parameter key: a block of the hash, 64 bytes, at most: a longer one would have to be hashed first.
    private static func begun(_ key: SymmetricKey, pad: UInt8) -> SHA256 {
        var block = [UInt8](repeating: pad, count: SHA256.blockByteCount)
        key.withUnsafeBytes { bytes in
            precondition(bytes.count <= block.count)
            for (index, byte) in bytes.enumerated() { block[index] ^= byte }
        }
        var hash = SHA256()
        block.withUnsafeBytes { hash.update(bufferPointer: $0) }
        return hash
    }

    func key(of credential: UnsafeRawBufferPointer) -> CredentialKey {
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
