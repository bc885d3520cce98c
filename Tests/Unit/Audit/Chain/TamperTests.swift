import StentAudit
import Testing

/// A sealed trail of three segments, and every small thing that somebody can do to it: found, and named with its kind,
/// line and number.
///
/// That needs no key where the chain itself is broken, and so most tests here give none: an unoptimised Ed25519 would
/// take nearly all of their time. One test shows that with the key they find the same.
@Suite struct `Tampering with a sealed trail` {
    private static let trail = SealedTrail.small()
    private static let verifier = AuditVerifier(trail.settings { $0.keys = [] })
    private static let blocks = trail.segments.map { AuditBlock($0.bytes, in: verifier.context) }
    private var trail: SealedTrail { Self.trail }

    /// The verdict where one segment has other bytes.
    private func verdict(_ segment: Int, _ bytes: [UInt8]) -> AuditVerdict {
        var verifier = Self.verifier
        for (index, block) in Self.blocks.enumerated() {
            verifier.begin(segment: trail.segments[index].name)
            if index == segment { verifier.add(bytes) } else { verifier.join(block) }
        }
        return verifier.finish()
    }

    private func verdict(_ changed: SealedTrail) -> AuditVerdict { changed.verified { $0.keys = [] } }

    /// What a finding is about.
    private struct Place: Hashable {
        var name: AuditFinding.Name
        var segment: Int
        /// In the segment, from 1 on.
        var line: Int
        var sequence: Int?
    }

    private func places(_ verdict: AuditVerdict, in trail: SealedTrail) -> [Place] {
        verdict.findings.map { finding in
            Place(
                name: finding.name, segment: trail.segments.firstIndex { $0.name == finding.segment } ?? -1,
                line: finding.line, sequence: finding.sequence)
        }
    }

    /// Places of all lines: segment, and line in it from 0 on.
    private var lines: [(segment: Int, line: Int)] {
        trail.segments.indices.flatMap { segment in
            trail.segments[segment].lines.indices.map { (segment, $0) }
        }
    }

    /// The number of a line.
    private func sequence(_ segment: Int, _ line: Int) -> Int {
        trail.segments[..<segment].reduce(line + 1) { $0 + $1.lines.count }
    }

