// HMAC-SHA256; not to be made by hand.
import Crypto
import Glibc
import StentExchange

/// The secret that callers, routes and keys are hashed with: 32 random bytes in `idempotency.key`, made at the first start.
///
/// It lies beside the database because scopes must mean the same after a restart. Without it the database tells nobody who
/// called what; with it, guesses can be tested, so the file is for its owner alone. Where it is lost, all keys in the
/// database are forgotten.
package struct IdempotencyScopeKey: IdempotencyDigest {
    private static let count = 32

    private let secret: SymmetricKey
    /// No file was there, and one was made: on a first start, or because it was lost.
    package let isNew: Bool

    /// Reads the key, or makes it.
    ///
    /// - Parameter directory: the state directory, which must exist.
    /// - Throws: `IdempotencyStoreError` where the file can't be read or made, or does not hold 32 bytes. Such a file is
    ///   left as it is: a new key would forget every key in the database.
    package init(directory: String) throws(IdempotencyStoreError) {
        let path = directory + "/idempotency.key"
        if let bytes = try Self.read(path) {
            secret = SymmetricKey(data: bytes)
            isNew = false
            return
        }
        try Self.make(path, in: directory)
        guard let bytes = try Self.read(path) else {
            throw IdempotencyStoreError(.readKey, path: path, code: ENOENT, cause: SmallFile.text(ENOENT))
        }
        secret = SymmetricKey(data: bytes)
        isNew = true
    }

    package func scope(caller: [UInt8], route: [UInt8], key: [UInt8]) -> IdempotencyScope {
        guard let scope = IdempotencyScope(code("scope", caller, route, key)) else {
            preconditionFailure("HMAC-SHA256 gives 32 bytes")
        }
        return scope
    }

    package func fingerprint(method: [UInt8], target: [UInt8], content: [UInt8]) -> [UInt8] {
        code("fingerprint", method, target, content)
    }

    /// The label keeps the two uses apart, the lengths the parts.
    private func code(_ label: StaticString, _ parts: [UInt8]...) -> [UInt8] {
        var code = HMAC<SHA256>(key: secret)
        label.withUTF8Buffer { code.update(data: UnsafeRawBufferPointer($0)) }
        for part in parts {
            code.update(data: (0..<8).map { UInt8(truncatingIfNeeded: UInt64(part.count) >> ($0 * 8)) })
            code.update(data: part)
        }
        return Array(code.finalize())
    }

    /// - Returns: the 32 bytes; `nil` where there is no file.
    private static func read(_ path: String) throws(IdempotencyStoreError) -> [UInt8]? {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw IdempotencyStoreError(.readKey, path: path, code: errno, cause: SmallFile.text(errno))
        }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: Self.count + 1)
        let read = Glibc.read(descriptor, &bytes, bytes.count)
        guard read >= 0 else {
            throw IdempotencyStoreError(.readKey, path: path, code: errno, cause: SmallFile.text(errno))
        }
        guard read == Self.count else {
            throw IdempotencyStoreError(.readKey, path: path, code: 0, cause: "it does not hold 32 bytes")
        }
        return [UInt8](bytes[..<read])
    }

    /// Writes a new key under another name and links it: a process that reads sees all of it or nothing, and of two
    /// processes that start at once one wins for both.
    private static func make(_ path: String, in directory: String) throws(IdempotencyStoreError) {
        let temporary = "\(path).\(getpid()).new"
        unlink(temporary)
        let descriptor = Glibc.open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else {
            throw IdempotencyStoreError(.makeKey, path: temporary, code: errno, cause: SmallFile.text(errno))
        }
        defer { unlink(temporary) }
        let secret = SymmetricKey(size: .bits256)
        let written = secret.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        let isSafe = written == Self.count && fsync(descriptor) == 0
        let code = errno
        close(descriptor)
        guard isSafe else {
            throw IdempotencyStoreError(.makeKey, path: temporary, code: code, cause: SmallFile.text(code))
        }
        guard link(temporary, path) == 0 || errno == EEXIST else {
            throw IdempotencyStoreError(.makeKey, path: path, code: errno, cause: SmallFile.text(errno))
        }
        SmallFile.syncDirectory(directory)
    }
}
