import StentPolicy

/// Makes what a credential is remembered by in this process: a keyed hash, useless to any other.
///
/// Pure computation, callable on any thread.
package protocol CredentialDigest: Sendable {
    /// - Parameter credential: `user:password`.
    func key(of credential: UnsafeRawBufferPointer) -> CredentialKey
}
