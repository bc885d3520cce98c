import NIOCore
import StentExchange
import StentModel
import StentPolicy

/// A stored response in the form in which a disk keeps it. Its times are those of the wall clock: the monotonic one begins
/// anew with the machine.
///
/// Read with distrust, though the disk's seal has been checked: another version of stent may have written it.
enum StoredCopy {
    /// Raised when the form changes; what has another one is a miss.
    private static let version: UInt8 = 1

    /// - Parameter wallOffset: what the wall clock is ahead of the monotonic one, in nanoseconds.
    static func payload(_ entry: CacheEntry, wallOffset: Int64) -> [UInt8] {
        var bytes = CopyBytes()
        bytes.append(UInt64(version))
        bytes.append(UInt64(entry.status))
        let lifetime = entry.lifetime
        for moment in [
            lifetime.born, lifetime.expires, lifetime.staleWhileRevalidateUntil, lifetime.staleIfErrorUntil,
            lifetime.staleIfDisconnectedUntil,
        ] {
            bytes.append(UInt64(bitPattern: shifted(moment.nanoseconds, by: wallOffset)))
        }
        bytes.append(UInt64(lifetime.staleUse.rawValue))
        bytes.append(UInt64(bitPattern: entry.receivedAt.nanoseconds))
        bytes.append(entry.varyNames)
        bytes.append(entry.varyKey)
        bytes.append(entry.fields)
        bytes.append(Array(entry.content.readableBytesView))
        return bytes.bytes
    }

    /// - Returns: `nil` where the payload is of another form.
    static func entry(_ payload: [UInt8], wallOffset: Int64, _ mark: CacheTierMark) -> CacheEntry? {
        var reader = CopyReader(payload)
        guard reader.number() == UInt64(version), let status = reader.number(), (100...999).contains(status) else {
            return nil
        }
        var moments: [Moment] = []
        for _ in 0..<5 {
            guard let number = reader.number() else { return nil }
            moments.append(Moment(nanoseconds: shifted(Int64(bitPattern: number), by: 0 &- wallOffset)))
        }
        guard let use = reader.number(), let staleUse = UInt8(exactly: use).flatMap(CacheLifetime.StaleUse.init),
            let received = reader.number(), let varyNames = reader.bytes(), let varyKey = reader.bytes(),
            let fields = reader.bytes(), let content = reader.bytes(), reader.isAtEnd
        else { return nil }
        return CacheEntry(
            status: Int(status), fields: fields, content: ByteBuffer(bytes: content),
            lifetime: CacheLifetime(
                born: moments[0], expires: moments[1], staleWhileRevalidateUntil: moments[2],
                staleIfErrorUntil: moments[3], staleIfDisconnectedUntil: moments[4], staleUse: staleUse),
            receivedAt: WallTime(nanoseconds: Int64(bitPattern: received)), varyNames: varyNames, varyKey: varyKey,
            groups: mark.groups, stamp: mark.stamp)
    }

    /// The ends of time stay what they are.
    private static func shifted(_ nanoseconds: Int64, by offset: Int64) -> Int64 {
        guard nanoseconds != .min, nanoseconds != .max else { return nanoseconds }
        let (sum, overflow) = nanoseconds.addingReportingOverflow(offset)
        return overflow ? (offset > 0 ? .max : .min) : sum
    }

    // MARK: what is known of it without reading it

    static func variant(of entry: CacheEntry) -> [UInt8] {
        guard !entry.varyNames.isEmpty else { return [] }
        var bytes = CopyBytes()
        bytes.append(entry.varyNames)
        bytes.append(entry.varyKey)
        return bytes.bytes
    }

    /// Whether it is the variant for this request (RFC 9111 §4.1).
    static func isMeant(_ variant: [UInt8], by request: borrowing FieldSection) -> Bool {
        guard !variant.isEmpty else { return true }
        var reader = CopyReader(variant)
        guard let names = reader.bytes(), let key = reader.bytes() else { return false }
        var asked: [UInt8] = []
        VaryRule.appendKey(names: names, of: request, to: &asked)
        return asked == key
    }

    /// What its groups are made of, which are hashes under a key of one process.
    static func label(path: [UInt8], tags: [[UInt8]]) -> [UInt8] {
        var bytes = CopyBytes()
        bytes.append(path)
        for tag in tags { bytes.append(tag) }
        return bytes.bytes
    }

    static func groups(of label: [UInt8]) -> CacheGroups? {
        var reader = CopyReader(label)
        guard let path = reader.bytes() else { return nil }
        var tags: [[UInt8]] = []
        while !reader.isAtEnd {
            guard let tag = reader.bytes() else { return nil }
            tags.append(tag)
        }
        return .read(path: path.span, tags: tags)
    }
}

/// Numbers and texts one after another: numbers with eight bytes, the most significant one first, texts behind their length.
private struct CopyBytes {
    private(set) var bytes: [UInt8] = []

    mutating func append(_ number: UInt64) {
        for shift in stride(from: UInt64(56), through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: number >> shift))
        }
    }

    mutating func append(_ text: [UInt8]) {
        append(UInt64(text.count))
        bytes.append(contentsOf: text)
    }
}

private struct CopyReader {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func number() -> UInt64? {
        guard rest.count >= 8 else { return nil }
        defer { rest = rest.dropFirst(8) }
        return rest.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    mutating func bytes() -> [UInt8]? {
        guard let count = number(), count <= UInt64(rest.count) else { return nil }
        defer { rest = rest.dropFirst(Int(count)) }
        return Array(rest.prefix(Int(count)))
    }
}
