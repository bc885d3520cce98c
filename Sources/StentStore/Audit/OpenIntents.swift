import Glibc
import StentAudit
import StentModel

/// Requests that an earlier process said it would send on, and whose end it did not live to write.
struct OpenIntents {
    /// Bytes of the trail that are looked through.
    static let lookBack = 64 << 20
    /// Requests that are remembered at once; more were never in flight.
    private static let most = 100_000

    /// By their id, as it is written.
    private var open: [[UInt8]: Intent] = [:]
    private var next = 0

    private struct Intent {
        var order: Int
        var line: [UInt8]
    }

    /// Looks through the trail's end; a file that can't be read is passed over.
    init(in directory: String, live: String) {
        var files: [(path: String, start: Int)] = []
        var left = Self.lookBack
        let names = (try? AuditDirectory.names(in: directory)) ?? []
        let segments = ClosedSegment.inOrder(names, in: directory).filter { !$0.isEncrypted }
        for path in [live] + segments.reversed().map({ "\(directory)/\($0.name)" }) where left > 0 {
            var status = stat()
            guard stat(path, &status) == 0 else { continue }
            let size = Int(status.st_size)
            files.append((path, path.hasSuffix(".gz") ? 0 : max(0, size - left)))
            left -= path.hasSuffix(".gz") ? size * 8 : size  // about what it is when it is expanded
        }
        for file in files.reversed() {
            try? SegmentContent.forEachLine(of: file.path, from: file.start) { add($0) }
        }
    }

    /// For lines that are given one by one, in their order.
    init() {}

    mutating func add(_ line: ArraySlice<UInt8>) {
        let head = line.prefix(Self.phaseEnd)
        if Self.ends(head, with: Self.intent) {
            guard open.count < Self.most, line.count <= 64 << 10, let id = Self.id(of: line) else { return }
            open[id] = Intent(order: next, line: Array(line))
            next += 1
        } else if !open.isEmpty, Self.ends(head, with: Self.outcome), let id = Self.id(of: line) {
            open[id] = nil
        }
    }

    /// The lines of outcomes that nobody knows, to be chained, in the order of the intents.
    func outcomes(at time: WallTime) -> [[UInt8]] {
        open.values.sorted { $0.order < $1.order }.compactMap { Self.outcome(of: $0.line, at: time) }
    }

    // `{"v":2,"time":"2026-03-01T09:30:00.123456Z"` has 43 bytes, `,"phase":"outcome"` 18 more, `"intent"` one less
    private static let phaseEnd = 61
    private static let intent = Array(#","phase":"intent""#.utf8)
    private static let outcome = Array(#","phase":"outcome""#.utf8)

    private static func ends(_ head: ArraySlice<UInt8>, with phase: [UInt8]) -> Bool {
        head.dropFirst(43).starts(with: phase)
    }

    /// The first string behind `,"id":`, quotes included, which nothing that a client sent stands before.
    private static func id(of line: ArraySlice<UInt8>) -> [UInt8]? {
        let key = Array(#","id":""#.utf8)
        let head = line.prefix(2_048)
        var index = head.startIndex + phaseEnd - 1
        while index + key.count < head.endIndex {
            if head[index] == 0x2C, head[index...].starts(with: key) {
                let start = index + key.count
                guard let end = head[start...].firstIndex(of: 0x22) else { return nil }
                return Array(head[start..<end])
            }
            index += 1
        }
        return nil
    }

    private static func outcome(of intent: [UInt8], at time: WallTime) -> [UInt8]? {
        guard let document = try? JSONDocument(intent, limits: .init(depth: 16, values: 10_000)) else { return nil }
        let root = document.root
        func copy(_ key: String, _ output: inout [UInt8], orNull isNeeded: Bool = false) {
            guard let value = root[name: key] else {
                if isNeeded { output.append(contentsOf: ",\"\(key)\":null".utf8) }
                return
            }
            output.append(contentsOf: ",\"\(key)\":".utf8)
            output.append(contentsOf: intent[value.range])
        }
        var line: [UInt8] = []
        line.append(addingCapacity: 96) { (span: inout OutputSpan<UInt8>) in
            AuditLine.appendStart(time: time, to: &span)
        }
        line.append(contentsOf: #","phase":"outcome","event":"exchange""#.utf8)
        copy("id", &line)
        copy("actor", &line)
        copy("method", &line, orNull: true)
        copy("route", &line, orNull: true)
        copy("path", &line, orNull: true)
        line.append(contentsOf: #","status":null,"reason":""#.utf8)
        line.append(contentsOf: Reason.exchangeProcessDied.rawValue.utf8)
        line.append(contentsOf: #"","outcome":"unknown"}"#.utf8)
        line.append(0x0A)
        return line
    }
}
