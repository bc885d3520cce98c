import Crypto
import StentExchange
import StentPolicy

/// HMAC-SHA-256 (RFC 2104) with a key that is made when the process starts and never leaves it.
struct CredentialHMAC: CredentialDigest {
    private let secret = SymmetricKey(size: .bits256)

    func key(of credential: UnsafeRawBufferPointer) -> CredentialKey {
        let code = HMAC<SHA256>.authenticationCode(for: credential, using: secret)
        return code.withUnsafeBytes { bytes in
            CredentialKey(
                high: bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self),
                low: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        }
    }
}
