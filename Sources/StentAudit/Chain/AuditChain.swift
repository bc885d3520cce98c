/// The chain of the trail's lines: how many there are, and the hash of the last.
///
/// The writer alone gives lines their order, so it alone has one. A line's hash covers all of its bytes before
/// `,"hash":"`, and so the hash of the line before: who changes, takes away or moves a line has to write anew all that
/// follow, and what a seal says of any of them then no longer fits.
package struct AuditChain: Sendable, Equatable {
    /// The number of the last line; 0 before the first.
    package private(set) var sequence: Int
    /// The hash of the last line.
    package private(set) var head: ChainHash

    /// Bytes that are appended behind a body at most: `,"seq":` and its digits, `prev`, `hash`, and the line's end.
    package static let growth = 7 + 19 + 74 + 76

    /// A chain that no line has yet.
    package init() {
        sequence = 0
        head = .none
    }

    /// Goes on behind a line that is there already.
    ///
    /// - Parameter lastLine: whole, with its line feed or without.
    /// - Throws: where it is no line of a chain, or was altered.
    package init(resumingAfter lastLine: [UInt8]) throws(AuditChainFault) {
        var end = lastLine.count
        if lastLine.last == 0x0A { end -= 1 }
        guard end <= ChainedLine.longest else { throw .tooLong(bytes: end) }
        let text = lastLine.span.bytes.extracting(0..<end)
        guard let line = ChainedLine(text) else { throw .unchained }
        let hash = ChainHash(of: text.extracting(0..<line.hashedEnd))
        guard hash.isWritten(in: text, at: line.hash) else { throw .altered(sequence: line.sequence) }
        guard line.sequence <= ChainedLine.largestSequence / 2 else { throw .tooLarge(sequence: line.sequence) }
        sequence = line.sequence
        head = hash
    }

    /// Goes on behind a line of which only number and hash are known.
    package init(sequence: Int, head: ChainHash) {
        self.sequence = sequence
        self.head = head
    }

    /// Numbers and chains whole lines, and appends them to the output.
    ///
    /// A line is copied and hashed once; what fails behind this is written again as it is, never chained again.
    ///
    /// - Parameter lines: as `AuditLine` writes them, each ending in `}` and a line feed.
    package mutating func append(_ lines: [UInt8], to output: inout [UInt8]) {
        var count = 0
        _ = append(lines, from: 0, room: .max, count: &count, to: &output)
    }

    /// Numbers and chains lines for as long as there is room, and appends them to the output.
    ///
    /// - Parameters:
    ///   - start: where in `lines` the first of them begins.
    ///   - room: bytes that may be appended; a line that might take more is left.
    ///   - count: raised by the lines that were taken.
    /// - Returns: where the first line begins that was left; the end of `lines` where none was.
    package mutating func append(
        _ lines: [UInt8], from start: Int, room: Int, count: inout Int, to output: inout [UInt8]
    ) -> Int {
        let text = lines.span.bytes
        let limit = output.count.addingReportingOverflow(room)
        let end = limit.overflow ? Int.max : limit.partialValue
        var start = start
        while start < text.byteCount {
            let feed = text.lineEnd(from: start)
            precondition(
                feed < text.byteCount && feed > start + 1 && text.at(feed - 1) == 0x7D,
                "the writer takes whole lines only")
            let body = lines.span.extracting(start..<feed - 1)
            guard output.count + body.count + Self.growth <= end else { break }
            sequence += 1
            output.append(addingCapacity: body.count + Self.growth) { (line: inout OutputSpan<UInt8>) in
                write(body, to: &line)
            }
            count += 1
            start = feed + 1
        }
        return start
    }

    private mutating func write(_ body: Span<UInt8>, to line: inout OutputSpan<UInt8>) {
        line.append(run: body)
        line.append(#","seq":"#)
        line.append(integer: sequence)
        line.append(#","prev":""#)
        head.append(to: &line)
        line.append(0x22)
        head = ChainHash(of: line.span.bytes)
        line.append(#","hash":""#)
        head.append(to: &line)
        line.append("\"}\n")
    }
}

/// Why a chain can't go on behind a line.
package enum AuditChainFault: Error, Sendable, Equatable, CustomStringConvertible {
    /// It does not end in the fields of the chain.
    case unchained
    /// Its hash is not that of its bytes.
    case altered(sequence: Int)
    case tooLong(bytes: Int)
    /// No trail has so many lines.
    case tooLarge(sequence: Int)

    package var description: String {
        switch self {
        case .unchained:
            "the last line of the trail does not end in seq, prev and hash, so nothing can be chained to it; "
                + "move the file away, or let a new trail begin in another directory"
        case .altered(let sequence):
            "the last line of the trail (seq \(sequence)) was altered: its hash is not that of its bytes; "
                + "keep the file as evidence, run `stent audit verify`, and move it away"
        case .tooLong(let bytes):
            "the last line of the trail has \(bytes) bytes, more than any that stent writes; move the file away"
        case .tooLarge(let sequence):
            "the last line of the trail says seq \(sequence), which no trail reaches; "
                + "run `stent audit verify`, and move the file away"
        }
    }
}
