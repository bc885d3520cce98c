/// Cuts what is read of one segment into blocks of whole lines, each of which can be verified by itself.
///
/// Of a line that is too long to be one only as much is kept as shows that: memory stays bounded by the chunk and
/// 1 MiB.
package struct AuditBlockCutter: Sendable {
    /// The beginning of a line whose end has not been read.
    private var rest: [UInt8] = []

    package init() {}

    /// - Parameter chunk: what follows what was given before.
    /// - Returns: whole lines; perhaps none.
    package mutating func cut(_ chunk: [UInt8]) -> [UInt8] {
        guard let last = chunk.lastIndex(of: 0x0A) else {
            keep(chunk[...])
            return []
        }
        var block: [UInt8]
        if rest.isEmpty {
            block = Array(chunk[...last])
        } else {
            guard let first = chunk.firstIndex(of: 0x0A) else { return [] }
            keep(chunk[..<first])
            block = rest
            block.append(contentsOf: chunk[first...last])
            rest.removeAll(keepingCapacity: true)
        }
        keep(chunk[(last + 1)...])
        return block
    }

    /// What is behind the segment's last line feed: nothing, where it is whole.
    package mutating func finish() -> [UInt8] {
        defer { rest = [] }
        return rest
    }

    private mutating func keep(_ part: ArraySlice<UInt8>) {
        rest.append(contentsOf: part.prefix(max(0, ChainedLine.longest + 1 - rest.count)))
    }
}
