import Glibc

/// Keys of encrypted segments, in files that only their owner reads.
package enum SegmentKeyFiles {
    /// - Throws: where a file can't be read, others may read it, or it holds no key.
    package static func read(_ paths: [String]) throws(TrailFault) -> SegmentKeyRing {
        var ring = SegmentKeyRing()
        for path in paths {
            var status = stat()
            guard stat(path, &status) == 0 else { throw TrailFault(path, .open(code: errno)) }
            guard status.st_mode & 0o077 == 0 else {
                throw TrailFault(path, .key("others than its owner may use this key; run `chmod 600 \(path)`"))
            }
            guard let key = SegmentKey(file: try SmallBytes.read(path, limit: 4_096)) else {
                throw TrailFault(
                    path,
                    .key("it is no key: 32 bytes or their Base64 are; make one with `openssl rand -base64 32 > FILE`"))
            }
            ring.keys.append(key)
        }
        return ring
    }
}
