/// Writes a document in its canonical form: in runs of bytes of the text, for as long as that has the form already.
struct JSONWriting {
    private struct Frame {
        /// The node behind the container.
        var end: Int
        var isObject: Bool
        var isEmpty = true
    }

    private let table: JSONTable
    private let dropping: Set<Int>
    private let setting: [(value: Int?, name: String, json: String)]
    private var stack: [Frame] = []
    /// Bytes of the text that are yet to be appended.
    private var run = 0..<0

    init(_ table: JSONTable, dropping: Set<Int>, setting: [(name: String, json: String)]) {
        self.table = table
        self.dropping = dropping
        let root = JSONValue(table, 0)
        self.setting = setting.map { (root[name: $0.name]?.index, $0.name, $0.json) }
    }

    mutating func write(to output: inout [UInt8]) {
        let added = setting.reduce(0) { $0 + $1.name.utf8.count + $1.json.utf8.count + 4 }
        output.reserveCapacity(output.count + table.nodes[0].range.count + added)
        var index = begin(0, &output)
        while let frame = stack.last {
            if index == frame.end {
                close(frame, &output)
            } else if frame.isObject {
                index = member(index, &output)
            } else {
                separate(&output)
                index = begin(index, &output)
            }
        }
        flush(&output)
    }

    /// Writes a value, or opens it where what is in it has to be looked at.
    ///
    /// - Returns: the node to go on with.
    private mutating func begin(_ index: Int, _ output: inout [UInt8]) -> Int {
        let node = table.nodes[index]
        switch node.kind {
        case .null, .false, .true, .number:
            copy(node.range, &output)
            return index + 1
        case .string:
            string(node, &output)
            return index + 1
        case .array, .object:
            if node.isAsWritten, dropping.isEmpty, index > 0 || setting.isEmpty {
                copy(node.range, &output)
                return Int(node.next)
            }
            copy(Int(node.start)..<Int(node.start) + 1, &output)
            stack.append(Frame(end: Int(node.next), isObject: node.isObject))
            return index + 1
        }
    }

    private mutating func member(_ name: Int, _ output: inout [UInt8]) -> Int {
        let value = name + 1
        let replacement = stack.count == 1 ? setting.first { $0.value == value } : nil
        if replacement == nil, !dropping.isEmpty, dropping.contains(value) { return Int(table.nodes[value].next) }
        separate(&output)
        string(table.nodes[name], &output)
        punctuation(UInt8(ascii: ":"), &output)
        guard let replacement else { return begin(value, &output) }
        flush(&output)
        output.append(contentsOf: replacement.json.utf8)
        return Int(table.nodes[value].next)
    }

    private mutating func close(_ frame: Frame, _ output: inout [UInt8]) {
        if stack.count == 1 {
            for member in setting where member.value == nil {
                separate(&output)
                flush(&output)
                JSONString.append(member.name, to: &output)
                output.append(UInt8(ascii: ":"))
                output.append(contentsOf: member.json.utf8)
            }
        }
        stack.removeLast()
        punctuation(frame.isObject ? UInt8(ascii: "}") : UInt8(ascii: "]"), &output)
    }

    /// A comma, unless what follows is the first in its container.
    private mutating func separate(_ output: inout [UInt8]) {
        let top = stack.count - 1
        if !stack[top].isEmpty { punctuation(UInt8(ascii: ","), &output) }
        stack[top].isEmpty = false
    }

    private mutating func string(_ node: JSONNode, _ output: inout [UInt8]) {
        guard !node.isAsWritten else { return copy(node.range, &output) }
        let bytes = table.bytes
        let span = bytes.span
        let (start, end) = (Int(node.start), Int(node.end))
        copy(start..<start + 1, &output)
        var pieces = JSONPieces(node.content)
        while let piece = pieces.next(span.bytes) {
            switch piece {
            case .plain(let range): copy(range, &output)
            case .escape(let scalar, let range):
                if range.count == 2, scalar != "/" {
                    copy(range, &output)
                } else {
                    flush(&output)
                    JSONEscape.append(scalar, to: &output)
                }
            }
        }
        copy(end - 1..<end, &output)
    }

    // MARK: Runs

    private mutating func copy(_ range: Range<Int>, _ output: inout [UInt8]) {
        if run.upperBound == range.lowerBound, !run.isEmpty {
            run = run.lowerBound..<range.upperBound
        } else {
            flush(&output)
            run = range
        }
    }

    private mutating func punctuation(_ byte: UInt8, _ output: inout [UInt8]) {
        let next = run.upperBound
        if !run.isEmpty, next < table.bytes.count, table.bytes[next] == byte {
            run = run.lowerBound..<next + 1
        } else {
            flush(&output)
            output.append(byte)
        }
    }

    private mutating func flush(_ output: inout [UInt8]) {
        guard !run.isEmpty else { return }
        output.append(contentsOf: table.bytes[run])
        run = 0..<0
    }
}
