/// What a credential is known by: an HMAC over its bytes with a key that only this process has.
///
/// 128 bits, the first half of an HMAC-SHA-256 (RFC 2104 §5 keeps half of the output as the least): rights depend on it, and
/// nobody who doesn't know the key can look for two credentials that share one.
package struct CredentialKey: Sendable, Hashable {
    package let high: UInt64
    package let low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }
}
