import StentAudit
import StentModel

/// A small sealed trail, made as the writer makes one, to be tampered with.
struct SealedTrail {
    struct Segment {
        var name: String
        var lines: [[UInt8]]

        var bytes: [UInt8] { Array(lines.joined()) }
    }

    static let id = TrailID(random: Array(0..<16))
    static let otherID = TrailID(random: Array(16..<32))
    static let sealKey = fixedKey(0)
    static let nextKey = fixedKey(100)
    static let time = WallTime(nanoseconds: 1_772_357_400_123_456_000)

    var segments: [Segment] = [Segment(name: "audit.jsonl", lines: [])]
    /// What the file `audit.seals` holds.
    var newestSeal: [UInt8] = []
    var key = sealKey
    let id: TrailID
    private(set) var chain = AuditChain()
    private var closed = 0

    init(id: TrailID = id, key: AuditSealKey = sealKey) {
        self.id = id
        self.key = key
    }

    /// Three segments of three to five exchanges; the middle one is sealed twice.
    static func small() -> SealedTrail {
        var trail = SealedTrail()
        trail.begin()
        trail.exchanges(3)
        trail.rotate()
        trail.exchanges(2)
        trail.seal()
        trail.exchanges(2)
        trail.rotate()
        trail.exchanges(3)
        trail.seal()
        return trail
    }

    mutating func begin() {
        var line: [UInt8] = []
        ChainRecord.appendBegun(trail: id, key: key.publicKey.id, at: Self.time, to: &line)
        append(line)
    }

    mutating func exchanges(_ count: Int) {
        for _ in 0..<count {
            append(
                #"{"v":2,"time":"2026-03-01T09:30:00.000000Z","phase":"outcome","path":"/notes/\#(chain.sequence)"}"#
                    + "\n")
        }
    }

    mutating func seal() {
        var line: [UInt8] = []
        guard let seal = try? AuditSeal(of: chain, trail: id, at: Self.time, key: key) else { return }
        seal.appendLine(to: &line)
        append(line)
        newestSeal = segments[segments.count - 1].lines.last ?? []
    }

    /// Seals the segment, closes it, and begins the next.
    mutating func rotate() {
        seal()
        closed += 1
        let name = "audit-20260301T093000.123Z-00000\(closed).jsonl"
        segments[segments.count - 1].name = name
        segments.append(Segment(name: "audit.jsonl", lines: []))
        var line: [UInt8] = []
        AuditLine.append(
            EventRecord(.auditRotated, time: Self.time, details: [.init("segment", .text(name))]), to: &line)
        append(line)
    }

    /// Says that the segments before this one aged out, seals that, and removes them.
    mutating func ageOut(before segment: Int) {
        let last = segments[segment - 1].lines.last ?? []
        guard let end = try? AuditChain(resumingAfter: last) else { return }
        var line: [UInt8] = []
        ChainRecord.appendAgedOut(
            segments: segments[..<segment].map(\.name), through: end.sequence, head: end.head, at: Self.time, to: &line)
        append(line)
        seal()
        segments.removeFirst(segment)
    }

    /// Hands over to another key: said, sealed by the old one, sealed by the new.
    mutating func changeKey(to new: AuditSealKey) {
        var line: [UInt8] = []
        ChainRecord.appendKeyChanged(from: key.publicKey.id, to: new.publicKey, at: Self.time, to: &line)
        append(line)
        seal()
        key = new
        seal()
    }

    mutating func append(_ text: String) { append(Array(text.utf8)) }

    mutating func append(_ lines: [UInt8]) {
        var output: [UInt8] = []
        chain.append(lines, to: &output)
        segments[segments.count - 1].lines.append(output)
    }

    /// All lines, each with its segment.
    var lines: [(segment: Int, line: [UInt8])] {
        segments.indices.flatMap { segment in segments[segment].lines.map { (segment, $0) } }
    }

    func verified(_ change: (inout AuditVerifier.Settings) -> Void = { _ in }) -> AuditVerdict {
        verdict(of: segments.map { ($0.name, $0.bytes) }, settings(change))
    }

    func settings(_ change: (inout AuditVerifier.Settings) -> Void = { _ in }) -> AuditVerifier.Settings {
        var settings = AuditVerifier.Settings()
        settings.keys = [Self.sealKey.publicKey]
        settings.anchors = [.init(name: "audit.seals", line: newestSeal)]
        change(&settings)
        return settings
    }

    /// Chains the bodies of lines anew, as somebody does who can write the files but has no key.
    mutating func chainAnew(from first: Int, in segment: Int) throws {
        let before =
            segment == 0 && first == 0
            ? nil : first > 0 ? segments[segment].lines[first - 1] : segments[segment - 1].lines.last
        var chain = try before.map { try AuditChain(resumingAfter: $0) } ?? AuditChain()
        for place in segment..<segments.count {
            for index in (place == segment ? first : 0)..<segments[place].lines.count {
                var output: [UInt8] = []
                chain.append(Self.body(of: segments[place].lines[index]), to: &output)
                segments[place].lines[index] = output
            }
        }
    }

    /// Puts another line in a line's place, which fits itself and the one before.
    mutating func replace(line: Int, in segment: Int, with body: [UInt8]) throws {
        var chain = try AuditChain(resumingAfter: segments[segment].lines[line - 1])
        var output: [UInt8] = []
        chain.append(body, to: &output)
        segments[segment].lines[line] = output
    }

    /// A line as it was before it was chained.
    static func body(of line: [UInt8]) -> [UInt8] {
        let text = String(decoding: line, as: UTF8.self)
        guard let end = text.range(of: #","seq":"#) else { return line }
        return Array((text[..<end.lowerBound] + "}\n").utf8)
    }

    private static func fixedKey(_ first: UInt8) -> AuditSealKey {
        guard let key = AuditSealKey(bytes: (0..<32).map { first + $0 }) else {
            preconditionFailure("32 bytes are a key")
        }
        return key
    }
}

func verdict(of segments: [(name: String, bytes: [UInt8])], _ settings: AuditVerifier.Settings) -> AuditVerdict {
    var verifier = AuditVerifier(settings)
    for segment in segments {
        verifier.begin(segment: segment.name)
        verifier.add(segment.bytes)
    }
    return verifier.finish()
}

/// A finding without its sentence.
func brief(_ verdict: AuditVerdict) -> [String] {
    verdict.findings.map { "\($0.name.rawValue) \($0.segment):\($0.line) \($0.sequence.map(String.init) ?? "-")" }
}

extension String {
    /// The first place of a text.
    fileprivate func range(of text: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
            start = index(after: start)
        }
        return nil
    }
}
