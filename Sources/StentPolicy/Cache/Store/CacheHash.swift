/// The hash of bytes that peers choose.
///
/// Swift's hasher: SipHash-1-3 under a key drawn when the process starts, so that nobody outside can aim at one bucket
/// (Aumasson, Bernstein: "SipHash: a fast short-input PRF", 2012). It means nothing to another process.
package enum CacheHash {
    package static func of(_ bytes: Span<UInt8>) -> UInt64 {
        var hasher = Hasher()
        bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
        return UInt64(truncatingIfNeeded: hasher.finalize())
    }
}
