import Glibc

/// The file that lines are appended to, and how much of it is whole lines.
struct LiveFile {
    /// Bytes looked at from the end for the last line feed; no line of ours is that long.
    static let longestTornLine = 1 << 20

    let descriptor: Int32
    /// Bytes in the file.
    private(set) var size: Int
    /// Bytes in the file up to and including its last line feed.
    private(set) var wholeSize: Int
    /// Bytes of an unfinished line that were cut off when it was opened.
    let repaired: Int
    /// It holds more than the lines about its own beginning, so that rotating it makes sense.
    var holdsRecords: Bool
    /// When it was last changed before it was opened, in nanoseconds since 1970.
    let changed: Int64
    private let device: dev_t
    private let inode: ino_t

    /// The file ends in the middle of a line.
    var isTorn: Bool { wholeSize != size }

    /// Opens or makes it, and cuts off a last line that a crash left unfinished: a reader must see whole lines only.
    ///
    /// - Throws: `AuditStoreError`; of `repair` with code 0 where the file is evidently not a trail and was left alone.
    init(path: String, calls: FileCalls) throws(AuditStoreError) {
        let opened: Int32
        switch calls.open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW) {
        case .value(let value): opened = Int32(truncatingIfNeeded: value)
        case .failure(let code): throw AuditStoreError(.open, path: path, code: code)
        }
        do throws(AuditStoreError) {
            var status = stat()
            guard fstat(opened, &status) == 0 else { throw AuditStoreError(.open, path: path, code: errno) }
            guard status.st_mode & S_IFMT == S_IFREG else { throw AuditStoreError(.open, path: path, code: 0) }
            let length = Int(status.st_size)
            let whole = try Self.endOfLastLine(of: opened, length: length, path: path)
            if whole != length, ftruncate(opened, whole) != 0 {
                throw AuditStoreError(.repair, path: path, code: errno)
            }
            descriptor = opened
            size = whole
            wholeSize = whole
            repaired = length - whole
            holdsRecords = whole > 0
            changed = Int64(status.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(status.st_mtim.tv_nsec)
            device = status.st_dev
            inode = status.st_ino
        } catch {
            Glibc.close(opened)
            throw error
        }
    }

    /// Ends its use.
    func close() { Glibc.close(descriptor) }

    /// What became of it under its path.
    enum Fate: Equatable {
        case inPlace
        /// It has no name any more, and is gone once it is closed.
        case deleted
        /// Its path is another file's, or none's; it has a name somewhere else.
        case moved
    }

    func fate(at path: String) -> Fate {
        var own = stat()
        var named = stat()
        guard fstat(descriptor, &own) == 0, own.st_nlink > 0 else { return .deleted }
        guard lstat(path, &named) == 0 else { return errno == ENOENT ? .moved : .inPlace }
        return named.st_dev == own.st_dev && named.st_ino == own.st_ino ? .inPlace : .moved
    }

    func isSameFile(as other: LiveFile) -> Bool { device == other.device && inode == other.inode }

    /// Gives up everything behind `length`, which is the end of a line.
    mutating func cut(to length: Int, calls: FileCalls) -> CallResult {
        let result = calls.truncate(descriptor, length)
        if case .value = result {
            size = length
            wholeSize = length
        }
        return result
    }

    /// Notes bytes that the system has taken.
    mutating func advance(by bytes: ArraySlice<UInt8>) {
        if let feed = bytes.lastIndex(of: 0x0A) {
            wholeSize = size + bytes.distance(from: bytes.startIndex, to: feed) + 1
        }
        size += bytes.count
    }

    /// Cuts off an unfinished line, so that only whole ones stay; `false` where the system won't.
    mutating func truncateToWholeLines() -> Bool {
        guard isTorn else { return true }
        guard Glibc.ftruncate(descriptor, wholeSize) == 0 else { return false }
        size = wholeSize
        return true
    }

    private static func endOfLastLine(of descriptor: Int32, length: Int, path: String) throws(AuditStoreError) -> Int {
        var end = length
        var block = [UInt8](repeating: 0, count: 64 << 10)
        while end > 0 {
            guard length - end < longestTornLine else { throw AuditStoreError(.repair, path: path, code: 0) }
            let start = max(0, end - block.count)
            let count = pread(descriptor, &block, end - start, start)
            guard count == end - start else {
                throw AuditStoreError(.repair, path: path, code: count < 0 ? errno : EIO)
            }
            if let feed = block[..<count].lastIndex(of: 0x0A) { return start + feed + 1 }
            end = start
        }
        return 0
    }
}
