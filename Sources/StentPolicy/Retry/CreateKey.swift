import StentModel

/// What creates have in common whose records a list does not tell apart.
///
/// 128 bits by two hashers with the seeds of this process: no client can aim at a collision, and a key means nothing
/// to another process. It does not hold the caller: records of equal content by two callers look the same in a list.
///
/// It must never differ for two requests that one record could be taken for the outcome of, so it is coarser than
/// equality: "2abc", "2" and 2 count as the same number, dates and times as one. That costs little: creates share a key
/// only where *every* field agrees in this way.
package struct CreateKey: Sendable, Hashable {
    package let high: UInt64
    package let low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// - Parameter bytes: an unambiguous form of what the key stands for.
    init(of bytes: [UInt8]) {
        self.init { hasher in bytes.withUnsafeBytes { hasher.combine(bytes: $0) } }
    }

    /// This key together with an id.
    func with(id: String) -> CreateKey {
        var id = id
        return CreateKey { hasher in
            hasher.combine(high)
            hasher.combine(low)
            id.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        }
    }

    private init(_ combine: (inout Hasher) -> Void) {
        var first = Hasher()
        first.combine(1)
        combine(&first)
        var second = Hasher()
        second.combine(2)
        combine(&second)
        self.init(
            high: UInt64(truncatingIfNeeded: first.finalize()), low: UInt64(truncatingIfNeeded: second.finalize()))
    }

    /// Appends what all values have in common that one record's value could have come from.
    static func append(_ value: FieldValue, to bytes: inout [UInt8]) {
        switch value {
        case .null: append("n", "", to: &bytes)
        case .bool(let flag): append("#", flag ? "1" : "0", to: &bytes)
        case .number: append(integer: CastInteger.of(value), to: &bytes)
        case .string(let text):
            if text.utf8.allSatisfy(CastInteger.isSpace) {
                append("n", "", to: &bytes)
            } else if OriginTime.isDate(text) || OriginTime(text) != nil {
                append("@", "", to: &bytes)
            } else if let flag = CastBool.of(text) {
                append("#", flag ? "1" : "0", to: &bytes)
            } else if let integer = CastInteger.of(value) {
                append(integer: integer, to: &bytes)
            } else {
                append("$", text, to: &bytes)
            }
        }
    }

    /// Beyond 15 digits a Double no longer tells integers apart: they count as one.
    private static func append(integer: String?, to bytes: inout [UInt8]) {
        guard let integer, integer.utf8.count <= 15 else { return append("+", "", to: &bytes) }
        append("#", integer, to: &bytes)
    }

    /// Kind, length, text: no two sequences of these are the same bytes.
    static func append(_ kind: Unicode.Scalar, _ text: String, to bytes: inout [UInt8]) {
        bytes.append(UInt8(truncatingIfNeeded: kind.value))
        let count = UInt64(text.utf8.count)
        for shift in stride(from: UInt64(0), to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: count >> shift)) }
        bytes.append(contentsOf: text.utf8)
    }
}
