/// A line of a chain as it was read from a file, where what it says of itself is true.
package struct ChainedText: Sendable, Equatable {
    package let sequence: Int
    package let hash: ChainHash
    /// The hash of the line before.
    package let previous: ChainHash
    /// What it says of the chain, where it says something.
    package let record: ChainRecord?

    /// `nil` where it is no line of a chain, or its hash is not that of its bytes.
    ///
    /// - Parameter line: whole, with its line feed or without.
    package init?(_ line: some Sequence<UInt8>) {
        let bytes = [UInt8](line)
        let end = bytes.last == 0x0A ? bytes.count - 1 : bytes.count
        guard end <= ChainedLine.longest else { return nil }
        let text = bytes.span.bytes.extracting(0..<end)
        guard let fields = ChainedLine(text) else { return nil }
        let hash = ChainHash(of: text.extracting(0..<fields.hashedEnd))
        guard hash.isWritten(in: text, at: fields.hash),
            let previous = ChainHash(hexadecimal: text.extracting(fields.previous..<fields.previous + 64))
        else { return nil }
        self.hash = hash
        self.previous = previous
        sequence = fields.sequence
        record = ChainRecord(text, bodyEnd: fields.bodyEnd)
    }

    /// The chain as it is behind this line; `nil` where no trail has so many lines.
    package var chain: AuditChain? {
        sequence <= ChainedLine.largestSequence / 2 ? AuditChain(sequence: sequence, head: hash) : nil
    }
}
