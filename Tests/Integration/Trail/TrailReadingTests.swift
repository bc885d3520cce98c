import Glibc
import StentAudit
import StentModel
import StentTrail
import Testing

@Suite struct TrailReadingTests {
    private let key: SegmentKey

    init() throws { key = try #require(SegmentKey(bytes: [UInt8](repeating: 7, count: 32))) }

    /// Four segments: plain, compressed, encrypted, both; and a live file.
    private func mixed() throws -> TrailFolder {
        let folder = TrailFolder()
        for _ in 0..<4 {
            folder.exchange(10)
            try folder.rotate()
        }
        folder.exchange(10)
        try folder.seal()
        folder.compress(folder.segments[1])
        try SegmentFiles.encrypt("\(folder.path)/\(folder.segments[2])", under: key)
        try SegmentFiles.encrypt("\(folder.path)/\(folder.compress(folder.segments[3]))", under: key)
        return folder
    }

    @Test func `lines of plain, compressed and encrypted segments are read in their order`() throws {
        let folder = try mixed()
        #expect(folder.names.filter { $0.hasSuffix(".jsonl.gz.enc") }.count == 1)
        let (ids, report) = try folder.ids(keys: [key])
        #expect(ids == Array(0..<50))
        #expect(report.faults.isEmpty)
        #expect(report.files == 5)
    }

    @Test func `a trail in all forms verifies`() throws {
        let folder = try mixed()
        let report = try folder.verified(keys: [key])
        #expect(report.isWhole, "\(report.verdict.findings) \(report.faults)")
        #expect(report.verdict.summary.sealsGood == 5)
        #expect(VerificationSummary.text(report, seconds: 1).contains(": whole"))
    }

    @Test func `an altered line is named, in a compressed segment too`() throws {
        let folder = TrailFolder()
        folder.exchange(10)
        try folder.rotate()
        folder.exchange(1)
        try folder.seal()
        var bytes = folder.read(folder.segments[0])
        let place = try #require(bytes.indices.first { bytes[$0...].starts(with: "staff3".utf8) })
        bytes[place + 5] = 0x34
        folder.write(bytes, to: folder.segments[0])
        let name = folder.compress(folder.segments[0])
        let report = try folder.verified()
        #expect(report.verdict.findings.map { "\($0.name.rawValue) \($0.segment):\($0.line)" } == ["altered \(name):5"])
    }

    @Test func `a cut tail is found by the seal beside the segments`() throws {
        let folder = TrailFolder()
        folder.exchange(10)
        try folder.seal()
        let lines = folder.read("audit.jsonl").split(separator: 0x0A)
        folder.write(Array(lines.dropLast(3).joined(separator: [0x0A])) + [0x0A], to: "audit.jsonl")
        let report = try folder.verified()
        #expect(report.verdict.findings.map(\.name).contains(.tailCut))
    }

    @Test func `without its key an encrypted segment is a finding, and the others are read`() throws {
        let folder = try mixed()
        let (ids, report) = try folder.ids()
        #expect(ids == Array(0..<20) + Array(40..<50))
        #expect(report.faults.count == 2)
        #expect(try !folder.verified().isWhole)
    }

    @Test(arguments: [0, 5, 20, 200]) func `a damaged compressed segment is a finding, and the others are read`(
        place: Int
    ) throws {
        let folder = TrailFolder()
        folder.exchange(20)
        try folder.rotate()
        folder.exchange(5)
        let name = folder.compress(folder.segments[0])
        var bytes = folder.read(name)
        bytes[min(place, bytes.count - 5)] ^= 0xFF
        folder.write(bytes, to: name)
        let (ids, report) = try folder.ids()
        #expect(report.faults.count == 1 || place == 5)
        #expect(Array(ids.suffix(5)) == Array(20..<25))
    }

    @Test func `a compressed segment that was cut, or is empty, is a finding`() throws {
        let folder = TrailFolder()
        folder.exchange(20)
        try folder.rotate()
        let name = folder.compress(folder.segments[0])
        let bytes = folder.read(name)
        for length in [0, 1, 10, bytes.count / 2, bytes.count - 1] {
            folder.write(Array(bytes.prefix(length)), to: name)
            #expect(try folder.ids().report.faults.count == 1, "length \(length)")
        }
        folder.write(bytes + bytes, to: name)
        #expect(try folder.ids().report.faults.isEmpty)
        folder.write(bytes + [1, 2, 3], to: name)
        #expect(try folder.ids().report.faults.count == 1)
    }

    @Test func `a segment that is there in two forms is read once`() throws {
        let folder = TrailFolder()
        folder.exchange(3)
        try folder.rotate()
        let plain = folder.read(folder.segments[0])
        folder.compress(folder.segments[0])
        folder.write(plain, to: folder.segments[0])
        #expect(try folder.ids().ids == [0, 1, 2])
    }

    @Test func `only segments of the time that is asked for are read`() throws {
        let folder = TrailFolder()
        for _ in 0..<5 {
            folder.exchange(10_000)
            try folder.rotate()
        }
        // Each segment has a little more than a day.
        let since = TrailTime.stamp("2026-03-04T00:00:00Z")
        let (ids, report) = try folder.ids {
            $0.since = since
            $0.until = TrailTime.stamp("2026-03-04T00:01:00Z")
        }
        #expect(ids.count == 6)
        #expect(report.skipped == 3)
        #expect(report.files == 3)
    }

    @Test func `keys are exchanged in the heads alone, and an interrupted exchange is found and finished`() throws {
        let folder = TrailFolder()
        folder.exchange(10)
        try folder.rotate()
        try SegmentFiles.encrypt("\(folder.path)/\(folder.segments[0])", under: key)
        let name = "\(folder.segments[0]).enc"
        let path = "\(folder.path)/\(name)"
        let before = folder.read(name)
        let new = try #require(SegmentKey(bytes: [UInt8](repeating: 8, count: 32)))
        #expect(throws: TrailFault.self) { try SegmentFiles.rekey(path, SegmentKeyRing([new])) }
        #expect(folder.read(name) == before)
        #expect(try SegmentFiles.rekey(path, SegmentKeyRing([new, key])) == .changed)
        let after = folder.read(name)
        #expect(after[152...] == before[152...])
        #expect(try folder.ids(keys: [key]).ids.isEmpty)
        #expect(try folder.ids(keys: [new]).ids == Array(0..<10))
        #expect(try SegmentFiles.rekey(path, SegmentKeyRing([new, key])) == .unchanged)
        // As after a crash between the two writes: both slots are there.
        var both = after
        both.replaceSubrange(16..<84, with: before[16..<84])
        folder.write(both, to: name)
        #expect(try folder.ids(keys: [key]).ids == Array(0..<10))
        #expect(try folder.ids(keys: [new]).report.faults.map(\.kind) == [.spareSlot])
        #expect(try SegmentFiles.rekey(path, SegmentKeyRing([new])) == .changed)
        #expect(try folder.ids(keys: [new]).report.faults.isEmpty)
    }

    @Test func `a key file that others may read is refused`() throws {
        let folder = TrailFolder()
        folder.write([UInt8](repeating: 7, count: 32), to: "key", mode: 0o600)
        #expect(try SegmentKeyFiles.read(["\(folder.path)/key"]).keys.map(\.name) == [key.name])
        chmod("\(folder.path)/key", 0o640)
        #expect(throws: TrailFault.self) { try SegmentKeyFiles.read(["\(folder.path)/key"]) }
    }

    @Test func `a directory that is not there is an error, an empty one is not`() throws {
        #expect(throws: TrailFault.self) { try TrailReader(TrailDirectory("/nonexistent/trail")) }
        let folder = TrailFolder()
        unlink("\(folder.path)/audit.jsonl")
        #expect(try folder.ids().ids.isEmpty)
    }
}
