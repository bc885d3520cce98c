import Glibc

/// Bytes of a file, in the order in which they stand there.
protocol TrailSource: AnyObject {
    /// What comes next, at most about 1 MiB; empty at the end.
    func next() throws(TrailFault) -> [UInt8]
}

/// The bytes as they are.
final class FileSource: TrailSource {
    static let blockSize = 1 << 20

    let path: String
    let identity: FileIdentity
    private let descriptor: Int32

    init(_ path: String) throws(TrailFault) {
        descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw TrailFault(path, .open(code: errno)) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw TrailFault(path, .open(code: EINVAL))
        }
        self.path = path
        identity = FileIdentity(status)
        posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL)
    }

    deinit { close(descriptor) }

    func next() throws(TrailFault) -> [UInt8] {
        var code: Int32 = 0
        let block = [UInt8](unsafeUninitializedCapacity: Self.blockSize) { buffer, count in
            var got = read(descriptor, buffer.baseAddress, buffer.count)
            while got < 0, errno == EINTR { got = read(descriptor, buffer.baseAddress, buffer.count) }
            if got < 0 { code = errno }
            count = max(0, got)
        }
        guard code == 0 else { throw TrailFault(path, .read(code: code)) }
        return block
    }

    var size: Int {
        var status = stat()
        return fstat(descriptor, &status) == 0 ? Int(status.st_size) : 0
    }

    /// Goes on from this offset.
    func seek(to offset: Int) { lseek(descriptor, off_t(offset), SEEK_SET) }
}

/// Which file it is, whatever its name.
package struct FileIdentity: Sendable, Hashable {
    private var device: UInt
    private var inode: UInt

    init(_ status: stat) {
        device = UInt(truncatingIfNeeded: status.st_dev)
        inode = UInt(truncatingIfNeeded: status.st_ino)
    }

    /// Of the file that has this name now; `nil` where there is none.
    init?(at path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        self.init(status)
    }
}
