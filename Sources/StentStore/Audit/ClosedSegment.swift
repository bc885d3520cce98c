import Glibc
import StentModel

/// A closed file of the trail, in whatever forms it lies there.
struct ClosedSegment: Equatable {
    /// Segments that go with one record: its line must stay short.
    static let mostAtOnce = 64

    let number: Int
    /// The form that is read: plain where that is there.
    var name: String
    /// All its forms: two where a compression was broken off.
    var names: [String]
    /// Of all forms.
    var size: Int
    /// When it was closed, by its name; nanoseconds since 1970.
    let closed: Int64

    var isPlain: Bool { name.hasSuffix(".jsonl") }
    var isEncrypted: Bool { name.hasSuffix(".enc") }

    /// The closed segments among these names, by their number.
    static func inOrder(_ names: [String], in directory: String) -> [ClosedSegment] {
        var segments: [Int: ClosedSegment] = [:]
        for name in names where !name.hasSuffix(".part") {
            guard let number = AuditDirectory.sequence(inName: name) else { continue }
            var status = stat()
            let size = stat("\(directory)/\(name)", &status) == 0 ? Int(status.st_size) : 0
            if var known = segments[number] {
                known.names.append(name)
                if name.utf8.count < known.name.utf8.count { known.name = name }
                known.size += size
                segments[number] = known
            } else {
                segments[number] = ClosedSegment(
                    number: number, name: name, names: [name], size: size, closed: closed(inName: name))
            }
        }
        return segments.values.sorted { $0.number < $1.number }
    }

    /// Of `audit-20260301T093000.123Z-000042.jsonl`; 0 where that is no time.
    private static func closed(inName name: String) -> Int64 {
        let digits = name.utf8.dropFirst(6).prefix(20).filter { $0 != 0x54 && $0 != 0x2E && $0 != 0x5A }
        guard digits.count == 17, digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return 0 }
        func number(_ start: Int, _ count: Int) -> Int64 {
            digits.dropFirst(start).prefix(count).reduce(0) { $0 * 10 + Int64($1 - 0x30) }
        }
        var parts = tm()
        parts.tm_year = Int32(number(0, 4)) - 1900
        parts.tm_mon = Int32(number(4, 2)) - 1
        parts.tm_mday = Int32(number(6, 2))
        parts.tm_hour = Int32(number(8, 2))
        parts.tm_min = Int32(number(10, 2))
        parts.tm_sec = Int32(number(12, 2))
        return Int64(timegm(&parts)) * 1_000_000_000 + number(14, 3) * 1_000_000
    }
}

extension AuditKeeping {
    /// How many of the oldest segments go.
    ///
    /// - Parameters:
    ///   - segments: by their number.
    ///   - now: in nanoseconds since 1970.
    func leaving(_ segments: [ClosedSegment], now: Int64) -> Int {
        var bytes = segments.reduce(0) { $0 + $1.size }
        var count = 0
        while segments.count - count > max(floor.segments, 0) {
            let oldest = segments[count]
            let age = now &- oldest.closed
            if age < TimeSpan(floor.age).nanoseconds { break }
            let isOld = longest.map { age > TimeSpan($0).nanoseconds } ?? false
            let isTooMuch = atMost.map { bytes > $0.value } ?? false
            let isTooMany = self.segments.map { segments.count - count > $0 } ?? false
            guard isOld || isTooMuch || isTooMany else { break }
            bytes -= oldest.size
            count += 1
        }
        return count
    }
}
