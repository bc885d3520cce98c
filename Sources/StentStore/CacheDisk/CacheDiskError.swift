import Glibc

/// The disk tier of the cache could not be opened, read or written: what was tried, on which path, why not, and what to do.
package struct CacheDiskError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What was tried.
    package enum Operation: String, Sendable, CaseIterable {
        case createDirectory = "create the cache directory"
        case openDirectory = "open the cache directory"
        case lock = "lock the cache directory"
        case readKey = "use the key of the cache in"
        case makeKey = "make the key of the cache in"
        case forgetIndex = "remove the index that the last run left in"
        case writeIndex = "write the index of the cache to"
        case createSegment = "make the cache file"
        case write = "write to the cache file"
        case read = "read from the cache file"
        case sync = "flush to the disk the cache file"
        case remove = "remove the cache file"
        case startThread = "start a thread for the cache in"
    }

    /// Why it could not be done.
    package enum Cause: Sendable, Equatable {
        /// The system's error number.
        case system(Int32)
        /// What is there is not what was written.
        case altered
        /// It ends before what was written does.
        case truncated
        case notRegular
        case keyMode(UInt32)
        case keyOwner(UInt32)
        case keySize
    }

    package var operation: Operation
    package var path: String
    package var cause: Cause

    package init(_ operation: Operation, path: String, _ cause: Cause) {
        self.operation = operation
        self.path = path
        self.cause = cause
    }

    package init(_ operation: Operation, path: String, code: Int32) { self.init(operation, path: path, .system(code)) }

    package var description: String { "can't \(operation.rawValue) \(path): \(reason); \(advice)" }

    private var reason: String {
        switch cause {
        case .system(EWOULDBLOCK) where operation == .lock: "another stent is using it"
        case .system(let code): "\(SmallFile.text(code)) (errno \(code))"
        case .altered: "what is there is not what was written, or was written with another key"
        case .truncated: "it is shorter than what was written to it"
        case .notRegular: "it is not a regular file"
        case .keyMode(let mode): "others than its owner may use it (mode 0\(String(mode, radix: 8)))"
        case .keyOwner(let owner): "it belongs to another user (uid \(owner))"
        case .keySize: "it does not hold 32 bytes"
        }
    }

    private var advice: String {
        switch cause {
        case .altered, .truncated: "the copy is fetched anew; check the disk, and that only stent writes there"
        case .notRegular: "move it away"
        case .keyMode: "chmod 600 it; if others may have read it, remove it: stent makes a new one, with an empty cache"
        case .keyOwner: "give it to the user that stent runs as, or to root with mode 640"
        case .keySize: "put the right file there, or remove it: stent makes a new one, with an empty cache"
        case .system(let code): Self.advice(operation, code)
        }
    }

    private static func advice(_ operation: Operation, _ code: Int32) -> String {
        switch (operation, code) {
        case (.lock, EWOULDBLOCK): "stop the other one, or give this one a directory of its own"
        case (_, ENOSPC), (_, EDQUOT): "free space on that file system, or lower the size of the cache on the disk"
        case (_, EFBIG): "raise the file size limit of the process"
        case (_, EROFS): "mount that file system writable"
        case (_, EMFILE), (_, ENFILE): "raise the limit on open files"
        case (_, EACCES), (_, EPERM): "let the user that stent runs as write there, or name another directory"
        case (_, ELOOP): "it is a symbolic link; put a regular file there"
        case (.createDirectory, _), (.openDirectory, _), (.readKey, _), (.makeKey, _): "check the path"
        case (_, ENOENT): "the directory is gone; restart stent, which makes it anew"
        case (_, EIO): "check the disk"
        case (.startThread, _): "raise the limit on threads"
        default: "check the disk and the file system"
        }
    }
}
