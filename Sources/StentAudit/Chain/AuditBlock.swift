/// What lines of a segment say of themselves: hashed and linked, and no more.
///
/// Here is nearly all the work of a verification, and it needs nothing but the block's own bytes: any number of cores
/// can do it at once. `AuditVerifier.join` puts the blocks together in their order.
package struct AuditBlock: Sendable {
    /// What is the same for all blocks of a verification.
    package struct Context: Sendable {
        let keys: [AuditKeyID: AuditPublicKey]
        /// Numbers of lines whose hash somebody else knows, ascending.
        let watched: [Int]
    }

    /// A line about the chain, in its place.
    struct Mark: Sendable {
        let record: ChainRecord
        let sequence: Int
        /// In the block, from 0 on.
        let line: Int
        let seal: SealCheck
    }

    /// What can be said of a seal by itself.
    enum SealCheck: Sendable, Equatable {
        case noSeal
        case otherHead
        /// By none of the keys that were known from the start.
        case unknownKey
        case wrongSignature
        case good
    }

    struct Sighting: Sendable {
        let sequence: Int
        let hash: ChainHash
        let line: Int
    }

    package private(set) var lines = 0
    package let byteCount: Int
    /// In the order of the lines; places count lines of the block from 0 on.
    private(set) var pieces: [ChainPiece] = []
    private(set) var marks: [Mark] = []
    private(set) var sightings: [Sighting] = []

    /// Verifies what can be verified of these lines alone.
    ///
    /// - Parameter bytes: lines, the last of them without its end only where the segment ends there.
    package init(_ bytes: [UInt8], in context: Context) {
        byteCount = bytes.count
        let text = bytes.span.bytes
        var start = 0
        while start < text.byteCount {
            let end = text.lineEnd(from: start)
            if end == text.byteCount {
                append(.torn(end - start > ChainedLine.longest ? .tooLong : .unfinished))
            } else {
                add(text.extracting(start..<end), context)
            }
            lines += 1
            start = end + 1
        }
        close()
    }

    /// The run that the next line may continue, kept out of `pieces` while it grows.
    private var run: ChainRun?
    /// The next number of `context.watched` that the run may come to.
    private var watch = 0

    @inline(__always)
    private mutating func add(_ line: RawSpan, _ context: borrowing Context) {
        guard line.byteCount <= ChainedLine.longest else { return append(.torn(.tooLong)) }
        guard let fields = ChainedLine(line) else { return append(Self.fault(of: line)) }
        let hash = ChainHash(of: line.extracting(0..<fields.hashedEnd))
        guard hash.isWritten(in: line, at: fields.hash) else { return append(.altered(claim: fields.sequence)) }
        if let last = run?.last, fields.sequence == last &+ 1,
            run?.head.isWritten(in: line, at: fields.previous) == true
        {
            run?.last = fields.sequence
            run?.head = hash
            run?.end = ChainPlace(segment: 0, line: lines, ordinal: lines)
        } else {
            let digits = line.extracting(fields.previous..<fields.previous + 64)
            guard let previous = ChainHash(hexadecimal: digits) else { return append(.torn(.unreadable)) }
            close()
            let place = ChainPlace(segment: 0, line: lines, ordinal: lines)
            run = ChainRun(
                first: fields.sequence, last: fields.sequence, previous: previous, head: hash, start: place, end: place)
            watch = context.watched.lowerBound(of: fields.sequence)
        }
        if watch < context.watched.count, context.watched[watch] == fields.sequence {
            sightings.append(Sighting(sequence: fields.sequence, hash: hash, line: lines))
            watch += 1
        }
        if ChainRecord.mayBe(line) { addRecord(line, fields, context) }
    }

    private mutating func addRecord(_ line: RawSpan, _ fields: ChainedLine, _ context: borrowing Context) {
        guard let record = ChainRecord(line, bodyEnd: fields.bodyEnd) else { return }
        var check = SealCheck.noSeal
        if case .sealed(let seal) = record {
            if seal.through != fields.sequence - 1 || !seal.head.isWritten(in: line, at: fields.previous) {
                check = .otherHead
            } else if let key = context.keys[seal.key] {
                check = seal.isSigned(by: key) ? .good : .wrongSignature
            } else {
                check = .unknownKey
            }
        }
        marks.append(Mark(record: record, sequence: fields.sequence, line: lines, seal: check))
    }

    private mutating func append(_ fault: BrokenLines.Fault) {
        close()
        let place = ChainPlace(segment: 0, line: lines, ordinal: lines)
        put(.broken(BrokenLines(fault: fault, start: place, lines: 1)))
    }

    private mutating func close() {
        guard let run else { return }
        pieces.append(.run(run))
        self.run = nil
    }

    private mutating func put(_ piece: ChainPiece) {
        guard let last = pieces.indices.last, pieces[last].absorb(piece) else { return pieces.append(piece) }
    }

    /// Lines of schema 1 had no chain.
    private static func fault(of line: RawSpan) -> BrokenLines.Fault {
        // `{"v":1,"`
        line.byteCount >= 8 && line.eight(0) == 0x222C_313A_2276_227B ? .unchained : .torn(.unreadable)
    }
}

extension [Int] {
    /// The first place whose value is no less, in an ascending array.
    fileprivate func lowerBound(of value: Int) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if self[middle] < value { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
