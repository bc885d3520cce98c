import Crypto
import Glibc
import StentExchange

/// The index on the disk: which copies the last run left, and where. There only between a clean stop and the next start.
///
/// A magic line and a salt, then blocks: length (4 bytes), ciphertext and tag. A block is bound to its place and to whether it
/// is the last. The first names the segments, the others the copies, the oldest first.
enum CacheIndexFile {
    static let name = "index.cache"
    static let temporary = "index.new"
    /// Bytes of key, variant and label of one copy, at most.
    static let largestItem = 1 << 20

    struct Segment: Equatable {
        var number: UInt64
        var salt: [UInt8]
    }

    struct Item {
        var key: [UInt8]
        var variant: [UInt8]
        var label: [UInt8]
        var place: CacheTierPlace
    }

    /// What was there.
    enum Left {
        case nothing
        case unreadable(CacheDiskError)
        case index(segments: [Segment], blocks: [[UInt8]])
    }

    fileprivate static let magic = Array("stent cache index 1\n".utf8)
    fileprivate static let headerCount = magic.count + CacheDiskKey.saltCount
    fileprivate static let blockCount = 256 << 10
    private static let largestBlock = blockCount + largestItem + 1_024

    /// Reads the index and removes it, so that only this run has it, and no other ever, unless it writes one of its own.
    ///
    /// - Parameter limit: bytes of the file, at most.
    /// - Throws: `CacheDiskError` where it can't be removed for good.
    static func take(
        from directory: CacheDiskDirectory, _ key: CacheDiskKey, limit: Int
    ) throws(CacheDiskError) -> Left {
        let descriptor: Int32
        let size: Int
        do throws(CacheDiskError) {
            (descriptor, size) = try directory.open(name, O_RDWR, for: .forgetIndex)
        } catch {
            if error.cause == .system(ENOENT) { return .nothing }
            try directory.remove(name, for: .forgetIndex)
            try directory.syncEntries(.forgetIndex)
            return .unreadable(error)
        }
        defer { close(descriptor) }
        let left: Left
        do throws(CacheDiskError) {
            left = try read(descriptor, size: size, directory, key, limit: limit)
        } catch {
            left = .unreadable(error)
        }
        try destroy(descriptor, directory)
        return left
    }

    /// Without its salt nobody can read it, even if a power failure brings its name back; without its name nobody finds it,
    /// even if the file system keeps what is overwritten. One of the two must have reached the disk.
    private static func destroy(_ descriptor: Int32, _ directory: CacheDiskDirectory) throws(CacheDiskError) {
        let zeros = [UInt8](repeating: 0, count: headerCount)
        var isUnreadable = true
        do throws(CacheDiskError) {
            try directory.write(zeros, to: descriptor, at: 4_000, .forgetIndex, name)
            try directory.sync(descriptor, .forgetIndex, name)
        } catch {
            isUnreadable = false
        }
        do throws(CacheDiskError) {
            try directory.remove(name, for: .forgetIndex)
            try directory.syncEntries(.forgetIndex)
        } catch {
            guard isUnreadable else { throw error }
        }
    }

    private static func read(
        _ descriptor: Int32, size: Int, _ directory: CacheDiskDirectory, _ key: CacheDiskKey, limit: Int
    ) throws(CacheDiskError) -> Left {
        let altered = CacheDiskError(.read, path: directory.path(of: name), .altered)
        guard size <= limit else { throw altered }
        let header = try directory.read(headerCount, from: descriptor, at: 0, .read, name)
        guard header.starts(with: magic) else { throw altered }
        let sealing = key.index(salt: Array(header.dropFirst(magic.count)))
        var blocks: [[UInt8]] = []
        var offset = headerCount
        while offset < size {
            var prefix = CacheBytes.Reader(try directory.read(4, from: descriptor, at: offset, .read, name)[...])
            guard let length = prefix.takeUInt32(), Int(length) <= largestBlock, Int(length) <= size - offset - 4 else {
                throw altered
            }
            let sealed = try directory.read(Int(length), from: descriptor, at: offset + 4, .read, name)
            offset += 4 + sealed.count
            let number = UInt64(blocks.count)
            let context = context(number, isLast: offset == size)
            guard let block = CacheSeal.open(sealed[...], with: sealing, count: number, authenticating: context) else {
                throw altered
            }
            blocks.append(block)
        }
        guard let first = blocks.first, let segments = segments(in: first) else { throw altered }
        blocks.removeFirst()
        return .index(segments: segments, blocks: blocks)
    }

