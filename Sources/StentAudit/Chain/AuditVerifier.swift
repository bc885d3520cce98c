/// Verifies a trail: every line of it, in bounded memory, and on to the end whatever is found.
///
/// It is told of one segment after another in their order (`begin`), and of each segment's bytes in any portions
/// (`add`). Or, so that the hashing is spread over cores, blocks of whole lines (`AuditBlockCutter`) are made into
/// `AuditBlock`s wherever there is time, and handed over in their order (`join`), which is cheap.
package struct AuditVerifier: Sendable {
    /// What is known of a trail from elsewhere.
    package struct Settings: Sendable {
        /// Those whose seals are believed. Keys that these hand over to are learned on the way. With none, seals are
        /// not verified, and who can write the files can forge all of them.
        package var keys: [AuditPublicKey] = []
        /// Which trail it should be; else the first anchor says, or the first line that names one.
        package var trail: TrailID?
        /// The trail must reach this number.
        package var atLeast: Int?
        /// Seals that were kept outside the segments. Where a stent is writing, they are read before the segments are:
        /// read later, they may know of lines that came since.
        package var anchors: [Anchor] = []
        /// Findings beyond these are only counted; also the number of breaks that are looked into.
        package var limit = 1_000

        package init() {}
    }

    /// A seal's line in the file `audit.seals` or elsewhere.
    package struct Anchor: Sendable {
        /// The file's name, for findings.
        package var name: String
        /// In that file, from 1 on.
        package var number: Int
        package var line: [UInt8]

        package init(name: String, number: Int = 1, line: [UInt8]) {
            self.name = name
            self.number = number
            self.line = line
        }
    }

    /// For blocks that are made elsewhere.
    package let context: AuditBlock.Context
    private let settings: Settings
    private let anchors: [SealedLine?]
    /// By the number of the seal's line.
    private let anchored: [Int: [Int]]

    private var cutter = AuditBlockCutter()
    private var segments: [String] = []
    /// Where the next block's lines begin.
    private var base = ChainPlace(segment: -1, line: 1, ordinal: 0)
    /// The place of the last line.
    private var end = ChainPlace(segment: -1, line: 0, ordinal: -1)
    private var byteCount = 0
    private var pieces: [ChainPiece] = []
    /// Pieces that there was no room for, and where the first of them is.
    private var uncounted = 0
    private var lastUncounted: ChainPiece?
    private var firstUncounted: ChainPlace?
    private var seals: ChainSeals
    private var found: [(finding: ChainLineage.Noted, run: Int?)] = []
    private var findingsLost = 0
    /// Lines that are not what an anchor says, by the anchor.
    private var contradicted: [(anchor: Int, place: ChainPlace)] = []
    /// The last line of the last segment that another follows.
    private var closed: (sequence: Int, place: ChainPlace)?

    package init(_ settings: Settings) {
        self.settings = settings
        anchors = settings.anchors.map { SealedLine(line: $0.line) }
        var anchored: [Int: [Int]] = [:]
        for (index, anchor) in anchors.enumerated() {
            if let anchor { anchored[anchor.sequence, default: []].append(index) }
        }
        self.anchored = anchored
        var keys: [AuditKeyID: AuditPublicKey] = [:]
        for key in settings.keys { keys[key.id] = key }
        context = AuditBlock.Context(keys: keys, watched: anchored.keys.sorted())
        seals = ChainSeals(
            trail: settings.trail ?? anchors.lazy.compactMap { $0 }.first?.seal.trail, hasKeys: !keys.isEmpty)
    }

    /// Begins the next segment.
    ///
    /// - Parameter name: of the file, without its folder.
    package mutating func begin(segment name: String) {
        endSegment()
        if let run = pieces.last(where: { $0.run != nil })?.run { closed = (run.last, end) }
        segments.append(name)
        base = ChainPlace(segment: segments.count - 1, line: 1, ordinal: base.ordinal)
    }

    /// Takes what follows in the segment.
    package mutating func add(_ chunk: [UInt8]) {
        let lines = cutter.cut(chunk)
        if !lines.isEmpty { join(AuditBlock(lines, in: context)) }
    }

    /// Takes what was found in the segment's next lines.
    package mutating func join(_ block: AuditBlock) {
        precondition(base.segment >= 0, "a segment is begun before its lines are joined")
        var marks = block.marks[...]
        for piece in block.pieces {
            let start = piece.start.line
            let stop = piece.run?.end.line ?? start
            let index = append(piece.moved(to: base))
            while let mark = marks.first, mark.line <= stop {
                marks.removeFirst()
                if let index { add(mark, run: index) }
            }
        }
        for sighting in block.sightings {
            for anchor in anchored[sighting.sequence] ?? []
            where anchors[anchor]?.hash != sighting.hash && contradicted.count < settings.limit {
                contradicted.append((anchor, place(ofLine: sighting.line)))
            }
        }
        if block.lines > 0 { end = place(ofLine: block.lines - 1) }
        base.line += block.lines
        base.ordinal += block.lines
        byteCount += block.byteCount
    }

    private func place(ofLine line: Int) -> ChainPlace {
        ChainPlace(segment: 0, line: line, ordinal: line).moved(to: base)
    }

    private mutating func endSegment() {
        let rest = cutter.finish()
        if !rest.isEmpty { join(AuditBlock(rest, in: context)) }
    }

    /// - Returns: the index of the piece that now has these lines; `nil` where there was no room.
    private mutating func append(_ piece: ChainPiece) -> Int? {
        if lastUncounted == nil, let last = pieces.indices.last, pieces[last].absorb(piece) { return last }
        guard pieces.count < settings.limit else {
            if lastUncounted?.absorb(piece) == true { return nil }
            uncounted += 1
            firstUncounted = firstUncounted ?? piece.start
            lastUncounted = piece
            return nil
        }
        pieces.append(piece)
        return pieces.count - 1
    }

    private mutating func add(_ mark: AuditBlock.Mark, run index: Int) {
        let place = place(ofLine: mark.line)
        if case .rotated(let segment) = mark.record {
            checkName(segment, at: place, run: index, mark.sequence)
            return
        }
        var trail = ChainRun.Trail.unnamed
        if let kind = seals.add(mark, run: index, trail: &trail) { note(kind, place, mark.sequence, run: index) }
        guard case .run(var run) = pieces[index] else { return }
        switch (run.trail, trail) {
        case (.unnamed, _), (.foreign, .own): run.trail = trail
        case (.own, _), (.foreign, .unnamed), (.foreign, .foreign): return
        }
        pieces[index] = .run(run)
    }

    /// The first line of a segment says how the one before it is called.
    private mutating func checkName(_ recorded: String, at place: ChainPlace, run index: Int, _ sequence: Int) {
        guard place.line == 1, let run = pieces[index].run, run.start.segment < place.segment else { return }
        let found = segments[place.segment - 1]
        var plain = found[...]
        for ending in [".enc", ".gz"] where plain.hasSuffix(ending) { plain = plain.dropLast(ending.count) }
        if plain != recorded { note(.misnamed(recorded: recorded, found: found), place, sequence, run: index) }
    }

    private mutating func note(_ kind: AuditFinding.Kind, _ place: ChainPlace, _ sequence: Int?, run: Int?) {
        guard found.count < settings.limit else {
            findingsLost += 1
            return
        }
        found.append((ChainLineage.Noted(kind: kind, place: place, sequence: sequence), run))
    }
}

