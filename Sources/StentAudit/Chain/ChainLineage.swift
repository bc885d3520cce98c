/// Puts the runs of a trail into the order that they were written in, and says what does not fit.
///
/// The runs that make up most of the trail in rising order are taken to be in their place; what is not among them was
/// moved or copied. So a single line that was moved is one finding, and not all the lines that it was moved past.
struct ChainLineage {
    /// Lines up to this number need not be there.
    var agedOut = 0
    /// The hash of that line, where it is known.
    var agedOutHead: ChainHash? = ChainHash.none
    /// What a record of aging out says that no seal vouches for.
    var unsealedRecord: (through: Int, sequence: Int)?
    /// The number that the trail must reach, and who says so.
    var expectedEnd: (through: Int, witness: String)?

    private(set) var findings: [Noted] = []
    /// The first and the last number that is there.
    private(set) var first: Int?
    private(set) var last = 0
    /// Lines without a chain that stand before its beginning.
    private(set) var unchained = 0

    private var runs: [ChainRun] = []
    private var broken: [BrokenLines] = []
    /// The numbers that broken lines have, as far as that is known.
    private var sequences: [Int?] = []
    private let end: ChainPlace

    /// A finding, not yet with its segment's name.
    struct Noted: Sendable {
        var kind: AuditFinding.Kind
        var place: ChainPlace
        var sequence: Int?

        /// Along the trail; of one line, what is wrong with itself comes first.
        var order: (Int, Int, Int) {
            let rank =
                switch kind {
                case .altered, .replaced, .torn, .badSeal, .foreign, .contradicted: 0
                case .missing, .duplicate, .outOfOrder, .misnamed, .tooMany: 1
                case .tailCut, .unsealed: 2
                }
            return (place.segment, place.line, rank)
        }
    }

    /// - Parameters:
    ///   - pieces: in the order of the trail, those of other trails left out.
    ///   - end: the place of the last line.
    init(_ pieces: [ChainPiece], end: ChainPlace) {
        runs = pieces.compactMap(\.run)
        broken = pieces.compactMap(\.broken)
        sequences = Array(repeating: nil, count: broken.count)
        self.end = end
    }

    /// Judges all; once.
    mutating func judge() {
        let inPlace = Set(runsInPlace())
        let order = runs.indices.sorted {
            (runs[$0].first, inPlace.contains($0) ? 0 : 1, $0) < (runs[$1].first, inPlace.contains($1) ? 0 : 1, $1)
        }
        first = order.first.map { runs[$0].first }
        var covered = agedOut
        var head = agedOutHead
        if let first, first <= covered {
            covered = first - 1
            head = nil
        }
        var before: ChainRun?
        for index in order {
            let run = runs[index]
            guard run.last > covered else {
                note(.duplicate(through: run.last), run.start, run.first)
                continue
            }
            if run.first <= covered {
                note(.duplicate(through: covered), run.start, run.first)
            } else if run.first > covered + 1 {
                for gap in missing(from: covered + 1, through: run.first - 1, between: before, and: run) {
                    noteMissing(gap, run)
                }
            } else if let head, run.previous != head {
                note(.replaced, before?.end ?? run.start, before?.last ?? run.first)
            }
            if !inPlace.contains(index) { note(.outOfOrder(through: run.last), run.start, run.first) }
            covered = run.last
            head = run.head
            before = run
        }
        last = covered
        judgeEnd(behind: before)
        noteBroken()
    }

    private mutating func noteMissing(_ gap: ClosedRange<Int>, _ run: ChainRun) {
        var why = AuditFinding.Missing.unexplained
        if let unsealedRecord, gap.upperBound <= unsealedRecord.through {
            why = .agedOutUnsealed(record: unsealedRecord.sequence)
        }
        note(.missing(from: gap.lowerBound, through: gap.upperBound, why), run.start, run.first)
    }

    private mutating func judgeEnd(behind before: ChainRun?) {
        guard let expectedEnd, expectedEnd.through > last else {
            // Numbers that altered lines at the end have.
            _ = missing(from: last + 1, through: last + 1 + broken.count, between: before, and: nil)
            return
        }
        for gap in missing(from: last + 1, through: expectedEnd.through, between: before, and: nil) {
            // What stands behind it, altered, was not cut off.
            let isInside = gap.upperBound < expectedEnd.through
            note(
                isInside
                    ? .missing(from: gap.lowerBound, through: gap.upperBound, .unexplained)
                    : .tailCut(from: gap.lowerBound, through: gap.upperBound, witness: expectedEnd.witness),
                end, before?.last)
        }
    }

