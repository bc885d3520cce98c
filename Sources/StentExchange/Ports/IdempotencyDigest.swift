/// Makes the opaque values that requests with Idempotency-Key are remembered by; the same after a restart.
///
/// Pure computation, callable on any thread. Parts of different length can't be shifted into one another.
package protocol IdempotencyDigest: Sendable {
    /// What the key means, given by whom and where.
    ///
    /// - Parameters:
    ///   - caller: who is calling, in whatever bytes tell callers apart; they are hashed with a secret and not kept.
    ///   - route: the route's name.
    ///   - key: the content of the quoted string.
    func scope(caller: [UInt8], route: [UInt8], key: [UInt8]) -> IdempotencyScope

    /// What is asked for: 32 bytes over method, target and content.
    func fingerprint(method: [UInt8], target: [UInt8], content: [UInt8]) -> [UInt8]
}
