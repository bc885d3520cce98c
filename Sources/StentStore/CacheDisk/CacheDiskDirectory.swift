import Glibc

/// The directory of the disk tier: made where it is missing, and held by one process.
struct CacheDiskDirectory: Sendable {
    let path: String
    private let descriptor: Int32
    private let lock: Int32
    private let calls: CacheDiskCalls

    /// - Throws: `CacheDiskError` where it can't be made, opened or locked.
    init(path: String, calls: CacheDiskCalls) throws(CacheDiskError) {
        try Self.create(path)
        let opened = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard opened >= 0 else { throw CacheDiskError(.openDirectory, path: path, code: errno) }
        // One that somebody else made for us stays as it is: the files in it are for their owner alone in any case.
        fchmod(opened, 0o700)
        let lock = openat(opened, "cache.lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard lock >= 0, flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            if lock >= 0 { close(lock) }
            close(opened)
            throw CacheDiskError(.lock, path: path, code: code)
        }
        self.path = path
        self.calls = calls
        self.lock = lock
        descriptor = opened
    }

    /// Lets another process have it; nothing is to be done with it any more.
    func unlock() {
        close(lock)
        close(descriptor)
    }

    func path(of name: String) -> String { path + "/" + name }

    /// - Returns: a descriptor of a regular file.
    func open(
        _ name: String, _ flags: Int32, for operation: CacheDiskError.Operation
    ) throws(CacheDiskError) -> (descriptor: Int32, size: Int) {
        let opened: Int32
        switch calls.open(descriptor, name, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK) {
        case .value(let value): opened = Int32(truncatingIfNeeded: value)
        case .failure(let code): throw CacheDiskError(operation, path: path(of: name), code: code)
        }
        var status = stat()
        guard fstat(opened, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(opened)
            throw CacheDiskError(operation, path: path(of: name), .notRegular)
        }
        return (opened, Int(status.st_size))
    }

    /// Removes a file; that it is gone already is as good.
    func remove(_ name: String, for operation: CacheDiskError.Operation = .remove) throws(CacheDiskError) {
        switch calls.unlink(descriptor, name) {
        case .value, .failure(ENOENT): break
        case .failure(let code): throw CacheDiskError(operation, path: path(of: name), code: code)
        }
    }

    func rename(_ from: String, to name: String) throws(CacheDiskError) {
        if case .failure(let code) = calls.rename(descriptor, from, name) {
            throw CacheDiskError(.writeIndex, path: path(of: name), code: code)
        }
    }

    /// Writes all of the bytes.
    func write(
        _ bytes: [UInt8], to descriptor: Int32, at offset: Int, _ operation: CacheDiskError.Operation, _ name: String
    ) throws(CacheDiskError) {
        var done = 0
        while done < bytes.count {
            switch bytes[done...].withUnsafeBytes({ calls.write(descriptor, $0, offset + done) }) {
            case .value(let count) where count > 0 && count <= bytes.count - done: done += count
            case .failure(EINTR): continue
            case .failure(let code): throw CacheDiskError(operation, path: path(of: name), code: code)
            // A file system that takes nothing without saying why.
            case .value: throw CacheDiskError(operation, path: path(of: name), code: ENOSPC)
            }
        }
    }

    /// Reads exactly so many bytes.
    func read(
        _ count: Int, from descriptor: Int32, at offset: Int, _ operation: CacheDiskError.Operation, _ name: String
    ) throws(CacheDiskError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            switch bytes.withUnsafeMutableBytes({
                calls.read(descriptor, UnsafeMutableRawBufferPointer(rebasing: $0[done...]), offset + done)
            }) {
            case .value(let read) where read > 0 && read <= count - done: done += read
            case .failure(EINTR): continue
            case .failure(let code): throw CacheDiskError(operation, path: path(of: name), code: code)
            case .value: throw CacheDiskError(operation, path: path(of: name), .truncated)
            }
        }
        return bytes
    }

    func sync(
        _ descriptor: Int32, _ operation: CacheDiskError.Operation, _ name: String
    ) throws(CacheDiskError) {
        if case .failure(let code) = calls.sync(descriptor) {
            throw CacheDiskError(operation, path: path(of: name), code: code)
        }
    }

    /// Makes the directory's entries durable.
    func syncEntries(_ operation: CacheDiskError.Operation) throws(CacheDiskError) {
        if case .failure(let code) = calls.sync(descriptor) { throw CacheDiskError(operation, path: path, code: code) }
    }

    /// The names of all files in it.
    func names() throws(CacheDiskError) -> [String] {
        let copy = openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard copy >= 0, let directory = fdopendir(copy) else {
            let code = errno
            if copy >= 0 { close(copy) }
            throw CacheDiskError(.openDirectory, path: path, code: code)
        }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            guard let offset = MemoryLayout<dirent>.offset(of: \.d_name) else { continue }
            let name = UnsafeRawPointer(entry).advanced(by: offset).assumingMemoryBound(to: CChar.self)
            names.append(String(cString: name))
        }
        return names
    }

    /// Makes the directory, and those above it that are missing with mode 0750.
    private static func create(_ path: String) throws(CacheDiskError) {
        var end = path.startIndex
        while end < path.endIndex {
            end = path[path.index(after: end)...].firstIndex(of: "/") ?? path.endIndex
            let part = String(path[..<end])
            guard mkdir(part, end == path.endIndex ? 0o700 : 0o750) == 0 || errno == EEXIST else {
                throw CacheDiskError(.createDirectory, path: part, code: errno)
            }
        }
    }
}
