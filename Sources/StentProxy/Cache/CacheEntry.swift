import NIOCore
import StentModel
import StentPolicy

/// A stored response: immutable, shared by all loops.
///
/// Its fields and, where that is small, its content are one piece of memory of just their size. Validators are read from
/// the fields by whoever needs them, which is not who asks for a fresh copy without a condition.
final class CacheEntry: Sendable {
    /// Content up to this size, in bytes, stands behind the fields, and is copied into what is sent; larger content is a
    /// buffer of its own and sent as it is.
    private static let inlineLimit = 16_384

    /// Content that is sent without being copied.
    private final class Large: Sendable {
        let content: ByteBuffer

        init(_ content: ByteBuffer) { self.content = content }
    }

    let status: Int
    private let bytes: [UInt8]
    private let fieldCount: Int
    private let large: Large?
    let lifetime: CacheLifetime
    /// When its fields were received.
    let receivedAt: WallTime
    /// Names that the response's Vary has (`VaryRule.Fields.names`), and what the request had under them.
    let varyNames: [UInt8]
    let varyKey: [UInt8]
    let groups: CacheGroups
    let stamp: CacheStamp

    /// - Parameter fields: lines as they are sent, each with its CR LF; without Age.
    init(
        status: Int, fields: [UInt8], content: ByteBuffer, lifetime: CacheLifetime, receivedAt: WallTime,
        varyNames: [UInt8], varyKey: [UInt8], groups: CacheGroups, stamp: CacheStamp
    ) {
        self.status = status
        fieldCount = fields.count
        let isSmall = content.readableBytes <= Self.inlineLimit
        bytes = [UInt8](unsafeUninitializedCapacity: fields.count + (isSmall ? content.readableBytes : 0)) {
            piece, count in
            count = fields.count
            _ = piece.update(fromContentsOf: fields)
            guard isSmall else { return }
            content.withUnsafeReadableBytes {
                UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(piece)[count...]).copyMemory(
                    from: $0)
            }
            count += content.readableBytes
        }
        large = isSmall ? nil : Large(Self.ofItsOwnSize(content))
        self.lifetime = lifetime
        self.receivedAt = receivedAt
        self.varyNames = varyNames
        self.varyKey = varyKey
        self.groups = groups
        self.stamp = stamp
    }

    /// A copy of its own: what was received may be a small part of a large buffer.
    private static func ofItsOwnSize(_ content: ByteBuffer) -> ByteBuffer {
        var own = ByteBufferAllocator().buffer(capacity: content.readableBytes)
        own.writeImmutableBuffer(content)
        return own
    }

    // MARK: what it holds

    /// Field lines as they are sent, each with its CR LF; without Age.
    var fields: [UInt8] { Array(bytes[..<fieldCount]) }

    func appendFields(to output: inout [UInt8]) { output.append(contentsOf: bytes[..<fieldCount]) }

    var contentCount: Int { large?.content.readableBytes ?? bytes.count - fieldCount }

    var content: ByteBuffer { content(0..<contentCount) }

    /// - Parameter part: of the content; empty where it is beyond that.
    func content(_ part: Range<Int>) -> ByteBuffer {
        guard part.lowerBound >= 0, part.upperBound <= contentCount else { return ByteBuffer() }
        guard let large else {
            return ByteBuffer(bytes: bytes[fieldCount + part.lowerBound..<fieldCount + part.upperBound])
        }
        return large.content.getSlice(at: large.content.readerIndex + part.lowerBound, length: part.count)
            ?? ByteBuffer()
    }

    var validators: CacheValidators { CacheValidators(StoredFields.section(fields), receivedAt: receivedAt) }

    /// What it takes in memory, beside its key.
    var size: Int {
        bytes.capacity + (large?.content.storageCapacity ?? 0) + varyNames.count + varyKey.count + Self.overhead
    }

    /// The object itself, and the headers of its allocations.
    private static let overhead = 272

    /// Whether it is the variant for this request (RFC 9111 §4.1).
    func fits(_ request: borrowing FieldSection) -> Bool {
        guard !varyNames.isEmpty else { return true }
        var key: [UInt8] = []
        VaryRule.appendKey(names: varyNames, of: request, to: &key)
        return key == varyKey
    }
}
