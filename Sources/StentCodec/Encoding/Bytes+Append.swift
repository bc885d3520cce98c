import StentModel

extension [UInt8] {
    /// Appends a copy of bytes, such as a run of a head's lines.
    package mutating func append(copying bytes: RawSpan) {
        bytes.withUnsafeBytes { append(contentsOf: $0) }
    }

    /// Appends a number below 100 with exactly two decimal digits.
    mutating func append(twoDigits number: Int) {
        append(Byte.zero + UInt8(number / 10 % 10))
        append(Byte.zero + UInt8(number % 10))
    }
}