    @Test(arguments: 0..<4 as Range<UInt64>)
    func `every changed byte is found in its line`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        for segment in trail.segments.indices {
            let bytes = trail.segments[segment].bytes
            var start = 0
            for (line, text) in trail.segments[segment].lines.enumerated() {
                for offset in stride(from: start + Int(seed), to: start + text.count, by: 4) {
                    let value =
                        random.once(in: 2)
                        ? bytes[offset] ^ 1 << UInt8.random(in: 0..<8, using: &random)
                        : bytes[offset] &+ UInt8.random(in: 1...255, using: &random)
                    check(bytes, segment, line, offset, value)
                }
                start += text.count
            }
        }
    }

    /// The bits of the fields of the chain decide about their form: all of one line's are tried.
    @Test func `every bit of the chain's fields counts`() {
        let bytes = trail.segments[1].bytes
        let end = trail.segments[1].lines[..<3].reduce(0) { $0 + $1.count }
        for offset in end - 160..<end {
            for bit in 0..<8 as Range<UInt8> { check(bytes, 1, 2, offset, bytes[offset] ^ 1 << bit) }
        }
    }

    private func check(_ bytes: [UInt8], _ segment: Int, _ line: Int, _ offset: Int, _ value: UInt8) {
        var altered = bytes
        altered[offset] = value
        let found = places(verdict(segment, altered), in: trail)
        let number = sequence(segment, line)
        let isLast = line == trail.segments[segment].lines.count - 1
        let isEnd = segment == trail.segments.count - 1
        let here = Place(name: .altered, segment: segment, line: line + 1, sequence: number)
        var torn = here
        torn.name = .torn
        let expected: Bool
        if value == 0x0A {
            // One line became two: the first can't say which it is, the second may.
            expected =
                found.allSatisfy { $0.segment == segment && ($0.line == line + 1 || $0.line == line + 2) }
                && found.first?.name == .torn && found.first?.line == line + 1
        } else if bytes[offset] != 0x0A {
            expected = found == [here] || found == [torn]
        } else if isLast {
            torn.sequence = isEnd ? nil : number
            let cut = Place(name: .tailCut, segment: segment, line: line + 1, sequence: number - 1)
            expected = found == (isEnd ? [torn, cut] : [torn])
        } else {
            // Two lines became one, which says that it is the second: the first is missing.
            expected =
                found.count == 2 && found.contains { $0.name == .missing }
                && found.first == Place(name: .altered, segment: segment, line: line + 1, sequence: number + 1)
        }
        #expect(expected, "segment \(segment), line \(line + 1): \(bytes[offset]) to \(value) at \(offset): \(found)")
    }

    @Test func `with the key the same is found, and what no good seal vouches for any more`() {
        var random = SeededRandom(seed: 1)
        for _ in 0..<30 {
            var changed = trail
            let segment = Int.random(in: 0..<3, using: &random)
            let line = Int.random(in: 0..<trail.segments[segment].lines.count, using: &random)
            switch Int.random(in: 0..<3, using: &random) {
            case 0:
                let offset = Int.random(in: 0..<changed.segments[segment].lines[line].count, using: &random)
                changed.segments[segment].lines[line][offset] ^= 1
            case 1: changed.segments[segment].lines.remove(at: line)
            case _: changed.segments[segment].lines.swapAt(line, 0)
            }
            let found = changed.verified().findings.filter { $0.name != .unsealed }
            #expect(found == verdict(changed).findings)
        }
        var changed = trail
        changed.segments[2].lines[4][100] ^= 1
        changed.segments[1].lines[6][100] ^= 1
        #expect(changed.verified().findings.map(\.name) == [.altered, .unsealed, .altered])
        #expect(changed.verified().findings[1].kind == .unsealed(from: 10))
    }

    @Test func `two lines that changed places are named, and nothing else`() {
        let lines = lines
        for left in lines.indices {
            for right in lines.indices where right > left {
                var changed = trail
                let (one, other) = (lines[left], lines[right])
                let line = changed.segments[one.segment].lines[one.line]
                changed.segments[one.segment].lines[one.line] = changed.segments[other.segment].lines[other.line]
                changed.segments[other.segment].lines[other.line] = line
                let found = places(verdict(changed), in: changed)
                let here = Place(
                    name: .outOfOrder, segment: one.segment, line: one.line + 1,
                    sequence: sequence(other.segment, other.line))
                let there = Place(
                    name: .outOfOrder, segment: other.segment, line: other.line + 1,
                    sequence: sequence(one.segment, one.line))
                let what = Comment("lines \(one) and \(other): \(found)")
                if right == left + 1 {
                    #expect([[here], [there]].contains(found), what)
                } else {
                    #expect(found == [here, there], what)
                }
            }
        }
    }

    @Test func `a run of lines that was taken away is missing, from which number to which`() {
        let lines = lines
        for first in lines.indices {
            for last in lines.indices where last >= first {
                var changed = trail
                for index in (first...last).reversed() {
                    changed.segments[lines[index].segment].lines.remove(at: lines[index].line)
                }
                let verdict = self.verdict(changed)
                let kinds = verdict.findings.map(\.kind)
                let what = Comment("lines \(first + 1) to \(last + 1): \(verdict.findings)")
                if last == lines.count - 1 {
                    #expect(kinds == [.tailCut(from: first + 1, through: last + 1, witness: "audit.seals")], what)
                } else {
                    #expect(kinds == [.missing(from: first + 1, through: last + 1, .unexplained)], what)
                    let next = verdict.findings.first { $0.name == .missing }
                    #expect(next?.sequence == last + 2, what)
                }
            }
        }
    }

    @Test func `a line that is there twice is named, wherever the second one is`() {
        let lines = lines
        for (number, place) in lines.enumerated() {
            let line = trail.segments[place.segment].lines[place.line]
            for target in lines {
                var changed = trail
                changed.segments[target.segment].lines.insert(line, at: target.line)
                let found = places(verdict(changed), in: changed)
                let what = Comment("line \(number + 1) again before \(target): \(found)")
                #expect(found.count == 1, what)
                #expect(found.first?.name == .duplicate, what)
                #expect(found.first?.sequence == number + 1, what)
                #expect(found.first?.segment == target.segment, what)
                let isNeighbour = target == place
                #expect(
                    found.first?.line == target.line + 1 || isNeighbour && found.first?.line == target.line + 2, what)
            }
        }
    }

    @Test func `a run of lines that is there twice is one finding`() {
        for count in 2...5 {
            var changed = trail
            let run = Array(trail.segments[1].lines[1..<1 + count])
            changed.segments[1].lines.insert(contentsOf: run, at: 1 + count)
            let found = verdict(changed).findings
            #expect(found.map(\.kind) == [.duplicate(through: 6 + count)])
            #expect(found.first?.sequence == 7)
            #expect(found.first?.line == 2 + count)
        }
    }

    @Test func `a tail that was cut anywhere is found`() {
        let whole = trail.segments[2].bytes
        let starts = trail.segments[2].lines.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1.count) }
        for length in 0..<whole.count {
            let verdict = self.verdict(2, Array(whole[..<length]))
            let complete = starts.lastIndex { $0 <= length } ?? 0
            let what = Comment("cut to \(length) bytes: \(verdict.findings)")
            let cut = AuditFinding.Kind.tailCut(from: 13 + complete, through: 17, witness: "audit.seals")
            if starts.contains(length) {
                #expect(verdict.findings.map(\.kind) == [cut], what)
            } else {
                #expect(Set(verdict.findings.map(\.name)) == [.torn, .tailCut], what)
                #expect(verdict.findings.contains { $0.kind == cut }, what)
                #expect(
                    verdict.findings.contains { $0.kind == .torn(.unfinished, lines: 1) && $0.line == complete + 1 },
                    what)
            }
        }
    }

    @Test func `without a witness, a tail that was cut within a line is torn`() {
        var changed = trail
        changed.segments[2].lines[4].removeLast()
        let found = changed.verified { $0.anchors = [] }.findings
        #expect(found.map(\.kind) == [.torn(.unfinished, lines: 1)])
        #expect(found.first?.line == 5)
    }

    @Test func `segments that are gone are missing lines`() {
        let kinds = (0..<3).map { segment in
            var changed = trail
            changed.segments.remove(at: segment)
            return verdict(changed).findings.map(\.kind)
        }
        #expect(
            kinds == [
                [.missing(from: 1, through: 5, .unexplained)], [.missing(from: 6, through: 12, .unexplained)],
                [.tailCut(from: 13, through: 17, witness: "audit.seals")],
            ])
    }

    @Test func `segments that changed places are out of order`() {
        for (one, other) in [(0, 1), (1, 2), (0, 2)] {
            var changed = trail
            changed.segments.swapAt(one, other)
            let found = verdict(changed).findings
            #expect(!found.isEmpty)
            #expect(found.allSatisfy { $0.name == .outOfOrder && $0.line == 1 }, "\(found)")
        }
    }

    @Test func `a segment that is there twice is one finding`() {
        for segment in 0..<3 {
            var changed = trail
            changed.segments.insert(trail.segments[segment], at: segment + 1)
            let found = verdict(changed).findings
            let first = sequence(segment, 0)
            #expect(found.count == 1, "\(found)")
            #expect(found.first?.kind == .duplicate(through: first + trail.segments[segment].lines.count - 1))
            #expect(found.first?.sequence == first)
            #expect(found.first?.line == 1)
        }
    }

    @Test func `who chains all anew behind a change is betrayed by the next seal`() throws {
        for (number, place) in lines.enumerated() where number < 16 {
            var changed = trail
            var text = changed.segments[place.segment].lines[place.line]
            text[2] = 0x77  // the name of the first member
            changed.segments[place.segment].lines[place.line] = text
            try changed.chainAnew(from: place.line, in: place.segment)
            let verdict = changed.verified()
            let next = [5, 9, 12, 17].first { $0 >= number + 1 } ?? 17
            let what = Comment("line \(number + 1): \(verdict.findings)")
            // A seal that was changed itself is unreadable, the first behind it is of another head.
            #expect(verdict.findings.first?.name == .badSeal, what)
            #expect(verdict.findings.first?.sequence == next, what)
            #expect(verdict.findings.contains { $0.name == .contradicted }, what)
            #expect(!verdict.findings.contains { [.altered, .missing, .replaced].contains($0.name) }, what)
        }
    }

    @Test func `who also writes the seals anew lacks the key`() throws {
        var forged = SealedTrail(key: SealedTrail.nextKey)
        forged.begin()
        forged.exchanges(2)
        forged.seal()
        let found = forged.verified { $0.anchors = [] }.findings
        #expect(found.first?.kind == .badSeal(.unknownKey(SealedTrail.nextKey.publicKey.id)))
        #expect(found.first?.sequence == 4)
    }

    @Test func `who takes the seal of another line lacks one for this`() throws {
        var changed = trail
        let seal = SealedTrail.body(of: trail.segments[0].lines[4])
        changed.segments[1].lines[3] = seal
        try changed.chainAnew(from: 3, in: 1)
        #expect(changed.verified().findings.first?.kind == .badSeal(.otherHead))
        #expect(changed.verified().findings.first?.sequence == 9)
    }

    @Test func `a line that was replaced by one that fits itself is named`() throws {
        for (number, place) in lines.enumerated() where number < 16 && ![4, 8, 11].contains(number) {
            var changed = trail
            var text = changed.segments[place.segment].lines[place.line]
            text[2] = 0x77
            changed.segments[place.segment].lines[place.line] = text
            var one = changed
            try one.chainAnew(from: place.line, in: place.segment)
            changed.segments[place.segment].lines[place.line] = one.segments[place.segment].lines[place.line]
            let found = places(verdict(changed), in: changed)
            #expect(
                found == [
                    Place(name: .replaced, segment: place.segment, line: place.line + 1, sequence: number + 1)
                ])
        }
    }
}