    fileprivate static func context(_ number: UInt64, isLast: Bool) -> [UInt8] {
        var context = magic
        CacheBytes.append(number, to: &context)
        context.append(isLast ? 1 : 0)
        return context
    }

    private static func segments(in block: [UInt8]) -> [Segment]? {
        var reader = CacheBytes.Reader(block[...])
        var segments: [Segment] = []
        while !reader.isAtEnd {
            guard let number = reader.takeUInt64(), let salt = reader.take(CacheDiskKey.saltCount) else { return nil }
            segments.append(Segment(number: number, salt: Array(salt)))
        }
        return segments
    }

    /// Calls `body` with each copy that a block names, in order.
    static func forEachItem(in block: [UInt8], _ body: (Item) -> Void) {
        var reader = CacheBytes.Reader(block[...])
        while let segment = reader.takeUInt64(), let offset = reader.takeSize(), let length = reader.takeSize(),
            let key = reader.takeBytes(), let variant = reader.takeBytes(), let label = reader.takeBytes()
        {
            let place = CacheTierPlace(segment: segment, offset: offset, length: length)
            body(Item(key: key, variant: variant, label: label, place: place))
        }
    }
}

/// Writes an index under another name, and gives it its own when it is whole and on the disk.
struct CacheIndexWriter: ~Copyable {
    private let directory: CacheDiskDirectory
    private let descriptor: Int32
    private let sealing: SymmetricKey
    private var offset = 0
    private var number: UInt64 = 0
    private var block: [UInt8] = []

    private init(_ directory: CacheDiskDirectory, _ descriptor: Int32, _ sealing: SymmetricKey) {
        self.directory = directory
        self.descriptor = descriptor
        self.sealing = sealing
    }

    deinit { close(descriptor) }

    static func begin(
        _ directory: CacheDiskDirectory, _ key: CacheDiskKey, segments: [CacheIndexFile.Segment]
    ) throws(CacheDiskError) -> CacheIndexWriter {
        let salt = CacheDiskKey.newSalt()
        let name = CacheIndexFile.temporary
        try directory.remove(name, for: .writeIndex)
        let (descriptor, _) = try directory.open(name, O_WRONLY | O_CREAT | O_EXCL, for: .writeIndex)
        var writer = CacheIndexWriter(directory, descriptor, key.index(salt: salt))
        try writer.put(CacheIndexFile.magic + salt)
        for segment in segments {
            CacheBytes.append(segment.number, to: &writer.block)
            writer.block.append(contentsOf: segment.salt)
        }
        try writer.flush(isLast: false)
        return writer
    }

    mutating func append(_ entry: CacheTierIndex.Entry) throws(CacheDiskError) {
        CacheBytes.append(entry.place.segment, to: &block)
        CacheBytes.append(UInt64(clamping: entry.place.offset), to: &block)
        CacheBytes.append(UInt64(clamping: entry.place.length), to: &block)
        CacheBytes.append(entry.key, to: &block)
        CacheBytes.append(entry.variant, to: &block)
        CacheBytes.append(entry.label, to: &block)
        if block.count >= CacheIndexFile.blockCount { try flush(isLast: false) }
    }

    /// From here on the next run finds it.
    mutating func finish() throws(CacheDiskError) {
        try flush(isLast: true)
        try directory.sync(descriptor, .writeIndex, CacheIndexFile.temporary)
        try directory.rename(CacheIndexFile.temporary, to: CacheIndexFile.name)
        try directory.syncEntries(.writeIndex)
    }

    private mutating func flush(isLast: Bool) throws(CacheDiskError) {
        let context = CacheIndexFile.context(number, isLast: isLast)
        guard let sealed = CacheSeal.seal(block, with: sealing, count: number, authenticating: context) else {
            throw CacheDiskError(.writeIndex, path: directory.path(of: CacheIndexFile.name), code: EINVAL)
        }
        var framed: [UInt8] = []
        framed.reserveCapacity(4 + sealed.count)
        CacheBytes.append(sealed, to: &framed)
        try put(framed)
        number += 1
        block.removeAll(keepingCapacity: true)
    }

    private mutating func put(_ bytes: [UInt8]) throws(CacheDiskError) {
        try directory.write(bytes, to: descriptor, at: offset, .writeIndex, CacheIndexFile.temporary)
        offset += bytes.count
    }
}
