import StentModel

/// What stands behind a directive's name (RFC 9111 §5.2).
enum DirectiveArgument {
    case none
    /// A token, or the inside of a quoted string: both forms are to be taken, whichever the directive's definition uses.
    case value(Range<Int>)
    /// White space around `=`, a quoted string without an end, or something behind it.
    case malformed

    /// The argument as delta-seconds; `nil` where it is none.
    func seconds(_ bytes: Span<UInt8>) -> Int64? {
        switch self {
        case .value(let range): DeltaSeconds.parse(bytes, range)
        case .none, .malformed: nil
        }
    }
}

extension FieldSection {
    /// Calls `body` with each directive of all lines of that field, which are one list. A comma inside a quoted string
    /// ends nothing.
    func forEachDirective(of field: FieldName, _ body: (_ name: Range<Int>, _ argument: DirectiveArgument) -> Void) {
        let span = bytes.span
        for line in lines where line.field == field && line.value.upperBound <= span.count {
            var start = line.value.lowerBound
            while start < line.value.upperBound {
                start = Self.directive(span, start, line.value.upperBound, body)
            }
        }
    }

    /// Reads one list element; answers with the place behind its comma.
    private static func directive(
        _ bytes: Span<UInt8>, _ start: Int, _ end: Int, _ body: (Range<Int>, DirectiveArgument) -> Void
    ) -> Int {
        var equals: Int?
        var strings = 0
        var index = start
        while index < end, bytes[index] != 0x2C {
            switch bytes[index] {
            case 0x22:
                strings += 1
                guard let next = CacheText.endOfQuoted(bytes, from: index, to: end) else {
                    body(CacheText.trimmed(bytes, start..<(equals ?? index)), .malformed)
                    return end
                }
                index = next
            case 0x3D:
                equals = equals ?? index
                index += 1
            case _: index += 1
            }
        }
        guard let equals else {
            let name = CacheText.trimmed(bytes, start..<index)
            if !name.isEmpty { body(name, strings == 0 ? .none : .malformed) }
            return index + 1
        }
        let name = CacheText.trimmed(bytes, start..<equals)
        let value = CacheText.trimmed(bytes, equals + 1..<index)
        if name.upperBound != equals || value.lowerBound != equals + 1 {
            body(name, .malformed)
        } else if strings == 0 {
            body(name, .value(value))
        } else if strings == 1, bytes[value.lowerBound] == 0x22,
            CacheText.endOfQuoted(bytes, from: value.lowerBound, to: value.upperBound) == value.upperBound
        {
            body(name, .value(value.lowerBound + 1..<value.upperBound - 1))
        } else {
            body(name, .malformed)
        }
        return index + 1
    }
}
