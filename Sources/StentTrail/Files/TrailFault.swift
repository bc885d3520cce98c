import Glibc

/// Something about one file of the trail, or its directory, that keeps it from being read.
package struct TrailFault: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Kind: Sendable, Equatable {
        case open(code: Int32)
        case read(code: Int32)
        case write(code: Int32)
        case listing(code: Int32)
        /// The compressed text is broken, or ends too early.
        case gzip(String)
        case encrypted(SegmentFault)
        /// The second key slot of an encrypted segment is neither empty nor readable.
        case spareSlot
        /// A key file that can't be used, and why.
        case key(String)
    }

    package var path: String
    package var kind: Kind

    package init(_ path: String, _ kind: Kind) {
        self.path = path
        self.kind = kind
    }

    package var description: String {
        switch kind {
        case .open(let code): "can't open \(path): \(String(cString: strerror(code)))"
        case .read(let code): "can't read \(path): \(String(cString: strerror(code)))"
        case .write(let code): "can't write \(path): \(String(cString: strerror(code)))"
        case .listing(let code): "can't list \(path): \(String(cString: strerror(code)))"
        case .gzip(let what): "\(path) is damaged: \(what)"
        case .encrypted(let fault): "\(path) can't be decrypted: \(fault)"
        case .spareSlot:
            "\(path): its second key slot can't be read: an exchange of keys was interrupted, or it was altered; "
                + "run `stent audit rekey` again"
        case .key(let what): "\(path): \(what)"
        }
    }
}
