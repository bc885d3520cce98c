import Crypto

/// AES-256-GCM (NIST SP 800-38D) under a key that is used for one file of one run, with the number of the sealing as nonce.
enum CacheSeal {
    /// Bytes of the tag.
    static let overhead = 16

    /// - Parameter count: another for each call with one key.
    /// - Returns: ciphertext and tag; `nil` where the library refuses.
    static func seal(
        _ plaintext: some Collection<UInt8>, with key: SymmetricKey, count: UInt64, authenticating context: [UInt8]
    ) -> [UInt8]? {
        guard let nonce = nonce(count),
            let box = try? AES.GCM.seal(Array(plaintext), using: key, nonce: nonce, authenticating: context)
        else { return nil }
        var output: [UInt8] = []
        output.reserveCapacity(box.ciphertext.count + overhead)
        output.append(contentsOf: box.ciphertext)
        output.append(contentsOf: box.tag)
        return output
    }

    /// - Returns: `nil` where anything is not as it was sealed.
    static func open(
        _ sealed: ArraySlice<UInt8>, with key: SymmetricKey, count: UInt64, authenticating context: [UInt8]
    ) -> [UInt8]? {
        guard sealed.count >= overhead, let nonce = nonce(count),
            let box = try? AES.GCM.SealedBox(
                nonce: nonce, ciphertext: sealed.dropLast(overhead), tag: sealed.suffix(overhead)),
            let plaintext = try? AES.GCM.open(box, using: key, authenticating: context)
        else { return nil }
        return [UInt8](plaintext)
    }

    /// The deterministic construction (SP 800-38D §8.2.1): four bytes of zero, since nobody else has the key, and the count.
    private static func nonce(_ count: UInt64) -> AES.GCM.Nonce? {
        var bytes: [UInt8] = [0, 0, 0, 0]
        CacheBytes.append(count, to: &bytes)
        return try? AES.GCM.Nonce(data: bytes)
    }
}