    private mutating func noteBroken() {
        let beginning = runs.filter { $0.first == 1 }.map(\.start.ordinal).min()
        for (lines, sequence) in zip(broken, sequences) {
            switch lines.fault {
            case .altered(let claim):
                note(.altered(through: (sequence ?? claim) + lines.lines - 1), lines.start, sequence ?? claim)
            case .torn(let reason): note(.torn(reason, lines: lines.lines), lines.start, sequence)
            case .unchained:
                if let beginning, lines.start.ordinal < beginning {
                    unchained += lines.lines
                } else {
                    note(.torn(.unreadable, lines: lines.lines), lines.start, sequence)
                }
            }
        }
    }

    private mutating func note(_ kind: AuditFinding.Kind, _ place: ChainPlace, _ sequence: Int?) {
        findings.append(Noted(kind: kind, place: place, sequence: sequence))
    }

    /// The numbers of a gap that no broken line can have had.
    ///
    /// An altered line has the number that it gives itself, where that is in the gap; other broken lines in its place
    /// have any, where they are enough for all.
    private mutating func missing(
        from low: Int, through high: Int, between before: ChainRun?, and behind: ChainRun?
    ) -> [ClosedRange<Int>] {
        let start = before?.end.ordinal ?? -1
        let stop = behind?.start.ordinal ?? Int.max
        var claimed: [ClosedRange<Int>] = []
        var others: [Int] = []
        for index in broken.indices {
            if let claims = broken[index].claims, claims.overlaps(low...high), sequences[index] == nil {
                sequences[index] = claims.lowerBound
                claimed.append(claims.clamped(to: low...high))
            } else if sequences[index] == nil, (start + 1..<max(stop, start + 1)).contains(broken[index].start.ordinal),
                broken[index].fault != .torn(.unfinished) || behind != nil,
                broken[index].fault != .unchained || before != nil
            {
                others.append(index)
            }
        }
        let gaps = Self.gaps(low...high, without: claimed)
        let count = gaps.reduce(0) { $0 + $1.count }
        let room = others.reduce(0) { $0 + broken[$1].lines }
        guard count > room || gaps.isEmpty else {
            for index in others {
                let sequence = low + broken[index].start.ordinal - start - 1
                if (low...high).contains(sequence) { sequences[index] = sequence }
            }
            return []
        }
        return gaps
    }

    private static func gaps(_ range: ClosedRange<Int>, without claimed: [ClosedRange<Int>]) -> [ClosedRange<Int>] {
        var gaps: [ClosedRange<Int>] = []
        var next = range.lowerBound
        for part in claimed.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if part.lowerBound > next { gaps.append(next...part.lowerBound - 1) }
            next = max(next, part.upperBound + 1)
        }
        if next <= range.upperBound { gaps.append(next...range.upperBound) }
        return gaps
    }

    /// The rising runs with the most lines, and of several such the one whose lines stand where their numbers belong.
    private func runsInPlace() -> [Int] {
        guard !runs.isEmpty else { return [] }
        var weights: [Int] = []
        var predecessors: [Int?] = []
        for (index, run) in runs.enumerated() {
            var best = (run.last - run.first + 1) * 4 + (run.start.ordinal == run.first - 1 - agedOut ? 2 : 0)
            var from: Int?
            for earlier in 0..<index where runs[earlier].last < run.last {
                let other = runs[earlier]
                var weight = weights[earlier] + (run.last - max(other.last, run.first - 1)) * 4
                if run.first == other.last + 1, run.previous == other.head { weight += 1 }
                if run.start.ordinal - other.end.ordinal == run.first - other.last { weight += 2 }
                if weight > best {
                    best = weight
                    from = earlier
                }
            }
            weights.append(best)
            predecessors.append(from)
        }
        var chosen: [Int] = []
        var next = weights.indices.max { weights[$0] < weights[$1] }
        while let index = next {
            chosen.append(index)
            next = predecessors[index]
        }
        return chosen
    }
}
