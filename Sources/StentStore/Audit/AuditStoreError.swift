import Glibc

/// The audit trail's files could not be opened, written or closed: what was tried, on which path, what the system said,
/// and what to do.
package struct AuditStoreError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What was tried.
    package enum Operation: String, Sendable, CaseIterable {
        case createDirectory = "create the audit directory"
        case readDirectory = "read the audit directory"
        case lock = "lock the audit directory"
        case open = "open the audit file"
        case read = "read the audit file"
        case repair = "repair the end of the audit file"
        case write = "write to the audit file"
        case sync = "flush the audit file to the disk"
        case rotate = "rename the full audit file"
        case startThread = "start the audit writer's thread"
    }

    package var operation: Operation
    package var path: String
    /// The system's error number; 0 where it is our own finding.
    package var code: Int32

    package init(_ operation: Operation, path: String, code: Int32) {
        self.operation = operation
        self.path = path
        self.code = code
    }

    package var description: String {
        "can't \(operation.rawValue) \(path): \(cause); \(advice)"
    }

    /// What the system said.
    package var cause: String {
        if operation == .lock, code == EWOULDBLOCK { return "another stent is using it" }
        if operation == .repair, code == 0 {
            return "its last megabyte holds no line feed, so it is not a trail of stent's"
        }
        if operation == .open, code == 0 { return "it is not a regular file" }
        var text = [CChar](repeating: 0, count: 256)
        guard strerror_r(code, &text, text.count) == 0 else { return "errno \(code)" }
        let bytes = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return "\(String(decoding: bytes, as: UTF8.self)) (errno \(code))"
    }

    private var advice: String {
        switch (operation, code) {
        case (.lock, EWOULDBLOCK): "stop the other one, or give this one a state or audit directory of its own"
        case (.repair, 0), (.open, 0): "move it away, or set audit.directory to a directory that only stent uses"
        case (.open, ELOOP):
            "it is a symbolic link; put a regular file there, or set audit.directory to where it points"
        case (_, ENOSPC), (_, EDQUOT): "free space on that file system"
        case (_, EFBIG): "raise the file size limit of the process, or lower audit.rotate.size"
        case (_, EROFS): "mount that file system writable"
        case (_, EMFILE), (_, ENFILE): "raise the limit on open files"
        case (_, EACCES), (_, EPERM): "let the user that stent runs as write there, or set audit.directory"
        case (_, ENOENT), (_, ENOTDIR): "check the path in audit.directory"
        case (_, EIO): "check the disk"
        case (.startThread, _): "raise the limit on threads"
        default: "check the path and the file system"
        }
    }
}
