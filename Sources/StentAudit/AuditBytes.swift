import StentModel

/// How values are written into an audit line: straight into the buffer.
extension OutputSpan where Element == UInt8 {
    /// Appends a number in decimal digits.
    ///
    /// Digits are made from the lowest into a register: two divisions by a constant each, where dividing by a growing
    /// power of ten would cost real divisions.
    mutating func append(integer number: Int) {
        if number < 0 { append(0x2D) }
        var rest = number.magnitude
        if rest < 10 {
            append(digit(rest))
            return
        }
        if rest < 1000 {
            if rest >= 100 { append(digit(rest / 100)) }
            append(digit(rest / 10 % 10))
            append(digit(rest % 10))
            return
        }
        var digits: InlineArray<20, UInt8> = .init(repeating: 0x30)
        var start = 20
        while rest > 0 {
            start -= 1
            digits[start] = digit(rest % 10)
            rest /= 10
        }
        append(run: digits.span.extracting(start..<20))
    }

    /// Appends two digits: the last two of a number.
    mutating func append(pair number: UInt) {
        append(digit(number / 10 % 10))
        append(digit(number % 10))
    }

    /// Appends three digits: the last three of a number.
    mutating func append(triple number: UInt) {
        append(digit(number / 100 % 10))
        append(pair: number)
    }

    /// Appends a span in milliseconds with three decimals, which is to the microsecond; a negative one as 0.
    mutating func append(milliseconds span: TimeSpan) {
        if span.nanoseconds < 1_000 {
            append("0.000")
            return
        }
        let microseconds = Int(span.nanoseconds / 1_000)
        append(integer: microseconds / 1_000)
        append(0x2E)
        let fraction = UInt(microseconds % 1_000)
        append(triple: fraction)
    }

    /// Appends a UUID in its usual form (RFC 9562 §4).
    mutating func append(uuid high: UInt64, _ low: UInt64) {
        var text: InlineArray<36, UInt8> = .init(repeating: 0x2D)
        var position = 0
        for index in 0..<16 {
            if index == 4 || index == 6 || index == 8 || index == 10 { position += 1 }
            let byte = UInt8(truncatingIfNeeded: (index < 8 ? high : low) >> UInt64((7 - index % 8) * 8))
            text[position] = hexDigit(byte >> 4)
            text[position + 1] = hexDigit(byte & 0x0F)
            position += 2
        }
        append(run: text.span)
    }

    /// Appends a text of our own that needs no escape, such as a reason's raw value.
    mutating func append(ascii text: String) {
        append(run: text.utf8.span)
    }

    /// Appends bytes as they are.
    mutating func append(run: Span<UInt8>) {
        run.withUnsafeBufferPointer { append(pointer: $0) }
    }

    /// Appends ASCII text that is known at compile time.
    @inline(__always)
    mutating func append(_ text: StaticString) {
        text.withUTF8Buffer { append(pointer: $0) }
    }

    /// Appends an IPv4 address in dotted form.
    mutating func append(v4 address: UInt32) {
        append(integer: Int(address >> 24))
        append(0x2E)
        append(integer: Int(address >> 16 & 0xFF))
        append(0x2E)
        append(integer: Int(address >> 8 & 0xFF))
        append(0x2E)
        append(integer: Int(address & 0xFF))
    }

    /// Appends an IPv6 address in its one canonical form (RFC 5952 §4): no leading zeros, the longest run of two or more
    /// zero groups (the first of several) as `::`.
    mutating func append(v6 high: UInt64, _ low: UInt64) {
        let zeros = longestZeroRun(high, low)
        var index = 0
        while index < 8 {
            if index == zeros.lowerBound, !zeros.isEmpty {
                append("::")
                index = zeros.upperBound
                continue
            }
            if index > 0, index != zeros.upperBound { append(0x3A) }
            append(hexadecimal: group(index, of: high, low))
            index += 1
        }
    }

    private mutating func append(hexadecimal value: UInt16) {
        var shift: UInt16 = value >= 0x1000 ? 12 : value >= 0x100 ? 8 : value >= 0x10 ? 4 : 0
        while true {
            append(hexDigit(UInt8(truncatingIfNeeded: value >> shift & 0x0F)))
            if shift == 0 { return }
            shift -= 4
        }
    }

    @inline(__always)
    private mutating func append(pointer: UnsafeBufferPointer<UInt8>) {
        guard let source = pointer.baseAddress else { return }
        precondition(pointer.count <= freeCapacity, "the line was promised to be shorter")
        withUnsafeMutableBufferPointer { buffer, count in
            // In bounds: `count` bytes are initialised and as many as are copied are free.
            if let start = buffer.baseAddress { (start + count).initialize(from: source, count: pointer.count) }
            count += pointer.count
        }
    }
}

private func group(_ index: Int, of high: UInt64, _ low: UInt64) -> UInt16 {
    UInt16(truncatingIfNeeded: (index < 4 ? high : low) >> UInt64(48 - index % 4 * 16))
}

private func longestZeroRun(_ high: UInt64, _ low: UInt64) -> Range<Int> {
    var best = 0..<0
    var start = 0
    while start < 8 {
        var end = start
        while end < 8, group(end, of: high, low) == 0 { end += 1 }
        if end - start > max(best.count, 1) { best = start..<end }
        start = max(end, start + 1)
    }
    return best
}

private func digit(_ value: UInt) -> UInt8 { 0x30 + UInt8(truncatingIfNeeded: value) }

/// The lower-case hexadecimal digit of a value below 16.
func hexDigit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x57 + value }
