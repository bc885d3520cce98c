import Glibc

/// Reading and making small files: settings, certificates, keys.
package enum Files {
    /// A file operation that failed, in words.
    package struct Failure: Error, CustomStringConvertible {
        package var description: String

        init(_ operation: String, _ path: String, code: Int32) {
            description = "can't \(operation) \(path): \(String(cString: strerror(code)))"
        }
    }

    /// Largest file that is read, unless somebody asks for more.
    private static let limit = 16 << 20

    /// The whole content of a regular file.
    ///
    /// - Throws: `Failure` where it can't be read, is no regular file, or is larger than `limit`.
    package static func read(_ path: String, limit: Int = limit) throws -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw Failure("read", path, code: errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw Failure("read", path, code: errno) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw Failure("read", path, code: EISDIR) }
        guard status.st_size <= limit else { throw Failure("read", path, code: EFBIG) }
        return try read(descriptor, path, limit: limit)
    }

    /// All of standard input.
    package static func readInput(limit: Int) throws -> [UInt8] {
        try read(STDIN_FILENO, "standard input", limit: limit)
    }

    private static func read(_ descriptor: Int32, _ path: String, limit: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count == 0 { return bytes }
            if count < 0 {
                if errno == EINTR { continue }
                throw Failure("read", path, code: errno)
            }
            bytes.append(contentsOf: chunk[..<count])
            guard bytes.count <= limit else { throw Failure("read", path, code: EFBIG) }
        }
    }

    /// Writes a file so that a reader sees the old content or the new one, never half of it.
    ///
    /// - Parameter mode: permissions of the new file.
    package static func write(_ bytes: [UInt8], to path: String, mode: mode_t) throws {
        let temporary = "\(path).\(getpid()).new"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode)
        guard descriptor >= 0 else { throw Failure("create", temporary, code: errno) }
        var offset = 0
        while offset < bytes.count {
            let count = bytes[offset...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                let code = errno
                close(descriptor)
                unlink(temporary)
                throw Failure("write", temporary, code: code)
            }
            offset += count
        }
        fsync(descriptor)
        close(descriptor)
        guard rename(temporary, path) == 0 else { throw Failure("rename to", path, code: errno) }
    }

    /// Makes a directory and those above it, where they are missing.
    package static func makeDirectory(_ path: String, mode: mode_t) throws {
        var made = path.hasPrefix("/") ? "/" : ""
        for part in path.split(separator: "/") {
            made += made.isEmpty || made == "/" ? String(part) : "/\(part)"
            guard mkdir(made, mode) == 0 || errno == EEXIST else {
                throw Failure("create directory", made, code: errno)
            }
        }
    }

    package static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }
}
