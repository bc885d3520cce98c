import StentAudit
import StentModel
import Testing

@Suite struct `What a trail's seals vouch for` {
    private let first = "audit-20260301T093000.123Z-000001.jsonl"
    private let second = "audit-20260301T093000.123Z-000002.jsonl"

    @Test func `a trail whose first segments aged out is whole`() {
        var trail = SealedTrail.small()
        trail.ageOut(before: 2)
        let verdict = trail.verified()
        #expect(brief(verdict) == [])
        #expect(verdict.summary.agedOutThrough == 12)
        #expect(verdict.summary.first == 13)
    }

    @Test func `so is one where some of the segments that should go are still there`() {
        var trail = SealedTrail.small()
        let middle = trail.segments[1]
        trail.ageOut(before: 2)
        trail.segments.insert(middle, at: 0)
        #expect(brief(trail.verified()) == [])
    }

    @Test func `aging out that no seal vouches for is not believed`() {
        var trail = SealedTrail.small()
        trail.ageOut(before: 1)
        trail.segments[trail.segments.count - 1].lines.removeLast()
        let verdict = trail.verified { $0.anchors = [] }
        #expect(brief(verdict) == ["missing \(second):1 6"])
        #expect(verdict.findings.first?.kind == .missing(from: 1, through: 5, .agedOutUnsealed(record: 18)))
        #expect(trail.verified { ($0.anchors, $0.keys) = ([], []) }.isWhole)
    }

    @Test func `aging out up to another line than the first that is there is missing lines`() {
        var trail = SealedTrail.small()
        trail.ageOut(before: 1)
        trail.segments[0].lines.removeFirst(2)
        let verdict = trail.verified()
        #expect(verdict.findings.map(\.kind) == [.missing(from: 6, through: 7, .unexplained)])
    }

    @Test func `a first line that goes on from another than the aged-out one is replaced`() throws {
        var trail = SealedTrail.small()
        var line: [UInt8] = []
        ChainRecord.appendAgedOut(segments: [first], through: 5, head: .none, at: SealedTrail.time, to: &line)
        trail.append(line)
        trail.seal()
        trail.segments.removeFirst()
        #expect(brief(trail.verified()) == ["replaced \(second):1 6"])
    }

    @Test func `a record of aging out that was put in another's place is not believed`() throws {
        var trail = SealedTrail.small()
        trail.ageOut(before: 1)
        var line: [UInt8] = []
        ChainRecord.appendAgedOut(segments: [first, second], through: 7, head: .none, at: SealedTrail.time, to: &line)
        try trail.replace(line: trail.segments[1].lines.count - 2, in: 1, with: line)
        trail.segments[0].lines.removeFirst(2)
        let kinds = trail.verified().findings.map(\.kind)
        #expect(kinds == [.missing(from: 1, through: 7, .agedOutUnsealed(record: 18)), .replaced])
    }

