import StentModel

/// How likely a record's value came from the one that a client sent.
enum Likeness: Equatable {
    /// The upstream makes the one of the other.
    case same
    /// It can't be told: the upstream may have discarded, cut or rewritten what was sent.
    case unknowable
    case different
}

/// A value that a client sent, prepared for comparison with the values of many records.
///
/// An upstream casts what it is sent to the type of its column before it stores it; which type that is, we don't know.
/// The casts are those of Rails (ActiveModel::Type): a number is read from the start of a string, a fraction cut off,
/// true is 1 and "t", a blank string is null, a date is what a date-time begins with. A record that can't be told from
/// ours must not be taken for another one: where a cast is conceivable but not certain, the answer is `.unknowable`.
///
/// Everything that takes time in proportion to the sent value is done here once, so that a large value and a long list
/// don't multiply.
struct SentValue {
    private let value: FieldValue
    private let isBlank: Bool
    private let hasDigit: Bool
    private let isDate: Bool
    private let time: OriginTime?
    /// The integer that a cast to one gives.
    private let integer: String?
    /// `nil` where it is no number in full.
    private let double: Double?
    private let folded: String

    init(_ value: FieldValue) {
        self.value = value
        let text: String
        switch value {
        case .null: text = ""
        case .bool(let flag): text = flag ? "1" : "0"
        case .number(let number): text = number
        case .string(let string): text = string
        }
        isBlank = text.utf8.allSatisfy(CastInteger.isSpace)
        hasDigit = text.utf8.contains(where: CastInteger.isDigit)
        isDate = OriginTime.isDate(text)
        time = OriginTime(text)
        integer = CastInteger.of(value)
        double = CastInteger.finite(text)
        folded = Self.fold(text)
    }

    /// - Parameter recorded: `nil` for an array or an object.
    func likeness(to recorded: FieldValue?) -> Likeness {
        guard let recorded else { return value == .null ? .different : .unknowable }
        return likeness(toScalar: recorded)
    }

    private func likeness(toScalar recorded: FieldValue) -> Likeness {
        switch (value, recorded) {
        case (.null, .null): .same
        case (.null, _): .different
        case (.string, .null): isBlank ? .same : .unknowable
        case (_, .null): .unknowable
        case (.bool(let sent), .bool(let kept)): sent == kept ? .same : .different
        case (.bool(let sent), .number(let kept)): kept == (sent ? "1" : "0") ? .same : .different
        case (.bool(let sent), .string(let kept)): CastBool.of(kept) == sent ? .same : .different
        case (.number(let sent), .bool(let kept)): sent == (kept ? "1" : "0") ? .same : .unknowable
        case (.string(let sent), .bool(let kept)): CastBool.of(sent) == kept ? .same : .unknowable
        case (.number(let sent), .number(let kept)): numbers(sent, kept)
        case (.number(let sent), .string(let kept)):
            if sent.isSameText(as: kept) {
                CastInteger.isDecimal(sent) ? .same : .unknowable
            } else {
                double != nil && CastInteger.finite(kept) == double ? .unknowable : .different
            }
        case (.string, .number(let kept)): stringToNumber(kept)
        case (.string(let sent), .string(let kept)): strings(sent, kept)
        }
    }

    private func numbers(_ sent: String, _ kept: String) -> Likeness {
        if CastInteger.isWhole(sent), CastInteger.isWhole(kept) {
            return integer == CastInteger.of(.number(kept)) ? .same : .different
        }
        guard let double, let other = CastInteger.finite(kept), max(abs(double), abs(other)) < CastInteger.largest
        else {
            return .unknowable
        }
        if double == other || Double(Int64(double)) == other { return .same }
        return abs(double - other) < 1 ? .unknowable : .different  // rounded, or cut to a scale
    }

    private func stringToNumber(_ kept: String) -> Likeness {
        guard let other = CastInteger.finite(kept) else { return .unknowable }
        guard let integer else { return other == 0 ? .unknowable : .different }
        let isSameInteger = integer == CastInteger.of(.number(kept))
        if isDate || time != nil { return isSameInteger ? .unknowable : .different }
        if CastInteger.isWhole(kept), isSameInteger { return .same }
        if let double, double == other { return isSameInteger && CastInteger.isDecimal(kept) ? .same : .unknowable }
        return isSameInteger && !CastInteger.isWhole(kept) ? .unknowable : .different
    }

    private func strings(_ sent: String, _ kept: String) -> Likeness {
        if sent.isSameText(as: kept) { return .same }
        let keptTime = OriginTime(kept)
        if OriginTime.isDate(kept) {
            if sent.utf8.starts(with: kept.utf8) { return time != nil ? .same : .unknowable }
            // `4 March 2019` is a date to a lenient reader.
            return hasDigit && !isDate && time == nil ? .unknowable : .different
        }
        if let keptTime {
            if let time { return Self.likeness(time, keptTime) }
            if isDate, kept.utf8.starts(with: sent.utf8) { return .same }
            return hasDigit ? .unknowable : .different
        }
        // A column of fixed length cuts what is longer; names lose their spaces or their capitals.
        if kept.utf8.count >= 200, sent.utf8.starts(with: kept.utf8) { return .unknowable }
        return folded.isSameText(as: Self.fold(kept)) ? .unknowable : .different
    }

    private static func likeness(_ sent: OriginTime, _ kept: OriginTime) -> Likeness {
        // Years of four digits: the difference of two fits.
        let distance = abs(sent.time.nanoseconds / 1_000_000 - kept.time.nanoseconds / 1_000_000)
        return distance == 0 ? .same : distance <= 1000 ? .unknowable : .different
    }

    private static func fold(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.lazy.filter { !$0.properties.isWhitespace })).lowercased()
    }
}
