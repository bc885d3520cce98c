/// Numbers and strings of bytes one after another, as the tier's files have them; least significant byte first.
enum CacheBytes {
    static func append(_ number: UInt64, to output: inout [UInt8]) {
        withUnsafeBytes(of: number.littleEndian) { output.append(contentsOf: $0) }
    }

    static func append(_ number: UInt32, to output: inout [UInt8]) {
        withUnsafeBytes(of: number.littleEndian) { output.append(contentsOf: $0) }
    }

    /// With its length in front.
    static func append(_ bytes: [UInt8], to output: inout [UInt8]) {
        append(UInt32(clamping: bytes.count), to: &output)
        output.append(contentsOf: bytes)
    }

    /// Reads them back; what is not there is `nil`.
    struct Reader {
        private var rest: ArraySlice<UInt8>

        init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

        var isAtEnd: Bool { rest.isEmpty }

        mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
            guard count >= 0, count <= rest.count else { return nil }
            defer { rest = rest.dropFirst(count) }
            return rest.prefix(count)
        }

        mutating func takeUInt64() -> UInt64? {
            take(8).map { $0.reversed().reduce(0) { $0 << 8 | UInt64($1) } }
        }

        mutating func takeUInt32() -> UInt32? {
            take(4).map { $0.reversed().reduce(0) { $0 << 8 | UInt32($1) } }
        }

        /// A number that is a size or an offset here.
        mutating func takeSize() -> Int? { takeUInt64().flatMap { Int(exactly: $0) } }

        mutating func takeBytes() -> [UInt8]? {
            takeUInt32().flatMap { take(Int($0)) }.map { [UInt8]($0) }
        }
    }
}
