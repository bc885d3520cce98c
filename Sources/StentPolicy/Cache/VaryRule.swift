import StentModel

/// Which requests a stored response fits (RFC 9111 §4.1).
///
/// A variant is known by the names that its Vary had and by the bytes that a request has under them, put into one form. Two
/// requests fit where those bytes are the same.
package enum VaryRule {
    package enum Fields: Sendable, Equatable {
        /// The response fits every request.
        case none
        /// The names in lower case, sorted, each once, a comma behind each.
        case names([UInt8])
        /// `*`: it fits no request.
        case any
        /// It depends on what the upstream gets and the client does not send, or on too many fields.
        case unkeyable
    }

    /// More names than any service has; bounds what a look-up compares.
    private static let mostNames = 32

    package static func fields(of response: borrowing FieldSection) -> Fields {
        guard response.first(.vary) != nil else { return .none }
        let span = response.bytes.span
        var names: [[UInt8]] = []
        var isAny = false
        for line in response.lines where line.field == .vary {
            response.forEachToken(of: line.value) { token in
                if token.length == 1, span[token.lowerBound] == 0x2A { isAny = true }
                var name: [UInt8] = []
                name.reserveCapacity(Int(token.length))
                for index in token.range { name.append(CacheText.lowercase(span[index])) }
                if names.count <= mostNames, !names.contains(name) { names.append(name) }
                return !isAny
            }
        }
        if isAny { return .any }
        guard !names.isEmpty else { return .none }
        guard names.count <= mostNames, !names.contains(where: isWrittenHere) else { return .unkeyable }
        names.sort { $0.lexicographicallyPrecedes($1) }
        return .names(names.flatMap { $0 + [0x2C] })
    }

    /// Appends what the request has under those names, one field behind the other.
    ///
    /// Several lines of one name are one list; white space around its commas does not count. A field that is absent differs
    /// from one that is empty.
    ///
    /// - Parameter names: as `Fields.names` has them.
    package static func appendKey(names: [UInt8], of request: borrowing FieldSection, to output: inout [UInt8]) {
        let span = names.span
        var start = 0
        for end in 0..<span.count where span[end] == 0x2C {
            appendValue(of: request, span, start..<end, to: &output)
            output.append(0x0A)
            start = end + 1
        }
    }

    /// Fields that go upstream with another value than the client's, or that have one value per request.
    private static func isWrittenHere(_ name: [UInt8]) -> Bool {
        switch FieldNameTable.shared.field(name.span.bytes, from: 0, length: name.count) {
        case .connection, .expect, .forwarded, .keepAlive, .proxyConnection, .te, .trailer, .traceparent,
            .transferEncoding, .upgrade, .via, .xForwardedFor, .xForwardedHost, .xForwardedPort, .xForwardedProto,
            .xRealIP, .xRequestID:
            true
        case _: false
        }
    }

    private static func appendValue(
        of request: borrowing FieldSection, _ names: Span<UInt8>, _ name: Range<Int>, to output: inout [UInt8]
    ) {
        let isLanguage = CacheText.equals(names, name, "accept-language")
        let isOpaque = CacheText.equals(names, name, "authorization") || CacheText.equals(names, name, "cookie")
        let bytes = request.bytes.span
        let start = output.count
        var found = 0
        for line in request.lines where CacheText.sameName(bytes, line.name.range, names, name) {
            guard line.value.upperBound <= bytes.count else { continue }
            output.append(found == 0 ? 0x3D : 0x2C)
            found += 1
            if isOpaque {
                for index in line.value.range { output.append(bytes[index]) }
            } else {
                appendList(bytes, line.value.range, to: &output)
            }
        }
        if isLanguage, found > 0 { sortLanguages(&output, from: start + 1) }
    }

    /// Appends the value without the white space around its commas; quoted strings as they are.
    private static func appendList(_ bytes: Span<UInt8>, _ range: Range<Int>, to output: inout [UInt8]) {
        var start = range.lowerBound
        while start <= range.upperBound {
            var end = start
            while end < range.upperBound, bytes[end] != 0x2C {
                end =
                    bytes[end] == 0x22
                    ? CacheText.endOfQuoted(bytes, from: end, to: range.upperBound) ?? range.upperBound : end + 1
            }
            if start > range.lowerBound { output.append(0x2C) }
            for index in CacheText.trimmed(bytes, start..<end) { output.append(bytes[index]) }
            start = end + 1
        }
    }

    /// Brings Accept-Language into one form: neither case (RFC 4647 §2), nor white space, nor the order of its ranges
    /// (RFC 9110 §12.5.4: weights say what is preferred) makes a difference.
    private static func sortLanguages(_ output: inout [UInt8], from start: Int) {
        let ranges = output[start...].split(separator: 0x2C).map { range in
            range.filter { !CacheText.isSpace($0) }.map { CacheText.lowercase($0) }
        }
        output.removeSubrange(start...)
        for (index, range) in ranges.sorted(by: { $0.lexicographicallyPrecedes($1) }).enumerated() {
            if index > 0 { output.append(0x2C) }
            output.append(contentsOf: range)
        }
    }
}
