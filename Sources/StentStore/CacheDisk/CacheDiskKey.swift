// AES-256-GCM and HKDF; not to be made by hand.
import Crypto
import Glibc
import StentModel

/// The secret of the disk tier: 32 random bytes in a file, from which all its keys are derived (HKDF, RFC 5869), each for one
/// purpose.
///
/// Whoever has the file and the disk can read patients' data; without it, all that is on the disk is noise. Where it is lost,
/// the cache begins with nothing.
package struct CacheDiskKey: Sendable {
    /// Bytes of a salt.
    static let saltCount = 32
    private static let count = 32

    private let secret: SymmetricKey

    /// Reads the key, or makes it.
    ///
    /// - Throws: `CacheDiskError` where the file can't be read or made, does not hold 32 bytes, or where others than its
    ///   owner may use it. Such a file is left as it is.
    package init(path: String) throws(CacheDiskError) {
        if let bytes = try Self.read(path) {
            secret = SymmetricKey(data: bytes)
            return
        }
        try Self.make(path)
        guard let bytes = try Self.read(path) else { throw CacheDiskError(.readKey, path: path, code: ENOENT) }
        secret = SymmetricKey(data: bytes)
    }

    /// A key to tell callers apart by, the same after a restart: 32 bytes.
    package var callers: [UInt8] {
        derive(salt: [], info: Array("stent cache callers v1".utf8)).withUnsafeBytes { Array($0) }
    }

    /// The key of one segment. With a salt of its own, no segment of any run has the key of another, so that counting is
    /// enough for nonces never to repeat (NIST SP 800-38D §8.2.1).
    func segment(_ number: UInt64, salt: [UInt8]) -> SymmetricKey {
        var info = Array("stent cache segment v1".utf8)
        CacheBytes.append(number, to: &info)
        return derive(salt: salt, info: info)
    }

    /// The key of one index file, which has a salt of its own, too.
    func index(salt: [UInt8]) -> SymmetricKey { derive(salt: salt, info: Array("stent cache index v1".utf8)) }

    static func newSalt() -> [UInt8] { SymmetricKey(size: .bits256).withUnsafeBytes { Array($0) } }

    private func derive(salt: [UInt8], info: [UInt8]) -> SymmetricKey {
        HKDF<SHA256>.deriveKey(inputKeyMaterial: secret, salt: salt, info: info, outputByteCount: 32)
    }

    /// - Returns: the 32 bytes; `nil` where there is no file. A symbolic link is followed: secrets are mounted as such.
    private static func read(_ path: String) throws(CacheDiskError) -> [UInt8]? {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw CacheDiskError(.readKey, path: path, code: errno)
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw CacheDiskError(.readKey, path: path, code: errno) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw CacheDiskError(.readKey, path: path, .notRegular) }
        // Root's may be for our group, too: a secret that is mounted for us is so.
        let forbidden: mode_t
        switch status.st_uid {
        case geteuid(): forbidden = 0o077
        case 0: forbidden = 0o037
        case let owner: throw CacheDiskError(.readKey, path: path, .keyOwner(owner))
        }
        guard status.st_mode & forbidden == 0 else {
            throw CacheDiskError(.readKey, path: path, .keyMode(status.st_mode & 0o7777))
        }
        var bytes = [UInt8](repeating: 0, count: Self.count + 1)
        let read = Glibc.read(descriptor, &bytes, bytes.count)
        guard read >= 0 else { throw CacheDiskError(.readKey, path: path, code: errno) }
        guard read == Self.count else { throw CacheDiskError(.readKey, path: path, .keySize) }
        return [UInt8](bytes[..<read])
    }

    /// Writes a new key under another name and links it: whoever reads sees all of it or nothing, and of two processes that
    /// share a key, but no directory, one wins for both.
    private static func make(_ path: String) throws(CacheDiskError) {
        let temporary = "\(path).\(getpid()).new"
        unlink(temporary)
        let descriptor = Glibc.open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw CacheDiskError(.makeKey, path: path, code: errno) }
        defer { unlink(temporary) }
        let secret = SymmetricKey(size: .bits256)
        let written = secret.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        let isSafe = written == Self.count && fsync(descriptor) == 0
        let code = written >= 0 && written < Self.count ? ENOSPC : errno
        close(descriptor)
        guard isSafe else { throw CacheDiskError(.makeKey, path: path, code: code) }
        guard link(temporary, path) == 0 || errno == EEXIST else {
            throw CacheDiskError(.makeKey, path: path, code: errno)
        }
        SmallFile.syncDirectory(path.lastIndex(of: "/").map { String(path[...$0]) } ?? ".")
    }
}