    @Test func `a change of keys that was put in another's place is not believed`() throws {
        var trail = SealedTrail.small()
        trail.changeKey(to: try #require(AuditSealKey(bytes: Array(repeating: 7, count: 32))))
        var line: [UInt8] = []
        ChainRecord.appendKeyChanged(
            from: SealedTrail.sealKey.publicKey.id, to: SealedTrail.nextKey.publicKey, at: SealedTrail.time, to: &line)
        try trail.replace(line: trail.segments[2].lines.count - 3, in: 2, with: line)
        trail.segments[2].lines.removeLast()
        let last = try #require(trail.segments[2].lines.last)
        var chain = try AuditChain(resumingAfter: last)
        var seal: [UInt8] = []
        var sealed: [UInt8] = []
        try AuditSeal(of: chain, trail: SealedTrail.id, at: SealedTrail.time, key: SealedTrail.nextKey)
            .appendLine(to: &seal)
        chain.append(seal, to: &sealed)
        trail.segments[2].lines.append(sealed)
        let verdict = trail.verified { $0.anchors = [] }
        let key = SealedTrail.nextKey.publicKey.id
        #expect(verdict.findings.map(\.kind) == [.replaced, .badSeal(.unknownKey(key))])
    }

    @Test func `a new key is believed once the old one has sealed the change`() throws {
        var trail = SealedTrail.small()
        trail.changeKey(to: SealedTrail.nextKey)
        trail.exchanges(1)
        trail.seal()
        let verdict = trail.verified()
        #expect(brief(verdict) == [])
        #expect(verdict.summary.keysLearned == [SealedTrail.nextKey.publicKey.id])
        #expect(verdict.summary.sealsGood == 7)
        let both = trail.verified { $0.keys = [SealedTrail.nextKey.publicKey, SealedTrail.sealKey.publicKey] }
        #expect(both.isWhole)
    }

    @Test func `a new key that hands over again is followed`() throws {
        var trail = SealedTrail.small()
        trail.changeKey(to: SealedTrail.nextKey)
        trail.changeKey(to: try #require(AuditSealKey(bytes: Array(repeating: 7, count: 32))))
        #expect(brief(trail.verified()) == [])
    }

    @Test func `a key that only said itself that it follows is not believed`() {
        var trail = SealedTrail.small()
        var line: [UInt8] = []
        ChainRecord.appendKeyChanged(
            from: SealedTrail.sealKey.publicKey.id, to: SealedTrail.nextKey.publicKey, at: SealedTrail.time, to: &line)
        trail.append(line)
        trail.key = SealedTrail.nextKey
        trail.seal()
        let verdict = trail.verified { $0.anchors = [] }
        #expect(verdict.findings.map(\.kind) == [.badSeal(.unknownKey(SealedTrail.nextKey.publicKey.id))])
        #expect(brief(verdict) == ["bad-seal audit.jsonl:7 19"])
    }

    @Test func `a key that was exchanged seals no more`() {
        var trail = SealedTrail.small()
        trail.changeKey(to: SealedTrail.nextKey)
        trail.key = SealedTrail.sealKey
        trail.seal()
        let verdict = trail.verified { $0.anchors = [] }
        #expect(verdict.findings.map(\.kind) == [.badSeal(.retiredKey(SealedTrail.sealKey.publicKey.id))])
    }

    @Test func `seals of a key that nobody gave are named`() {
        let verdict = SealedTrail.small().verified { $0.keys = [SealedTrail.nextKey.publicKey] }
        let key = SealedTrail.sealKey.publicKey.id
        #expect(verdict.findings.filter { $0.kind == .badSeal(.unknownKey(key)) }.count == 5)
        #expect(verdict.findings.contains { $0.kind == .unsealed(from: 1) })
    }

    @Test func `without a key seals are counted and not believed`() {
        let verdict = SealedTrail.small().verified { $0.keys = [] }
        #expect(verdict.isWhole)
        #expect(verdict.summary.sealsUnverified == 4)
        #expect(verdict.summary.sealedThrough == nil)
    }

    @Test func `lines since the last seal are counted, and a finding where their segment was closed`() {
        var trail = SealedTrail.small()
        trail.exchanges(4)
        #expect(trail.verified().isWhole)
        #expect(trail.verified().summary.linesSince == 4)
        trail.segments.append(.init(name: "more.jsonl", lines: []))
        trail.exchanges(1)
        #expect(brief(trail.verified()) == ["unsealed audit.jsonl:9 21"])
        #expect(trail.verified().findings.map(\.kind) == [.unsealed(from: 18)])
    }

    @Test func `a trail that lost all its seals is found, with a key`() throws {
        var trail = SealedTrail()
        trail.begin()
        trail.exchanges(3)
        #expect(brief(trail.verified { $0.anchors = [] }) == ["unsealed audit.jsonl:4 4"])
    }

    @Test func `a trail that was written anew with its key contradicts an anchor`() {
        let anchor = SealedTrail.small().newestSeal
        var other = SealedTrail()
        other.begin()
        other.exchanges(3)
        other.rotate()
        other.exchanges(2)
        other.seal()
        other.exchanges(2)
        other.rotate()
        other.exchanges(2)
        other.append(#"{"v":2,"event":"stop"}"# + "\n")
        other.seal()
        let verdict = other.verified { $0.anchors = [.init(name: "anchor", line: anchor)] }
        #expect(brief(verdict) == ["contradicted audit.jsonl:5 17"])
    }

    @Test func `anchors that are worth nothing are findings, and do not count`() {
        let trail = SealedTrail.small()
        var foreign = SealedTrail(id: SealedTrail.otherID)
        foreign.begin()
        foreign.exchanges(40)
        foreign.seal()
        var forged = SealedTrail(key: SealedTrail.nextKey)
        forged.begin()
        forged.exchanges(50)
        forged.seal()
        let verdict = trail.verified {
            $0.anchors += [
                .init(name: "a", number: 1, line: foreign.newestSeal),
                .init(name: "a", number: 2, line: forged.newestSeal),
                .init(name: "a", number: 3, line: Array("{}".utf8)),
            ]
        }
        #expect(brief(verdict) == ["foreign a:1 42", "bad-seal a:2 52", "bad-seal a:3 -"])
    }

    @Test func `a seal with a wrong signature is named, though the chain fits`() throws {
        var trail = SealedTrail.small()
        let line = String(decoding: trail.segments[2].lines[4], as: UTF8.self)
        let start = try #require(line.firstRange(of: "\"signature\":\"")).upperBound
        let digit = line[start] == "A" ? "B" : "A"
        let changed = line.replacingCharacters(at: start, with: digit)
        trail.segments[2].lines[4] = Array(changed.utf8)
        try trail.chainAnew(from: 4, in: 2)
        let verdict = trail.verified { $0.anchors = [] }
        #expect(brief(verdict) == ["bad-seal audit.jsonl:5 17"])
        #expect(verdict.findings.map(\.kind) == [.badSeal(.signature)])
        #expect(verdict.summary.sealedThrough == 11)
    }

    @Test func `a seal of another trail in a chain of this one is named`() {
        var trail = SealedTrail.small()
        var line: [UInt8] = []
        (try? AuditSeal(of: trail.chain, trail: SealedTrail.otherID, at: SealedTrail.time, key: SealedTrail.sealKey))?
            .appendLine(to: &line)
        trail.append(line)
        #expect(brief(trail.verified()) == ["foreign audit.jsonl:6 18"])
    }
}

extension String {
    fileprivate func replacingCharacters(at index: Index, with text: String) -> String {
        self[..<index] + text + self[self.index(after: index)...]
    }
}
