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
        case resume = "find the end of the chain in"
        case restore = "restore the deleted audit file from"
        case seal = "keep the seal of the audit trail in"
        case compress = "compress the audit segment"
        case remove = "remove the aged audit segment"
        case sealKey = "use the key that seals the audit trail,"
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
        if operation == .resume, code == 0 { return "its end is no line of a trail, and no seal says where it ended" }
        if operation == .sealKey, code == 0 {
            return "others than its owner may read it, or it is no Ed25519 key in PEM"
        }
        if operation == .compress, code == 0 { return "what was compressed does not give the same bytes again" }
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
        case (.resume, 0): "run `stent audit verify`, keep the file as evidence, and move it away"
        case (.sealKey, 0):
            "set its mode to 0600, or make one with `openssl genpkey -algorithm ed25519 -out FILE`"
        case (.compress, 0): "check disk and memory; the segment stays as it is"
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
