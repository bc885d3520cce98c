import StentModel

/// Writes the parts of a head of ours behind what a buffer already holds.
///
/// It writes what it is given: a name must be a token and a value field content. Both come from texts of ours or from a
/// decoder that checked them; debug builds check again.
package enum HeadEncoder {
    /// Appends `HTTP/1.1 status phrase CR LF` with the usual phrase (RFC 9112 §4); an unregistered status has none.
    ///
    /// - Precondition: `status` has three digits.
    package static func appendStatusLine(_ status: Int, to output: inout [UInt8]) {
        precondition(100...999 ~= status, "a status has three digits")
        output.append("HTTP/1.1 ")
        output.append(decimal: status)
        output.append(Byte.space)
        output.append(ReasonPhrase.text(for: status))
        appendLineBreak(to: &output)
    }

    /// Appends one field line with a value of ours.
    package static func appendField(_ name: StaticString, _ value: StaticString, to output: inout [UInt8]) {
        appendName(name, to: &output)
        output.append(value)
        appendLineBreak(to: &output)
    }

    /// Appends one field line with a decimal number as its value.
    package static func appendField(_ name: StaticString, decimal value: Int, to output: inout [UInt8]) {
        appendName(name, to: &output)
        output.append(decimal: value)
        appendLineBreak(to: &output)
    }

    /// Appends one field line with a value that was checked.
    package static func appendField(_ name: StaticString, copying value: RawSpan, to output: inout [UInt8]) {
        assert(value.firstNotFieldContent(from: 0, to: value.byteCount) == value.byteCount, "a value is field content")
        appendName(name, to: &output)
        output.append(copying: value)
        appendLineBreak(to: &output)
    }

    /// Appends a `Date` or other field line with a time in IMF-fixdate.
    package static func appendField(_ name: StaticString, date unixSeconds: Int, to output: inout [UInt8]) {
        appendName(name, to: &output)
        HTTPDate.append(unixSeconds: unixSeconds, to: &output)
        appendLineBreak(to: &output)
    }

    /// Appends CR LF: the end of a line, or of the head.
    package static func appendLineBreak(to output: inout [UInt8]) {
        output.append(Byte.carriageReturn)
        output.append(Byte.lineFeed)
    }

    private static func appendName(_ name: StaticString, to output: inout [UInt8]) {
        output.append(name)
        output.append(Byte.colon)
        output.append(Byte.space)
    }
}
