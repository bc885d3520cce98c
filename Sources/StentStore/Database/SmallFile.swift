import Glibc

/// Calls about small files beside the databases.
enum SmallFile {
    /// Whether something is there under this name; `errno` says why not.
    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// Makes a directory's entries durable; a file system that can't is left at that.
    static func syncDirectory(_ path: String) {
        let descriptor = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }

    /// What the system calls an error number.
    static func text(_ code: Int32) -> String {
        var text = [CChar](repeating: 0, count: 256)
        guard strerror_r(code, &text, text.count) == 0 else { return "errno \(code)" }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
