import Glibc
import StentAudit

/// A file of the trail as it is read at the start: plain, or compressed by gzip.
enum SegmentContent {
    /// What lines begin with that had no chain yet.
    static let unchainedStart = Array(#"{"v":1,"#.utf8)
    /// No line of ours is longer.
    private static let longestLine = 1 << 20

    /// Calls `body` with the content, block by block, until it returns `false`.
    ///
    /// - Parameter start: where a plain file is begun; a compressed one is read from its beginning.
    static func read(_ path: String, from start: Int = 0, _ body: (ArraySlice<UInt8>) -> Bool) throws(Gzip.Fault) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw .system(errno) }
        defer { close(descriptor) }
        if path.hasSuffix(".gz") { return try Gzip.expand(descriptor, body) }
        var block = [UInt8](repeating: 0, count: Gzip.blockSize)
        var offset = start
        while true {
            let count = pread(descriptor, &block, block.count, offset)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .system(errno) }
            guard count > 0, body(block[..<count]) else { return }
            offset += count
        }
    }

    /// Its first line, without the line feed; `nil` where there is no whole one, or it can't be read.
    static func firstLine(of path: String) -> [UInt8]? {
        var line: [UInt8] = []
        var isWhole = false
        try? read(path) { block in
            if let feed = block.firstIndex(of: 0x0A) {
                line.append(contentsOf: block[..<feed])
                isWhole = true
                return false
            }
            line.append(contentsOf: block)
            return line.count <= longestLine
        }
        return isWhole ? line : nil
    }

    /// The end of a file's content: at least its last megabyte, where it has as much.
    static func tail(of path: String) throws(Gzip.Fault) -> (bytes: [UInt8], start: Int) {
        var status = stat()
        guard stat(path, &status) == 0 else { throw .system(errno) }
        let isPlain = !path.hasSuffix(".gz")
        var start = isPlain ? max(0, Int(status.st_size) - 2 * longestLine) : 0
        var bytes: [UInt8] = []
        try read(path, from: start) { block in
            if bytes.count >= 4 * longestLine {
                start += bytes.count - 2 * longestLine
                bytes.removeFirst(bytes.count - 2 * longestLine)
            }
            bytes.append(contentsOf: block)
            return true
        }
        return (bytes, start)
    }

    /// Calls `body` with each whole line of at most a megabyte, without its line feed.
    static func forEachLine(of path: String, from start: Int, _ body: (ArraySlice<UInt8>) -> Void) throws(Gzip.Fault) {
        var rest: [UInt8] = []
        // A start in the midst of a line gives a rest that is no line.
        try read(path, from: start) { block in
            var block = block
            while let feed = block.firstIndex(of: 0x0A) {
                if rest.isEmpty {
                    body(block[..<feed])
                } else {
                    rest.append(contentsOf: block[..<feed])
                    body(rest[...])
                    rest.removeAll(keepingCapacity: true)
                }
                block = block[(feed + 1)...]
            }
            if rest.count <= longestLine { rest.append(contentsOf: block) }
            return true
        }
    }
}
