import Glibc

/// The calls that can fail while the tier is in use, so that a test can put a full or a broken disk in their place.
///
/// Names are relative to the open directory: one that is taken away, and made anew by somebody else, is never touched.
package struct CacheDiskCalls: Sendable {
    /// `openat(2)`; created files get mode 0600.
    package var open: @Sendable (_ directory: Int32, _ name: String, _ flags: Int32) -> CallResult
    /// `pwrite(2)`; may take fewer bytes than it was given.
    package var write: @Sendable (_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer, _ offset: Int) -> CallResult
    /// `pread(2)`; may give fewer bytes than there is room for.
    package var read:
        @Sendable (_ descriptor: Int32, _ bytes: UnsafeMutableRawBufferPointer, _ offset: Int) -> CallResult
    /// `fdatasync(2)`.
    package var sync: @Sendable (_ descriptor: Int32) -> CallResult
    /// `renameat(2)`.
    package var rename: @Sendable (_ directory: Int32, _ from: String, _ to: String) -> CallResult
    /// `unlinkat(2)`.
    package var unlink: @Sendable (_ directory: Int32, _ name: String) -> CallResult

    /// The system's own.
    package static let system = CacheDiskCalls(
        open: { directory, name, flags in .of(Int(openat(directory, name, flags, 0o600))) },
        write: { descriptor, bytes, offset in .of(pwrite(descriptor, bytes.baseAddress, bytes.count, offset)) },
        read: { descriptor, bytes, offset in .of(pread(descriptor, bytes.baseAddress, bytes.count, offset)) },
        sync: { descriptor in .of(Int(fdatasync(descriptor))) },
        rename: { directory, from, to in .of(Int(renameat(directory, from, directory, to))) },
        unlink: { directory, name in .of(Int(unlinkat(directory, name, 0))) })
}
