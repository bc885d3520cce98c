import Glibc
import StentModel

/// Finds the lines that may match a filter by their bytes, before any of them is read as JSON.
struct LineSieve: Sendable {
    /// A line that matches holds one of these; `nil`: any line may match.
    private let needles: [Needle]?
    private let since: [UInt8]?
    private let until: [UInt8]?

    init(_ filter: TrailFilter) {
        needles = Self.needles(of: filter)?.map(Needle.init)
        since = filter.since.map { Array(TrailTime.text($0).utf8) }
        until = filter.until.map { Array(TrailTime.text($0).utf8) }
    }

    /// The most telling kind of what is asked for; one is enough, the filter itself looks at all of them.
    private static func needles(of filter: TrailFilter) -> [[UInt8]]? {
        if !filter.ids.isEmpty { return plain(filter.ids) { #""\#($0)""# } }
        if !filter.users.isEmpty { return plain(filter.users) { #""\#($0)""# } }
        // By the record's id, or by its place in the path.
        if !filter.notes.isEmpty { return plain(filter.notes, { #""\#($0)""# }, { "notes/\($0)" }) }
        if !filter.patients.isEmpty { return plain(filter.patients, { #""\#($0)""# }, { "patients/\($0)" }) }
        if !filter.routes.isEmpty { return plain(filter.routes) { $0 } }
        if !filter.statuses.isEmpty { return filter.statuses.map { Array($0.needle.utf8) } }
        return nil
    }

    /// Texts that stand in a line as they are; where one may be escaped there, nothing is sieved.
    private static func plain(_ texts: [String], _ forms: (String) -> String...) -> [[UInt8]]? {
        guard texts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(isPlain) }) else { return nil }
        return forms.flatMap { form in texts.map { Array(form($0).utf8) } }
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte < 0x7F && byte != 0x22 && byte != 0x5C
    }

    /// Calls `body` with the bytes of each line of the block that may match, without its line feed.
    ///
    /// Needles are looked for in the whole block and not line by line: most lines are never looked at.
    func forEachCandidate(in block: [UInt8], _ body: (Range<Int>) -> Void) {
        block.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return }
            var start = 0
            guard let needles else {
                while start < bytes.count {
                    let end = Self.find(0x0A, base, from: start, to: bytes.count)
                    if isInTime(base, start..<end) { body(start..<end) }
                    start = end + 1
                }
                return
            }
            var hits = needles.map { $0.find(in: bytes, from: 0) }
            while let hit = hits.min(), hit < bytes.count {
                var first = hit
                while first > start, bytes[first - 1] != 0x0A { first -= 1 }
                let line = first..<Self.find(0x0A, base, from: hit, to: bytes.count)
                if isInTime(base, line) { body(line) }
                start = min(line.upperBound + 1, bytes.count)
                for index in hits.indices where hits[index] < start {
                    hits[index] = needles[index].find(in: bytes, from: start)
                }
            }
        }
    }

    /// `{"v":2,"time":"`: the form that stent writes, whose times sort as texts; any other may match.
    private func isInTime(_ base: UnsafeRawPointer, _ line: Range<Int>) -> Bool {
        guard since != nil || until != nil, line.count > 43 else { return true }
        let text = base + line.lowerBound
        guard memcmp(text, "{\"v\":", 5) == 0, memcmp(text + 6, ",\"time\":\"", 9) == 0,
            text.load(fromByteOffset: 41, as: UInt8.self) == 0x5A, text.load(fromByteOffset: 42, as: UInt8.self) == 0x22
        else { return true }
        if let since, memcmp(text + 15, since, 26) < 0 { return false }
        if let until, memcmp(text + 15, until, 26) >= 0 { return false }
        return true
    }

    private static func find(_ byte: Int32, _ base: UnsafeRawPointer, from start: Int, to end: Int) -> Int {
        memchr(base + start, byte, end - start).map { $0 - UnsafeMutableRawPointer(mutating: base) } ?? end
    }
}
