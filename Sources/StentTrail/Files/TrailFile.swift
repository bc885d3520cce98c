import StentModel

/// A file of the trail, known by its name.
package struct TrailFile: Sendable, Equatable {
    /// What was done to a segment since it was closed.
    package struct Form: OptionSet, Sendable, Hashable {
        package let rawValue: UInt8

        package init(rawValue: UInt8) { self.rawValue = rawValue }

        package static let compressed = Form(rawValue: 1)
        package static let encrypted = Form(rawValue: 2)
    }

    package static let liveName = "audit.jsonl"

    package var name: String
    /// `nil` for the live file.
    package var number: Int?
    package var form: Form
    /// When it was closed, by the clock of then.
    package var closed: WallTime?

    /// `nil` for a file that is none of the trail.
    package init?(name: String) {
        self.name = name
        form = []
        guard name != Self.liveName else { return }
        var stem = name[...]
        if stem.hasSuffix(".enc") {
            form.insert(.encrypted)
            stem = stem.dropLast(4)
        }
        if stem.hasSuffix(".gz") {
            form.insert(.compressed)
            stem = stem.dropLast(3)
        }
        guard stem.hasPrefix("audit-"), stem.hasSuffix(".jsonl") else { return nil }
        let parts = stem.dropFirst(6).dropLast(6).split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[1].utf8.count >= 6, parts[1].utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }),
            let number = Int(parts[1])
        else { return nil }
        self.number = number
        closed = TrailTime.compact(parts[0])
    }

    package var isLive: Bool { number == nil }
}
