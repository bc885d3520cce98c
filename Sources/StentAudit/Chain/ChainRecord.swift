import StentModel

/// A line about the chain itself, which verification has to understand.
package enum ChainRecord: Sendable, Equatable {
    /// The first line of a trail.
    ///
    /// `key`: of the public key that seals it, where one does.
    case begun(trail: TrailID, key: AuditKeyID?)
    case sealed(AuditSeal)
    /// Segments were removed because of their age or size: all lines up to `through`, whose hash is `head`.
    case agedOut(segments: [String], through: Int, head: ChainHash)
    /// Seals will be made with `new`; the seal straight behind this line is the old key's, and vouches for it.
    case keyChanged(old: AuditKeyID, new: AuditPublicKey)
    /// The file before this one was closed as this segment.
    case rotated(segment: String)
    /// It says that it is a seal, and is none.
    case unreadableSeal

    /// Raw values are an interface: they are added, never renamed.
    package enum Event: String, Sendable, CaseIterable {
        case begun = "audit.begun"
        case sealed = "audit.sealed"
        case agedOut = "audit.aged-out"
        case keyChanged = "audit.key-changed"
        case rotated = "audit.rotated"
    }

    /// `v` of the lines that are written here.
    package static let schemaVersion = 2

    /// Appends the first line of a trail, to be chained.
    package static func appendBegun(
        trail: TrailID, key: AuditKeyID?, at time: WallTime, to output: inout [UInt8]
    ) {
        let key = key.map { #","key":"\#($0)""# } ?? ""
        append(.begun, time: text(of: time), details: #"{"trail":"\#(trail)"\#(key)}"#, to: &output)
    }

    /// Appends the line that must be chained and sealed before the segments are removed.
    ///
    /// - Parameters:
    ///   - segments: names of files, without their folder.
    ///   - through: the number of the last line in them, and `head` its hash.
    package static func appendAgedOut(
        segments: [String], through: Int, head: ChainHash, at time: WallTime, to output: inout [UInt8]
    ) {
        let names = segments.map { JSONString.json($0) }.joined(separator: ",")
        let details = #"{"segments":[\#(names)],"through":\#(through),"head":"\#(head.hexadecimal)"}"#
        append(.agedOut, time: text(of: time), details: details, to: &output)
    }

    /// Appends the line behind which the old key seals once more, and then the new one.
    package static func appendKeyChanged(
        from old: AuditKeyID, to new: AuditPublicKey, at time: WallTime, to output: inout [UInt8]
    ) {
        let details = #"{"old":"\#(old)","new":"\#(new.id)","public":"\#(Base64.text(of: new.bytes))"}"#
        append(.keyChanged, time: text(of: time), details: details, to: &output)
    }

    static func append(_ event: Event, time: String, details: String, to output: inout [UInt8]) {
        output.append(contentsOf: body(event, time: time, details: details).utf8)
        output.append(contentsOf: "}\n".utf8)
    }

    static func text(of time: WallTime) -> String {
        var text: [UInt8] = []
        text.append(addingCapacity: 27) { (span: inout OutputSpan<UInt8>) in Timestamp.append(time, to: &span) }
        return String(decoding: text, as: UTF8.self)
    }

    private static func body(_ event: Event, time: String, details: String) -> String {
        #"{"v":\#(schemaVersion),"time":"\#(time)","event":"\#(event.rawValue)","details":\#(details)"#
    }
}

extension ChainRecord {
    /// Where the event's name would stand: behind `{"v":2,"time":"2026-03-01T09:30:00.123456Z","event":"`.
    private static let eventOffset = 53

    /// Whether a line is of an event whose name begins with `audit.`; eight bytes tell for nearly all that are not.
    @inline(__always)
    static func mayBe(_ line: RawSpan) -> Bool {
        // `,"event"` and `:"audit.`
        line.eight(43) == 0x2274_6E65_7665_222C && line.eight(51) == 0x2E74_6964_7561_223A
    }

    /// Reads a chained line; `nil` where it is none of these.
    ///
    /// - Parameters:
    ///   - line: without its line feed, and with the fields of the chain: no shorter than they are.
    ///   - bodyEnd: where the line's own content ends, without the closing brace.
    init?(_ line: RawSpan, bodyEnd: Int) {
        guard Self.mayBe(line) else { return nil }
        let bytes = line.withUnsafeBytes { [UInt8]($0) }
        guard let root = (try? JSONDocument(bytes, limits: .init(depth: 4)))?.root,
            let event = root[name: "event"]?.string.flatMap(Event.init), let details = root[name: "details"],
            let time = root[name: "time"]?.string
        else { return nil }
        switch event {
        case .begun:
            guard let trail = details[name: "trail"]?.string.flatMap(TrailID.init) else { return nil }
            self = .begun(trail: trail, key: details[name: "key"]?.string.flatMap(AuditKeyID.init))
        case .sealed:
            guard let seal = AuditSeal(details: details, time: time), seal.isWritten(as: bytes[..<bodyEnd]) else {
                self = .unreadableSeal
                return
            }
            self = .sealed(seal)
        case .agedOut:
            guard let through = details[name: "through"]?.sequence,
                let head = details[name: "head"]?.string.flatMap({ ChainHash(hexadecimal: $0) })
            else { return nil }
            let segments = details[name: "segments"]?.elements.compactMap(\.string) ?? []
            self = .agedOut(segments: segments, through: through, head: head)
        case .keyChanged:
            guard let old = details[name: "old"]?.string.flatMap(AuditKeyID.init),
                let id = details[name: "new"]?.string,
                let new = details[name: "public"]?.string.flatMap(Base64.bytes).flatMap(AuditPublicKey.init),
                new.id.text == id
            else { return nil }
            self = .keyChanged(old: old, new: new)
        case .rotated:
            guard let segment = details[name: "segment"]?.string else { return nil }
            self = .rotated(segment: segment)
        }
    }
}

extension AuditSeal {
    /// Whether the body of its line, without the closing brace, is just what `appendLine` writes.
    fileprivate func isWritten(as body: ArraySlice<UInt8>) -> Bool {
        var line: [UInt8] = []
        appendLine(to: &line)
        return line.dropLast(2) == body
    }
}

extension JSONValue {
    /// A number of a line: digits only, at most 18.
    var sequence: Int? {
        guard let number, let value = Int(number), value >= 0, value <= ChainedLine.largestSequence,
            String(value) == number
        else { return nil }
        return value
    }
}
