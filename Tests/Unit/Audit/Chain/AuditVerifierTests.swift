import StentAudit
import StentModel
import Testing

@Suite struct `Verifying a trail` {
    private let first = "audit-20260301T093000.123Z-000001.jsonl"
    private let second = "audit-20260301T093000.123Z-000002.jsonl"

    @Test func `an untouched trail has no finding`() throws {
        let trail = SealedTrail.small()
        let verdict = trail.verified()
        #expect(brief(verdict) == [])
        #expect(verdict.isWhole)
        var expected = AuditVerdict.Summary()
        expected.segments = 3
        expected.lines = 17
        expected.bytes = trail.lines.reduce(0) { $0 + $1.line.count }
        expected.trail = SealedTrail.id
        expected.first = 1
        expected.last = 17
        expected.sealsGood = 4
        expected.sealedThrough = 16
        expected.sealedAt = "2026-03-01T09:30:00.123456Z"
        #expect(verdict.summary == expected)
    }

    @Test func `however it is cut into portions, the same is found`() {
        var trail = SealedTrail.small()
        trail.segments[1].lines[2][20] ^= 1
        trail.segments[1].lines.swapAt(4, 6)
        trail.segments[2].lines.insert(trail.segments[2].lines[1], at: 2)
        trail.segments[2].lines[4].removeLast(3)
        trail.segments[2].lines.append(Array("rest".utf8))
        let whole = trail.verified()
        #expect(brief(whole).count >= 5)
        for size in [1, 2, 7, 100, 333, 500, 1_000] {
            var verifier = AuditVerifier(trail.settings())
            for segment in trail.segments {
                verifier.begin(segment: segment.name)
                var rest = segment.bytes[...]
                while !rest.isEmpty {
                    verifier.add(Array(rest.prefix(size)))
                    rest = rest.dropFirst(size)
                }
            }
            #expect(verifier.finish() == whole, "in portions of \(size)")
        }
    }

    @Test func `blocks that were made elsewhere are joined to the same verdict`() {
        let trail = SealedTrail.small()
        var verifier = AuditVerifier(trail.settings())
        for segment in trail.segments {
            let blocks = segment.lines.map { AuditBlock($0, in: verifier.context) }
            verifier.begin(segment: segment.name)
            for block in blocks { verifier.join(block) }
        }
        #expect(verifier.finish() == trail.verified())
    }

    @Test func `compressed and encrypted segments keep their names`() {
        var trail = SealedTrail.small()
        trail.segments[0].name += ".gz.enc"
        trail.segments[1].name += ".gz"
        #expect(trail.verified().isWhole)
    }

    @Test func `no lines at all are whole, unless somebody knows of lines`() {
        let none = [(name: "audit.jsonl", bytes: [UInt8]())]
        #expect(verdict(of: none, .init()).isWhole)
        #expect(verdict(of: [], .init()).isWhole)
        let cut = verdict(of: none, SealedTrail.small().settings())
        #expect(cut.findings.map(\.kind) == [.tailCut(from: 1, through: 17, witness: "audit.seals")])
    }

    @Test func `the end is known by a number, too`() {
        let trail = SealedTrail.small()
        #expect(trail.verified { $0.atLeast = 17 }.isWhole)
        let verdict = trail.verified { $0.atLeast = 20 }
        #expect(verdict.findings.map(\.kind) == [.tailCut(from: 18, through: 20, witness: "--at-least")])
        #expect(brief(verdict) == ["tail-cut audit.jsonl:5 17"])
    }

