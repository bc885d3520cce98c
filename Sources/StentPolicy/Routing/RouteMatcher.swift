import StentModel

/// A route's pattern, ready to be compared with requests.
package struct RouteMatcher: Sendable {
    private let segments: [RoutePattern.Segment]
    private let methods: MethodSet
    private let anyMethod: Bool

    package init(_ pattern: RoutePattern) {
        var methods = pattern.methods
        if methods.contains(.get) { methods.insert(.head) }  // RFC 9110 §9.3.2: HEAD is GET without its content
        segments = pattern.segments
        self.methods = MethodSet(methods)
        anyMethod = pattern.methods.isEmpty
    }

    package func matches(_ head: borrowing RequestHead) -> Bool { matches(head, path: head.path) }

    /// - Parameter path: the head's.
    func matches(_ head: borrowing RequestHead, path: Slot) -> Bool {
        guard anyMethod || methods.contains(head.method) else { return false }
        return Self.matches(segments, head.fields.bytes, path)
    }

    /// Compares segment by segment. A trailing slash and a `.json` suffix name the same resource (DESIGN: canonical
    /// request).
    private static func matches(_ pattern: [RoutePattern.Segment], _ bytes: [UInt8], _ path: Slot) -> Bool {
        // The path of an absolute-form target may be empty and is `/` then.
        if path.isEmpty { return pattern.isEmpty || pattern.first == .rest }
        guard path.upperBound <= bytes.count, bytes[path.lowerBound] == 0x2F else { return false }
        let span = bytes.span
        var end = path.upperBound
        if end - path.lowerBound > 1, span[end - 1] == 0x2F { end -= 1 }
        end = withoutSuffix(span, path.lowerBound..<end)
        var start = path.lowerBound + 1
        var rest = pattern[...]
        while true {
            if rest.first == .rest { return true }
            guard start < end else { return rest.isEmpty }
            var stop = start
            while stop < end, span[stop] != 0x2F { stop += 1 }
            guard let segment = rest.popFirst(), matches(segment, span, start..<stop) else { return false }
            start = stop + 1
        }
    }

    private static func withoutSuffix(_ bytes: Span<UInt8>, _ path: Range<Int>) -> Int {
        let suffix: StaticString = ".json"
        guard path.count > suffix.utf8CodeUnitCount + 1 else { return path.upperBound }
        let start = path.upperBound - suffix.utf8CodeUnitCount
        let isSuffix = suffix.withUTF8Buffer { expected in
            expected.indices.allSatisfy { bytes[start + $0] == expected[$0] }
        }
        return isSuffix && bytes[start - 1] != 0x2F ? start : path.upperBound
    }

    private static func matches(_ segment: RoutePattern.Segment, _ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        switch segment {
        case .rest: true
        case .parameter: !range.isEmpty
        case .oneOf(let texts):
            texts.contains { text in
                var index = range.lowerBound
                for byte in text.utf8 {
                    guard index < range.upperBound else { return false }
                    var found = bytes[index]
                    index += 1
                    if found == 0x25,
                        let value = PercentEncoding.byte(in: bytes, at: index - 1, end: range.upperBound)
                    {
                        found = value
                        index += 2
                    }
                    guard found == byte else { return false }
                }
                return index == range.upperBound
            }
        }
    }
}
