import Glibc
import StentAudit

/// The trail's files as a reader sees them, whether or not a server writes there.
package enum AuditFiles {
    /// Bytes of a line beyond which it is passed over; no line that stent writes comes near.
    private static let longestLine = 1 << 20

    /// Closed segments in their order, then the live file; compressed segments are left out.
    ///
    /// - Throws: `AuditStoreError` where the directory can't be read.
    package static func inOrder(_ directory: String) throws(AuditStoreError) -> [String] {
        let names = try AuditDirectory.names(in: directory)
        var segments: [(number: Int, name: String)] = []
        for name in names where name.hasSuffix(".jsonl") {
            if let number = AuditDirectory.sequence(inName: name) { segments.append((number, name)) }
        }
        let live = names.filter { $0 == "audit.jsonl" }
        return (segments.sorted { $0.number < $1.number }.map(\.name) + live)
            .map { "\(directory)/\($0)" }
    }

    /// Calls `body` with each whole line, without its line feed. A file that is rotated away meanwhile is read to its end.
    ///
    /// - Throws: `AuditStoreError` where the file can't be read.
    package static func forEachLine(of path: String, _ body: ([UInt8]) -> Void) throws(AuditStoreError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw AuditStoreError(.open, path: path, code: errno) }
        defer { close(descriptor) }
        var line: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 18)
        while true {
            let count = read(descriptor, &chunk, chunk.count)
            if count == 0 { return }
            guard count > 0 else {
                if errno == EINTR { continue }
                throw AuditStoreError(.read, path: path, code: errno)
            }
            var rest = chunk[..<count]
            while let end = rest.firstIndex(of: 0x0A) {
                line.append(contentsOf: rest[..<end])
                if line.count <= longestLine { body(line) }
                line.removeAll(keepingCapacity: true)
                rest = rest[(end + 1)...]
            }
            if line.count <= longestLine { line.append(contentsOf: rest) }
        }
    }
}
