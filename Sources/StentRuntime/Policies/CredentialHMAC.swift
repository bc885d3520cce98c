import Crypto
import StentExchange
import StentPolicy

/// HMAC-SHA-256 (RFC 2104) with a key that is made when the process starts and never leaves it.
struct CredentialHMAC: CredentialDigest {
    /// With the key taken in already: that costs more than the code itself.
    private let keyed = HMAC<SHA256>(key: SymmetricKey(size: .bits256))

    func key(of credential: UnsafeRawBufferPointer) -> CredentialKey {
        var code = keyed
        code.update(data: credential)
        return code.finalize().withUnsafeBytes { bytes in
            CredentialKey(
                high: bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self),
                low: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        }
    }
}
