import Glibc

/// Files that are read whole: seals, keys.
package enum SmallBytes {
    /// - Throws: also where the file is larger than `limit`.
    package static func read(_ path: String, limit: Int) throws(TrailFault) -> [UInt8] {
        let source = try FileSource(path)
        var bytes: [UInt8] = []
        while true {
            let block = try source.next()
            if block.isEmpty { return bytes }
            bytes += block
            guard bytes.count <= limit else { throw TrailFault(path, .read(code: EFBIG)) }
        }
    }
}
