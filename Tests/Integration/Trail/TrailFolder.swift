import CZlib
import Glibc
import StentAudit
import StentModel
import StentTrail

/// A trail in a folder of its own, written as the writer does it; removed with the value.
final class TrailFolder {
    let path: String
    let sealKey: AuditSealKey
    private var chain = AuditChain()
    private let trail = TrailID(random: Array(0..<16))
    private var live: [UInt8] = []
    private(set) var segments: [String] = []
    private var exchanges = 0
    /// Of the next line.
    private var clock: Int64 = 1_772_357_400_000_000_000

    init() {
        var template = Array("/tmp/stent-trail-XXXXXX".utf8CString)
        path = mkdtemp(&template).map { String(cString: $0) } ?? "/nonexistent"
        sealKey = AuditSealKey()
        var line: [UInt8] = []
        ChainRecord.appendBegun(trail: trail, key: sealKey.publicKey.id, at: now, to: &line)
        append(line)
    }

    deinit {
        for name in names { unlink("\(path)/\(name)") }
        rmdir(path)
    }

    var now: WallTime { WallTime(nanoseconds: clock) }
    var directory: TrailDirectory { TrailDirectory(path) }

    var names: [String] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            guard let offset = MemoryLayout<dirent>.offset(of: \.d_name) else { continue }
            let name = UnsafeRawPointer(entry).advanced(by: offset).assumingMemoryBound(to: CChar.self)
            names.append(String(cString: name))
        }
        return names.filter { $0 != "." && $0 != ".." }.sorted()
    }

    /// Ten seconds apart, by `staff0` to `staff4` in turn.
    func exchange(_ count: Int = 1) {
        for _ in 0..<count {
            let user = "staff\(exchanges % 5)"
            append(
                Array(
                    (#"{"v":2,"time":"\#(TrailTime.text(now))","phase":"outcome","event":"exchange","id":"id-\#(exchanges)","#
                        + #""actor":{"user":"\#(user)"},"method":"GET","path":"/notes","status":200,"tries":[]}"# + "\n")
                        .utf8))
            exchanges += 1
            clock += 10_000_000_000
        }
    }

    func seal() throws {
        var line: [UInt8] = []
        try AuditSeal(of: chain, trail: trail, at: now, key: sealKey).appendLine(to: &line)
        let start = live.count
        append(line)
        write(Array(live[start...]), to: TrailVerification.headName)
    }

    /// Seals, renames, and begins the next file with its first line.
    func rotate() throws {
        try seal()
        let number = String(segments.count + 1)
        var compact: [UInt8] = []
        compact.append(addingCapacity: 32) { (output: inout OutputSpan<UInt8>) in
            Timestamp.appendCompact(now, to: &output)
        }
        let stamp = String(decoding: compact, as: UTF8.self)
        let name = "audit-\(stamp)-" + String(repeating: "0", count: 6 - number.count) + "\(number).jsonl"
        rename("\(path)/audit.jsonl", "\(path)/\(name)")
        segments.append(name)
        live = []
        var line: [UInt8] = []
        AuditLine.append(EventRecord(.auditRotated, time: now, details: [.init("segment", .text(name))]), to: &line)
        append(line)
    }

    private func append(_ line: [UInt8]) {
        let start = live.count
        chain.append(line, to: &live)
        let descriptor = open("\(path)/audit.jsonl", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o640)
        _ = Glibc.write(descriptor, Array(live[start...]), live.count - start)
        close(descriptor)
    }

    func write(_ bytes: [UInt8], to name: String, mode: mode_t = 0o640) {
        unlink("\(path)/\(name)")
        let descriptor = open("\(path)/\(name)", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
        _ = Glibc.write(descriptor, bytes, bytes.count)
        close(descriptor)
    }

    func read(_ name: String) -> [UInt8] { (try? SmallBytes.read("\(path)/\(name)", limit: 1 << 26)) ?? [] }

    /// Replaces a segment by its compressed form.
    @discardableResult
    func compress(_ name: String) -> String {
        let text = read(name)
        var output = [UInt8](repeating: 0, count: text.count + 1_024)
        var stream = z_stream()
        deflateInit2_(
            &stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        var input = text
        let room = output.count
        input.withUnsafeMutableBufferPointer { input in
            output.withUnsafeMutableBufferPointer { output in
                stream.next_in = input.baseAddress
                stream.avail_in = UInt32(input.count)
                stream.next_out = output.baseAddress
                stream.avail_out = UInt32(output.count)
                deflate(&stream, Z_FINISH)
            }
        }
        deflateEnd(&stream)
        write(Array(output.prefix(room - Int(stream.avail_out))), to: "\(name).gz")
        unlink("\(path)/\(name)")
        return "\(name).gz"
    }

    /// Ids of the exchanges that are found, without `id-`; and what could not be read.
    func ids(
        keys: [SegmentKey] = [], _ change: (inout TrailFilter) -> Void = { _ in }
    ) throws -> (ids: [Int], report: TrailSearch.Report) {
        var filter = TrailFilter()
        change(&filter)
        var ids: [Int] = []
        let report = try TrailSearch.run(
            directory, filter, keys: SegmentKeyRing(keys), empty: [Int](),
            add: { part, record, _ in
                if let id = record.id.flatMap({ Int($0.dropFirst(3)) }) { part.append(id) }
            },
            take: { part in
                ids += part
                return .goOn
            })
        return (ids, report)
    }

    func verified(
        keys: [SegmentKey] = [], _ change: (inout AuditVerifier.Settings) -> Void = { _ in }
    ) throws -> TrailVerification.Report {
        var settings = AuditVerifier.Settings()
        settings.keys = [sealKey.publicKey]
        change(&settings)
        return try TrailVerification.run(directory, settings, keys: SegmentKeyRing(keys))
    }
}
