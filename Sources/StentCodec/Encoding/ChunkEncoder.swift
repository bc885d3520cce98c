import StentModel

/// Writes the chunked transfer coding (RFC 9112 §7.1) around content: head, content, `appendLineBreak`, and at last the end.
package enum ChunkEncoder {
    /// Appends `size CR LF`, in lower-case hexadecimal.
    ///
    /// - Precondition: `size` is positive: a chunk of size zero would be the last one.
    package static func appendHead(size: Int, to output: inout [UInt8]) {
        precondition(size > 0, "an empty chunk would end the body")
        var shift = (Int.bitWidth - 1 - size.leadingZeroBitCount) / 4 * 4
        while shift >= 0 {
            let digit = UInt8(size >> shift & 0xF)
            output.append(digit < 10 ? Byte.zero + digit : 0x61 + digit - 10)
            shift -= 4
        }
        appendLineBreak(to: &output)
    }

    /// Appends the line break behind a chunk's content.
    package static func appendLineBreak(to output: inout [UInt8]) {
        output.append(Byte.carriageReturn)
        output.append(Byte.lineFeed)
    }

    /// Appends the last chunk and an empty trailer section.
    package static func appendEnd(to output: inout [UInt8]) {
        output.append("0\r\n\r\n")
    }
}
