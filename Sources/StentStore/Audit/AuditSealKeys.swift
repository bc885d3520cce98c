import Glibc
import StentAudit

/// The keys that a trail is sealed with.
package struct AuditSealKeys: Sendable {
    package var current: AuditSealKey
    /// The one before, which vouches for the current one where the trail's last seal is by it.
    package var previous: AuditSealKey?

    package init(current: AuditSealKey, previous: AuditSealKey? = nil) {
        self.current = current
        self.previous = previous
    }

    /// Reads a private key; where it is missing and `makes` is set, makes it with its public half beside it (`.pub`).
    ///
    /// - Throws: `AuditStoreError`; of `sealKey` with code 0 where others may read it, or it is no such key.
    package static func key(at path: String, makes: Bool) throws(AuditStoreError) -> AuditSealKey {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        if descriptor < 0, errno == ENOENT, makes { return try make(path) }
        guard descriptor >= 0 else { throw AuditStoreError(.sealKey, path: path, code: errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw AuditStoreError(.sealKey, path: path, code: errno) }
        var text = [UInt8](repeating: 0, count: 16 << 10)
        let count = read(descriptor, &text, text.count)
        guard count >= 0 else { throw AuditStoreError(.sealKey, path: path, code: errno) }
        guard status.st_mode & 0o077 == 0,
            let key = try? AuditSealKey(pem: String(decoding: text[..<count], as: UTF8.self))
        else { throw AuditStoreError(.sealKey, path: path, code: 0) }
        return key
    }

    private static func make(_ path: String) throws(AuditStoreError) -> AuditSealKey {
        let key = AuditSealKey()
        // The public half first: a private key that is there has one beside it.
        try write(key.publicKey.pem, to: path + ".pub", mode: 0o644)
        try write(key.pem, to: path, mode: 0o600)
        if let slash = path.lastIndex(of: "/") { SmallFile.syncDirectory(String(path[..<slash])) }
        return key
    }

    private static func write(_ text: String, to path: String, mode: mode_t) throws(AuditStoreError) {
        let draft = path + ".part"
        unlink(draft)
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw AuditStoreError(.sealKey, path: path, code: errno) }
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        guard count == bytes.count, fsync(descriptor) == 0, rename(draft, path) == 0 else {
            throw AuditStoreError(.sealKey, path: path, code: count >= 0 && count < bytes.count ? ENOSPC : errno)
        }
    }
}