extension AuditVerifier {
    /// Ends the last segment, and says what was found.
    package consuming func finish() -> AuditVerdict {
        var verifier = self
        verifier.endSegment()
        return verifier.judged()
    }

    private mutating func judged() -> AuditVerdict {
        let foreign = foreignRuns()
        let witnesses = goodAnchors()
        var lineage = ChainLineage(
            pieces.indices.filter { !foreign.contains($0) }.map { pieces[$0] }, end: end)
        if let record = seals.agedOut(outside: foreign) {
            lineage.agedOut = record.through
            lineage.agedOutHead = record.head
        }
        if let record = seals.unsealedRecord(outside: foreign) {
            lineage.unsealedRecord = (record.through, record.sequence)
        }
        lineage.expectedEnd = uncounted > 0 ? nil : expectedEnd(of: witnesses)
        lineage.judge()
        var noted = lineage.findings
        noted += found.filter { $0.run.map(foreign.contains) != true }.map(\.finding)
        for (anchor, place) in contradicted where witnesses.contains(anchor) {
            let kind = AuditFinding.Kind.contradicted(witness: settings.anchors[anchor].name)
            noted.append(.init(kind: kind, place: place, sequence: anchors[anchor]?.sequence))
        }
        for index in foreign.sorted() {
            guard let run = pieces[index].run, case .foreign(let trail) = run.trail else { continue }
            noted.append(.init(kind: .foreign(trail, through: run.last), place: run.start, sequence: run.first))
        }
        noted += unsealed(lineage)
        if let firstUncounted { noted.append(.init(kind: .tooMany(breaks: uncounted), place: firstUncounted)) }
        noted.sort { $0.order < $1.order }
        let findings = noted.map { note in
            let name = segments.indices.contains(note.place.segment) ? segments[note.place.segment] : ""
            return AuditFinding(
                kind: note.kind, segment: name, line: note.place.line, sequence: note.sequence)
        }
        let all = findings + badAnchors(except: witnesses)
        return AuditVerdict(
            findings: Array(all.prefix(settings.limit)),
            furtherFindings: max(0, all.count - settings.limit) + findingsLost, summary: summary(lineage))
    }

