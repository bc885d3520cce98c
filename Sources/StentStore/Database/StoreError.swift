/// A store's database, or a file beside it, could not be opened, read or written.
package struct StoreError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What was tried.
    package enum Operation: String, Sendable, CaseIterable {
        case create = "make the file"
        case open = "open"
        case migrate = "bring to this version"
        case readRows = "read from"
        case write = "write to"
        case sweep = "remove what has expired from"
        case readKey = "read"
        case makeKey = "make"
        case startThread = "start the thread for"
    }

    package var operation: Operation
    package var path: String
    /// SQLite's extended result code, or the system's error number where no database was involved.
    package var code: Int32
    /// What SQLite or the system said about it; never holds a value that was stored.
    package var cause: String

    package init(_ operation: Operation, path: String, code: Int32, cause: String) {
        self.operation = operation
        self.path = path
        self.code = code
        self.cause = cause
    }

    package var description: String { "can't \(operation.rawValue) \(path): \(cause) (\(code))" }

    /// The file itself is damaged (SQLITE_CORRUPT, SQLITE_NOTADB): trying again is no use. The low byte of an extended
    /// code is the plain one.
    package var isDamage: Bool {
        switch operation {
        case .open, .migrate, .readRows, .write, .sweep: code & 0xFF == 11 || code & 0xFF == 26
        case .create, .readKey, .makeKey, .startThread: false  // here `code` is the system's
        }
    }

    /// It was met while writing: that something can be read does not mean that it is over.
    var isOfWriting: Bool {
        switch operation {
        case .write, .sweep: true
        case .create, .open, .migrate, .readRows, .readKey, .makeKey, .startThread: false
        }
    }
}