    @Test func `a segment under another name is told by the one after it`() {
        var trail = SealedTrail.small()
        trail.segments[0].name = "audit-20260301T093000.123Z-000000.jsonl"
        let verdict = trail.verified()
        #expect(brief(verdict) == ["misnamed \(second):1 6"])
        #expect(
            verdict.findings.map(\.kind)
                == [.misnamed(recorded: first, found: "audit-20260301T093000.123Z-000000.jsonl")])
    }

    @Test func `lines of another trail among them are named as such`() {
        var foreign = SealedTrail(id: SealedTrail.otherID)
        foreign.begin()
        foreign.exchanges(5)
        foreign.seal()
        foreign.exchanges(1)
        var trail = SealedTrail.small()
        trail.segments[1].lines.insert(contentsOf: foreign.segments[0].lines, at: 2)
        let verdict = trail.verified()
        #expect(brief(verdict) == ["foreign \(second):3 1"])
        #expect(verdict.findings.map(\.kind) == [.foreign(SealedTrail.otherID, through: 8)])
    }

    @Test func `a whole segment in the place of another's is foreign, and the other's lines are missing`() {
        var foreign = SealedTrail(id: SealedTrail.otherID)
        foreign.begin()
        foreign.exchanges(3)
        foreign.rotate()
        foreign.exchanges(7)
        foreign.rotate()
        var trail = SealedTrail.small()
        trail.segments[1].lines = foreign.segments[1].lines
        #expect(brief(trail.verified()) == ["foreign \(second):1 6", "missing audit.jsonl:1 13"])
    }

    @Test func `lines of a time without a chain may stand before its beginning`() {
        var trail = SealedTrail.small()
        let old = Array(#"{"v":1,"time":"2026-01-01T00:00:00.000000Z","event":"start","details":{}}"#.utf8) + [0x0A]
        trail.segments.insert(.init(name: "old", lines: [old, old]), at: 0)
        let verdict = trail.verified()
        #expect(brief(verdict) == [])
        #expect(verdict.summary.unchained == 2)
        trail.segments[2].lines.insert(old, at: 1)
        #expect(brief(trail.verified()) == ["torn \(second):2 -"])
    }

    @Test func `a line of more than 1 MiB is a finding, and costs no more memory`() {
        var trail = SealedTrail.small()
        let long = [UInt8](repeating: 0x20, count: (1 << 20) + 1)
        trail.segments[1].lines.insert(long + [0x0A], at: 1)
        let verdict = trail.verified()
        #expect(verdict.findings.map(\.kind) == [.torn(.tooLong, lines: 1)])
        #expect(brief(verdict) == ["torn \(second):2 -"])
        var verifier = AuditVerifier(trail.settings())
        var cutter = AuditBlockCutter()
        verifier.begin(segment: "audit.jsonl")
        for _ in 0..<40 { #expect(cutter.cut([UInt8](repeating: 0x20, count: 100_000)).isEmpty) }
        #expect(cutter.finish().count == (1 << 20) + 1)
    }

    @Test func `findings and breaks are bounded, and those that were left out counted`() {
        var trail = SealedTrail.small()
        trail.segments[1].lines += trail.segments[1].lines.reversed()
        trail.segments[1].lines += trail.segments[1].lines.reversed()
        let verdict = trail.verified { $0.limit = 4 }
        #expect(verdict.findings.count == 4)
        #expect(!verdict.isWhole)
        #expect(trail.verified { $0.limit = 8 }.findings.contains { $0.name == .tooMany })
    }

    @Test func `whatever bytes there are, it comes to an end`() {
        var random = SeededRandom(seed: 6)
        let trail = SealedTrail.small()
        for _ in 0..<60 {
            var bytes = Array(trail.segments.map(\.bytes).joined())
            for _ in 0..<Int.random(in: 1...40, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
                case 1:
                    bytes.removeSubrange(place..<min(bytes.count - 1, place + Int.random(in: 1...300, using: &random)))
                case 2: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + 400)], at: place / 2)
                case _: bytes.insert(0x0A, at: place)
                }
            }
            let settings = trail.settings { ($0.keys, $0.limit) = ([], 12) }
            let found = verdict(of: [(first, bytes)], settings)
            #expect(!found.isWhole)
            var verifier = AuditVerifier(settings)
            verifier.begin(segment: first)
            var rest = bytes[...]
            while !rest.isEmpty {
                let size = Int.random(in: 1...1_000, using: &random)
                verifier.add(Array(rest.prefix(size)))
                rest = rest.dropFirst(size)
            }
            #expect(verifier.finish() == found)
            for finding in found.findings { #expect(!finding.description.isEmpty) }
        }
    }

    @Test func `it goes on behind each finding, to the last`() {
        var trail = SealedTrail.small()
        trail.segments[0].lines[1][50] ^= 1
        trail.segments[1].lines.removeSubrange(1..<3)
        trail.segments[1].lines.insert(trail.segments[1].lines[1], at: 3)
        trail.segments[2].lines.swapAt(1, 3)
        trail.segments[2].lines.removeLast()
        #expect(
            brief(trail.verified()) == [
                "altered \(first):2 2", "missing \(second):2 9", "duplicate \(second):4 9",
                "out-of-order audit.jsonl:2 16", "out-of-order audit.jsonl:4 14", "tail-cut audit.jsonl:4 16",
            ])
    }

    @Test func `an altered line hides neither that others are missing beside it nor how many`() {
        var trail = SealedTrail.small()
        trail.segments[1].lines[3][50] ^= 1
        trail.segments[1].lines.removeSubrange(1..<3)
        let kinds = trail.verified().findings.map(\.kind)
        #expect(kinds == [.altered(through: 9), .missing(from: 7, through: 8, .unexplained)])
        trail.segments[1].lines[1].replaceSubrange(0..<1, with: [0x20])
        #expect(trail.verified().findings.map(\.name) == [.torn, .missing])
    }

    @Test func `lines that were altered one behind another are one finding`() {
        var trail = SealedTrail.small()
        for line in 1..<5 { trail.segments[1].lines[line][50] ^= 1 }
        let found = trail.verified().findings
        #expect(found.map(\.kind) == [.altered(through: 10)])
        #expect(found.first?.sequence == 7)
    }

    @Test func `bytes between lines are torn, and no line is missing for them`() {
        var trail = SealedTrail.small()
        trail.segments[1].lines.insert(Array("\n{}\n".utf8), at: 4)
        #expect(brief(trail.verified()) == ["torn \(second):5 -"])
        #expect(trail.verified().findings.map(\.kind) == [.torn(.unreadable, lines: 2)])
    }

    @Test func `a finding says where, what, and what to do`() {
        var trail = SealedTrail.small()
        trail.segments[1].lines.removeSubrange(1..<3)
        #expect(
            trail.verified().findings.map(\.description) == [
                """
                \(second):2: audit.missing (seq 9): seq 7 to 8 (2 lines) are missing before this line
                  help: look for the lines in a backup or among the shipped segments
                """
            ])
    }

    @Test func `every kind of finding has a sentence of one line`() {
        let id = SealedTrail.sealKey.publicKey.id
        let kinds: [AuditFinding.Kind] = [
            .altered(through: 1), .altered(through: 2), .replaced, .torn(.unfinished, lines: 1),
            .torn(.unreadable, lines: 1), .torn(.unreadable, lines: 2), .torn(.tooLong, lines: 1),
            .missing(from: 1, through: 1, .unexplained), .missing(from: 1, through: 2, .agedOutUnsealed(record: 9)),
            .duplicate(through: 1), .outOfOrder(through: 3), .tailCut(from: 1, through: 2, witness: "w"),
            .contradicted(witness: "w"), .badSeal(.unreadable), .badSeal(.otherHead), .badSeal(.signature),
            .badSeal(.unknownKey(id)), .badSeal(.retiredKey(id)), .unsealed(from: 1),
            .foreign(SealedTrail.otherID, through: 2), .misnamed(recorded: "a", found: "b"), .tooMany(breaks: 3),
        ]
        let findings = kinds.map { AuditFinding(kind: $0, segment: "audit.jsonl", line: 3, sequence: 1) }
        #expect(Set(findings.map(\.name)) == Set(AuditFinding.Name.allCases))
        #expect(Set(findings.map(\.sentence)).count == kinds.count)
        for finding in findings {
            let lines = finding.description.split(separator: "\n")
            #expect(lines.count == 2)
            #expect(lines.first?.hasPrefix("audit.jsonl:3: audit.\(finding.name.rawValue) (seq 1): ") == true)
        }
    }
}
