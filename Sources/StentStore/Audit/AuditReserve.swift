import Glibc

/// A file that takes up room for the worst moment: where the disk is full it is given up, so that the trail can still
/// say that it is.
struct AuditReserve {
    private let path: String
    private let size: Int
    private let calls: FileCalls
    /// Its room is taken.
    private(set) var isHeld = false

    init(path: String, size: Int, calls: FileCalls) {
        self.path = path
        self.size = size
        self.calls = calls
    }

    /// Takes up the room; `false` where the file system has none.
    mutating func hold() -> Bool {
        guard !isHeld, size > 0 else { return true }
        let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o640)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        guard ftruncate(descriptor, size) == 0, case .value = calls.allocate(descriptor, size) else {
            unlink(path)
            return false
        }
        isHeld = true
        return true
    }

    /// Gives the room free; `false` where there was none.
    mutating func release() -> Bool {
        guard isHeld else { return false }
        isHeld = false
        return unlink(path) == 0
    }
}
