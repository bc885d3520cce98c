import StentModel

/// Whether a request's target can be read in one way only: a rule binds to the resource, not to its spelling.
///
/// The decoder has already refused raw bytes that may not stand in a target. What is judged here are encodings and
/// segments: RFC 3986 §2.1 (percent-encoding), §3.3 (segments), §5.2.4 (dot segments).
package struct TargetRule: Sendable, Equatable {
    package var paths: RequestSettings.Paths

    package init(paths: RequestSettings.Paths) { self.paths = paths }

    /// - Returns: the reason to refuse, or `nil`.
    package func refusal(of head: borrowing RequestHead) -> Reason? {
        let bytes = head.fields.bytes.span
        let target = head.pathAndQuery
        guard target.upperBound <= bytes.count, !target.isEmpty else { return nil }
        let isBareQuery = bytes[target.lowerBound] == 0x3F  // of an absolute-form target: the path is `/`
        guard isBareQuery || bytes[target.lowerBound] == 0x2F else { return nil }  // `*` of OPTIONS
        var segment = Segment()
        var isAmbiguous = false
        var isQuery = isBareQuery
        var index = target.lowerBound + 1
        while index < target.upperBound {
            var byte = bytes[index]
            let isEncoded = byte == 0x25
            if isEncoded {
                guard let value = PercentEncoding.byte(in: bytes, at: index, end: target.upperBound) else {
                    return .requestPercentEncoding
                }
                if value < 0x20 || value == 0x7F { return .requestEncodedControl }
                byte = value
                index += 2
            }
            index += 1
            if isQuery { continue }
            switch byte {
            case 0x3F where !isEncoded:
                isQuery = true
            case 0x2F, 0x5C:  // an encoded separator is one for some servers, so both readings must be harmless
                if segment.isDots { return .requestDotSegment }
                isAmbiguous = isAmbiguous || isEncoded || segment.isEmpty
                segment = Segment()
            case 0x3B:
                isAmbiguous = true
                segment.hasParameter = true
            case 0x2E:
                segment.addDot()
            case _:
                segment.addOther()
            }
        }
        if segment.isDots { return .requestDotSegment }
        return isAmbiguous && paths == .canonical ? .requestAmbiguousPath : nil
    }

    /// What is known of the segment being read. Parameters behind `;` do not count: servers that know them cut them off
    /// before they resolve dots.
    private struct Segment {
        var dots = 0
        var hasOther = false
        var hasParameter = false

        var isEmpty: Bool { dots == 0 && !hasOther && !hasParameter }
        var isDots: Bool { !hasOther && (dots == 1 || dots == 2) }

        mutating func addDot() { if !hasParameter { dots += 1 } }
        mutating func addOther() { if !hasParameter { hasOther = true } }
    }
}
