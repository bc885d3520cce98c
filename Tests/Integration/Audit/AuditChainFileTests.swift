import Foundation
import StentAudit
import StentExchange
import StentModel
import StentStore
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1))) struct AuditChainFileTests {
    let scratch: ScratchDirectory
    let log = StatusLog()

    init() throws { scratch = try ScratchDirectory() }

    private func writer(
        _ settings: AuditSettings = .with(), keys: AuditSealKeys? = AuditSealKeys(current: testKey),
        calls: FileCalls = .system
    ) throws -> AuditFileWriter {
        try AuditFileWriter(
            directory: scratch.path, settings: settings, seals: keys, retryPause: .milliseconds(1), calls: calls,
            onStatus: log.listener)
    }

    /// Writes a few lines in a process of their own, as it were.
    private func write(
        _ numbers: Range<Int>, _ settings: AuditSettings = .with(),
        keys: AuditSealKeys? = AuditSealKeys(current: testKey)
    ) throws {
        let writer = try writer(settings, keys: keys)
        let trail = writer.makeTrail()
        for number in numbers {
            trail.record(numbered(number), head: RequestHead())
            trail.flush()
        }
        #expect(writer.shutdown(within: .seconds(30)).isComplete)
    }

    @Test func `a trail of many segments and several processes is whole, sealed to its end, and in order`() throws {
        for start in stride(from: 0, to: 60, by: 20) { try write(start..<start + 20, .with(rotateSize: 4_000)) }
        let verdict = try scratch.verdict()
        #expect(verdict.findings.isEmpty)
        #expect(verdict.summary.segments > 5)
        #expect(verdict.summary.linesSince == 0)
        #expect(try scratch.allExchanges() == Array(0..<60))
        for segment in try scratch.numbered().dropLast() {
            let lines = try lines(in: scratch.bytes(at: scratch.path + "/" + segment))
            #expect(lines.last?.contains(#""event":"audit.sealed""#) == true)
        }
        let live = try lines(in: scratch.bytes(at: scratch.live))
        #expect(live.first?.contains(#""event":"audit.rotated""#) == true)
    }

    @Test func `a trail without keys is chained, begins with its name, and is whole`() throws {
        try write(0..<5, keys: nil)
        try write(5..<9, keys: nil)
        let verdict = try scratch.verdict(keys: [])
        #expect(verdict.findings.isEmpty)
        #expect(verdict.summary.trail != nil)
        #expect(verdict.summary.last == 10)
    }

    @Test func `however the last two lines were cut, the trail goes on behind the last whole one`() throws {
        try write(0..<6)
        let whole = try scratch.bytes(at: scratch.live)
        let ends = whole.indices.filter { whole[$0] == 0x0A }
        let start = ends[ends.count - 3] + 1
        // Without the seal that is kept beside it: with it, the cut itself is what is found.
        try FileManager.default.removeItem(atPath: scratch.path + "/audit.seals")
        for length in stride(from: start, through: whole.count, by: 3) {
            try Data(whole[..<length]).write(to: URL(fileURLWithPath: scratch.live))
            try? FileManager.default.removeItem(atPath: scratch.path + "/audit.seals")
            try write(100..<102)
            let verdict = try scratch.verdict()
            #expect(verdict.findings.isEmpty, "cut at \(length)")
            let isTorn = length < whole.count && whole[length - 1] != 0x0A
            #expect(try scratch.eventNames().contains("audit.repaired") == isTorn, "cut at \(length)")
        }
    }

    @Test func `zeros that a power failure left behind the last line are put aside, and the chain goes on`() throws {
        try write(0..<3)
        let whole = try scratch.bytes(at: scratch.live)
        let junk = [UInt8](repeating: 0, count: 5_000) + [0x0A]
        try Data(whole + junk).write(to: URL(fileURLWithPath: scratch.live))
        try write(3..<4)
        #expect(try scratch.verdict().findings.isEmpty)
        #expect(try scratch.eventNames().contains("audit.repaired"))
        let saved = try FileManager.default.contentsOfDirectory(atPath: scratch.path).first { $0.hasSuffix(".damaged") }
        #expect(try scratch.bytes(at: scratch.path + "/" + #require(saved)) == junk)
    }

    @Test func `lines that were cut off behind a seal are missed, and no later seal hides it`() throws {
        try write(0..<5)
        let whole = try scratch.bytes(at: scratch.live)
        let third = whole.indices.filter { whole[$0] == 0x0A }[2]
        try Data(whole[...third]).write(to: URL(fileURLWithPath: scratch.live))
        try write(5..<7)
        #expect(try scratch.eventNames().contains("audit.cut"))
        let verdict = try scratch.verdict()
        #expect(verdict.findings.map(\.name) == [.missing])
        guard case .missing(from: 4, through: 7, .unexplained) = verdict.findings.first?.kind else {
            Issue.record("\(verdict.findings)")
            return
        }
    }

    @Test func `a trail that was taken away as a whole is missed, too`() throws {
        try write(0..<5)
        try FileManager.default.removeItem(atPath: scratch.live)
        try write(5..<7)
        #expect(try scratch.verdict().findings.map(\.name) == [.missing])
    }

    @Test func `behind lines of the old form the chain begins`() throws {
        let old = #"{"v":1,"time":"2026-01-01T00:00:00.000000Z","event":"start","details":{}}"# + "\n"
        try Data(old.utf8).write(to: URL(fileURLWithPath: scratch.live))
        try write(0..<3)
        let verdict = try scratch.verdict()
        #expect(verdict.findings.isEmpty)
        #expect(verdict.summary.unchained == 1)
        #expect(verdict.summary.first == 1)
    }

    @Test(arguments: [false, true])
    func `an empty live file goes on behind the newest segment, compressed or not`(isCompressed: Bool) throws {
        try write(0..<30, .with(rotateSize: 4_000))
        try FileManager.default.removeItem(atPath: scratch.path + "/audit.seals")
        let moved = scratch.path + "/audit-20990101T000000.000Z-000999.jsonl"
        try FileManager.default.moveItem(atPath: scratch.live, toPath: moved)
        if isCompressed {
            let gzip = try Process.run(URL(fileURLWithPath: "/usr/bin/env"), arguments: ["gzip", moved])
            gzip.waitUntilExit()
        }
        try write(30..<32)
        #expect(try scratch.verdict().findings.isEmpty)
        #expect(try scratch.allExchanges() == Array(0..<32))
    }

    @Test func `a key that the old one hands over to is believed; one that came from nowhere is not`() throws {
        try write(0..<3)
        try write(3..<6, keys: AuditSealKeys(current: otherKey, previous: testKey))
        let verdict = try scratch.verdict()
        #expect(verdict.findings.isEmpty)
        #expect(verdict.summary.keysLearned == [otherKey.publicKey.id])
        try write(6..<7, keys: AuditSealKeys(current: testKey))
        #expect(try !scratch.verdict().findings.isEmpty)
    }

    @Test func `seals go to the anchor, too, one line each`() throws {
        var settings = AuditSettings.with(rotateSize: 4_000)
        settings.seal.anchor = scratch.path + "/elsewhere"
        try write(0..<30, settings)
        let anchor = try scratch.bytes(at: scratch.path + "/elsewhere").split(separator: 0x0A)
        #expect(anchor.count > 3)
        #expect(anchor.allSatisfy { SealedLine(line: [UInt8]($0)) != nil })
        let head = try scratch.bytes(at: scratch.path + "/audit.seals")
        #expect(head.dropLast() == anchor.last)
    }

    @Test func `a key is made once, readable by its owner alone, and refused where others can read it`() throws {
        let path = scratch.path + "/seal.key"
        let made = try AuditSealKeys.key(at: path, makes: true)
        #expect(try AuditSealKeys.key(at: path, makes: true).publicKey == made.publicKey)
        let text = String(decoding: try scratch.bytes(at: path + ".pub"), as: UTF8.self)
        #expect(try AuditPublicKey(pem: text) == made.publicKey)
        try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: path)
        let error = #expect(throws: AuditStoreError.self) { try AuditSealKeys.key(at: path, makes: true) }
        #expect(error?.operation == .sealKey)
    }

    @Test func `requests that a killed process left open get an outcome that says so, once`() throws {
        let writer = try writer()
        let trail = writer.makeTrail()
        trail.record(numbered(1), head: RequestHead())
        trail.flush()
        #expect(writer.shutdown(within: .seconds(30)).isComplete)
        let last = try #require(lines(in: scratch.bytes(at: scratch.live)).last)
        var chain = try AuditChain(resumingAfter: Array(last.utf8))
        func intent(_ id: String) -> String {
            #"{"v":2,"time":"2026-03-01T09:30:00.123456Z","phase":"intent","event":"exchange","id":"\#(id)","#
                + #""actor":{"user":"staff7","id":"7"},"method":"POST","route":"notes","path":"/notes"}"# + "\n"
        }
        var added: [UInt8] = []
        chain.append(Array((intent("a-1") + intent("a-2")).utf8), to: &added)
        let outcome = #"{"v":2,"time":"2026-03-01T09:30:00.123456Z","phase":"outcome","event":"exchange","id":"a-1"}"#
        chain.append(Array((outcome + "\n").utf8), to: &added)
        let file = try #require(FileHandle(forWritingAtPath: scratch.live))
        try file.seekToEnd()
        try file.write(contentsOf: Data(added))
        try file.close()
        for _ in 0..<2 { try write(2..<3) }
        let open = try lines(in: scratch.bytes(at: scratch.live)).filter { $0.contains("exchange.process-died") }
        let expected = """
            "phase":"outcome","event":"exchange","id":"a-2","actor":{"user":"staff7","id":"7"},"method":"POST",\
            "route":"notes","path":"/notes","status":null,"reason":"exchange.process-died","outcome":"unknown","seq":
            """
        #expect(open.count == 1)
        #expect(open.first?.contains(expected) == true)
        #expect(try scratch.verdict().findings.isEmpty)
    }
}
