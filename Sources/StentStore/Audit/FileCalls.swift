import Glibc

/// What a call to the system gave: a number, or the error number.
package enum CallResult: Sendable, Equatable {
    case value(Int)
    case failure(Int32)

    /// The result of a call that returns -1 and sets `errno` when it fails.
    static func of(_ value: Int) -> CallResult { value < 0 ? .failure(errno) : .value(value) }
}

/// The calls that can fail while the trail is written, so that a test can put a full disk in their place.
package struct FileCalls: Sendable {
    /// `open(2)` of a path with flags; created files get mode 0640.
    package var open: @Sendable (_ path: String, _ flags: Int32) -> CallResult
    /// `write(2)`; may take fewer bytes than it was given.
    package var write: @Sendable (_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> CallResult
    /// `fdatasync(2)`.
    package var sync: @Sendable (_ descriptor: Int32) -> CallResult
    /// `rename(2)`.
    package var rename: @Sendable (_ from: String, _ to: String) -> CallResult
    /// `ftruncate(2)`.
    package var truncate: @Sendable (_ descriptor: Int32, _ size: Int) -> CallResult
    /// `posix_fallocate(3)` from the file's beginning.
    package var allocate: @Sendable (_ descriptor: Int32, _ size: Int) -> CallResult
    /// Bytes that the file system of a path has for us (`statvfs(3)`).
    package var freeBytes: @Sendable (_ path: String) -> CallResult
    /// The wall clock, for segment names and event lines.
    package var wallNanoseconds: @Sendable () -> Int64

    /// The system's own.
    package static let system = FileCalls(
        open: { path, flags in .of(Int(Glibc.open(path, flags, 0o640))) },
        write: { descriptor, bytes in .of(Glibc.write(descriptor, bytes.baseAddress, bytes.count)) },
        sync: { descriptor in .of(Int(fdatasync(descriptor))) },
        rename: { from, to in .of(Int(Glibc.rename(from, to))) },
        truncate: { descriptor, size in .of(Int(ftruncate(descriptor, size))) },
        allocate: { descriptor, size in
            let code = posix_fallocate(descriptor, 0, size)
            return code == 0 ? .value(0) : .failure(code)
        },
        freeBytes: { path in
            var status = statvfs()
            guard statvfs(path, &status) == 0 else { return .failure(errno) }
            let (bytes, overflow) = Int(clamping: status.f_bavail)
                .multipliedReportingOverflow(by: Int(clamping: status.f_frsize))
            return .value(overflow ? .max : bytes)
        },
        wallNanoseconds: {
            var time = timespec()
            clock_gettime(CLOCK_REALTIME, &time)
            return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
        })
}
