import Glibc
import StentAudit
import StentModel

/// The directory of the trail: made where it is missing, held by one process, its segments numbered.
///
/// Sequence numbers and not times order the segments: a clock may jump back, a number does not.
struct AuditDirectory {
    let path: String
    /// The number that the next closed segment gets.
    private(set) var sequence: Int
    private let lock: Int32

    var livePath: String { path + "/audit.jsonl" }
    /// The newest seal.
    var sealPath: String { path + "/audit.seals" }
    var reservePath: String { path + "/audit.reserve" }

    /// - Throws: `AuditStoreError` where the directory can't be made, read or locked.
    init(path: String) throws(AuditStoreError) {
        try Self.create(path)
        let lockPath = path + "/audit.lock"
        let descriptor = Glibc.open(lockPath, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o640)
        guard descriptor >= 0 else { throw AuditStoreError(.lock, path: lockPath, code: errno) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            close(descriptor)
            throw AuditStoreError(.lock, path: path, code: code)
        }
        do throws(AuditStoreError) {
            sequence = try Self.highestSequence(in: path) + 1
        } catch {
            close(descriptor)
            throw error
        }
        self.path = path
        lock = descriptor
    }

    /// Lets another process have it.
    func unlock() { close(lock) }

    /// The path under which the live file is closed now; each call gives another.
    mutating func nextSegment(at time: WallTime) -> String {
        var name = Array("/audit-".utf8)
        name.append(addingCapacity: 32) { (span: inout OutputSpan<UInt8>) in Timestamp.appendCompact(time, to: &span) }
        name.append(0x2D)
        let digits = String(sequence)
        name.append(contentsOf: repeatElement(0x30, count: max(0, 6 - digits.utf8.count)))
        name.append(contentsOf: digits.utf8)
        name.append(contentsOf: ".jsonl".utf8)
        sequence += 1
        return path + String(decoding: name, as: UTF8.self)
    }

    /// The name of a file for bytes that are no lines; its number is one of the segments'.
    mutating func nextDamaged(at time: WallTime) -> String {
        nextSegment(at: time).dropFirst(path.utf8.count + 1).dropLast(".jsonl".utf8.count) + ".damaged"
    }

    /// Makes directory entries durable; a file system that can't is left at that.
    func sync() { SmallFile.syncDirectory(path) }

    /// The number in a segment's name, whatever was appended to the name since (`.gz`); `nil` for other files.
    static func sequence(inName name: String) -> Int? {
        let parts = name.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "audit", let stem = parts[2].split(separator: ".").first,
            parts[2].dropFirst(stem.count).hasPrefix(".jsonl"), stem.count >= 6,
            stem.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 })
        else { return nil }
        return Int(stem)
    }

    private static func highestSequence(in path: String) throws(AuditStoreError) -> Int {
        try names(in: path).compactMap(sequence).max() ?? 0
    }

    /// The names of all files in the directory.
    static func names(in path: String) throws(AuditStoreError) -> [String] {
        guard let directory = opendir(path) else { throw AuditStoreError(.readDirectory, path: path, code: errno) }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            guard let offset = MemoryLayout<dirent>.offset(of: \.d_name) else { continue }
            let name = UnsafeRawPointer(entry).advanced(by: offset).assumingMemoryBound(to: CChar.self)
            names.append(String(cString: name))
        }
        return names
    }

    /// Makes the directory and those above it that are missing, with mode 0750.
    private static func create(_ path: String) throws(AuditStoreError) {
        if mkdir(path, 0o750) == 0 || errno == EEXIST { return }
        guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
            throw AuditStoreError(.createDirectory, path: path, code: errno)
        }
        try create(String(path[..<slash]))
        guard mkdir(path, 0o750) == 0 || errno == EEXIST else {
            throw AuditStoreError(.createDirectory, path: path, code: errno)
        }
    }
}
