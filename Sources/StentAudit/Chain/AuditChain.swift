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
    private static let growth = 7 + 19 + 74 + 76

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

    /// Numbers and chains whole lines, and appends them to the output.
    ///
    /// A line is copied and hashed once; what fails behind this is written again as it is, never chained again.
    ///
    /// - Parameter lines: as `AuditLine` writes them, each ending in `}` and a line feed.
    package mutating func append(_ lines: [UInt8], to output: inout [UInt8]) {
        let text = lines.span.bytes
        var start = 0
        while start < text.byteCount {
            let end = text.lineEnd(from: start)
            precondition(
                end < text.byteCount && end > start + 1 && text.at(end - 1) == 0x7D, "the writer takes whole lines only"
            )
            let body = lines.span.extracting(start..<end - 1)
            sequence += 1
            output.append(addingCapacity: body.count + Self.growth) { (line: inout OutputSpan<UInt8>) in
                write(body, to: &line)
            }
            start = end + 1
        }
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