    private func foreignRuns() -> Set<Int> {
        Set(
            pieces.indices.filter {
                guard case .foreign = pieces[$0].run?.trail else { return false }
                return true
            })
    }

    /// Those whose word counts: with keys, the ones that such a key signed.
    private func goodAnchors() -> Set<Int> {
        Set(
            anchors.indices.filter { index in
                guard let seal = anchors[index]?.seal, seal.trail == seals.trail else { return false }
                return context.keys.isEmpty || key(seal.key).map(seal.isSigned) == true
            })
    }

    private func key(_ id: AuditKeyID) -> AuditPublicKey? { context.keys[id] ?? seals.learned[id] }

    private func badAnchors(except good: Set<Int>) -> [AuditFinding] {
        anchors.indices.filter { !good.contains($0) }.map { index in
            let kind: AuditFinding.Kind
            if let anchor = anchors[index] {
                if let trail = seals.trail, anchor.seal.trail != trail {
                    kind = .foreign(anchor.seal.trail, through: anchor.sequence)
                } else {
                    kind = .badSeal(key(anchor.seal.key) == nil ? .unknownKey(anchor.seal.key) : .signature)
                }
            } else {
                kind = .badSeal(.unreadable)
            }
            let anchor = settings.anchors[index]
            return AuditFinding(
                kind: kind, segment: anchor.name, line: anchor.number, sequence: anchors[index]?.sequence)
        }
    }

    private func expectedEnd(of witnesses: Set<Int>) -> (through: Int, witness: String)? {
        let highest = witnesses.max { (anchors[$0]?.sequence ?? 0) < (anchors[$1]?.sequence ?? 0) }
        let known = highest.flatMap { index in
            anchors[index].map { (through: $0.sequence, witness: settings.anchors[index].name) }
        }
        guard let atLeast = settings.atLeast, atLeast > known?.through ?? 0 else { return known }
        return (min(atLeast, ChainedLine.largestSequence), "--at-least")
    }

    private func unsealed(_ lineage: ChainLineage) -> [ChainLineage.Noted] {
        guard !context.keys.isEmpty, let first = lineage.first else { return [] }
        guard let through = seals.through else {
            return [.init(kind: .unsealed(from: first), place: end, sequence: lineage.last)]
        }
        guard let closed, closed.sequence > through + 1 else { return [] }
        return [.init(kind: .unsealed(from: through + 2), place: closed.place, sequence: closed.sequence)]
    }

    private func summary(_ lineage: ChainLineage) -> AuditVerdict.Summary {
        var summary = AuditVerdict.Summary()
        summary.segments = segments.count
        summary.lines = base.ordinal
        summary.bytes = byteCount
        summary.trail = seals.trail
        summary.first = lineage.first
        summary.last = lineage.first == nil ? nil : lineage.last
        summary.unchained = lineage.unchained
        summary.agedOutThrough = lineage.agedOut > 0 ? lineage.agedOut : nil
        summary.sealsGood = seals.good
        summary.sealsUnverified = seals.unverified
        summary.sealedThrough = seals.through
        summary.sealedAt = seals.time
        // The seal's own line is not left without one: nothing in it is free.
        let sealed = seals.through.map { $0 + 1 } ?? (lineage.first ?? 1) - 1
        summary.linesSince = lineage.first == nil ? 0 : max(0, lineage.last - sealed)
        summary.keysLearned = seals.learned.keys.filter { context.keys[$0] == nil }.sorted { $0.text < $1.text }
        return summary
    }
}
