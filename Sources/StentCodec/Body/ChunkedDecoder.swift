/// The chunked transfer coding (RFC 9112 §7.1), read byte by byte outside the data.
///
/// Stricter than the grammar's leniencies: no white space around a size or inside an extension (RFC 9112 §7.1.1 would
/// have it parsed and removed), lines end in CR LF only, a size has 1 to 15 hexadecimal digits, which also keeps it below
/// 2^60. Extensions are checked and ignored; trailer fields are checked and dropped (RFC 9112 §7.1.2 allows it).
struct ChunkedDecoder: Sendable {
    private enum Phase: UInt8 {
        case sizeStart, size
        case extensionName, extensionValue, extensionToken, extensionQuoted, extensionEscaped, extensionEnd
        case sizeLineFeed
        case data, dataCarriageReturn, dataLineFeed
        case trailerStart, trailerName, trailerValue, trailerLineFeed, lastLineFeed
        case complete
    }

    private var phase = Phase.sizeStart
    /// The size of the chunk as far as it was read, then the bytes of it still to come.
    private var left = 0
    private var sizeDigits = 0
    private var extensionBytesLeft: Int
    private var trailerBytesLeft: Int
    /// At least one byte of the current extension's name was seen.
    private var hasName = false
    private let trailerName: ByteSet

    /// - Parameter trailerName: the bytes of a trailer field's name, as in a head of the same side.
    init(limits: BodyLimits, trailerName: ByteSet) {
        self.trailerName = trailerName
        extensionBytesLeft = limits.chunkExtensions
        trailerBytesLeft = limits.trailers
    }

    /// Consumes up to the end of one run of content, the line break behind it included where it is there already.
    mutating func decode(_ input: RawSpan) throws(ChunkFault) -> BodyDecoder.Step {
        var index = 0
        var content = 0..<0
        while index < input.byteCount {
            if phase == .data {
                guard content.isEmpty else { break }
                let count = min(left, input.byteCount - index)
                content = index..<index + count
                index += count
                left -= count
                if left == 0 { phase = .dataCarriageReturn }
            } else {
                let byte = input.byte(index)
                index += 1
                try take(byte)
                if phase == .complete { break }
            }
        }
        return BodyDecoder.Step(consumed: index, content: content, isComplete: phase == .complete)
    }

    private mutating func take(_ byte: UInt8) throws(ChunkFault) {
        switch phase {
        case .sizeStart, .size: try takeSize(byte)
        case .extensionName, .extensionValue, .extensionToken, .extensionQuoted, .extensionEscaped, .extensionEnd:
            try takeExtension(byte)
        case .sizeLineFeed:
            guard byte == Byte.lineFeed else { throw .malformedChunk }
            phase = left > 0 ? .data : .trailerStart
        case .dataCarriageReturn:
            guard byte == Byte.carriageReturn else { throw .malformedChunk }
            phase = .dataLineFeed
        case .dataLineFeed:
            guard byte == Byte.lineFeed else { throw .malformedChunk }
            phase = .sizeStart
        case .trailerStart, .trailerName, .trailerValue, .trailerLineFeed, .lastLineFeed: try takeTrailer(byte)
        case .data, .complete: preconditionFailure("content and the end are not taken byte by byte")
        }
    }

    private mutating func takeSize(_ byte: UInt8) throws(ChunkFault) {
        if let digit = Byte.hexadecimalValue(byte) {
            if phase == .sizeStart { (left, sizeDigits, phase) = (0, 0, .size) }
            guard sizeDigits < 15 else { throw .malformedChunk }
            sizeDigits += 1
            left = left &<< 4 | Int(digit)
        } else {
            guard phase == .size else { throw .malformedChunk }
            try takeEnd(ofSizeOrExtension: byte)
        }
    }

    /// What may stand behind a size or a complete extension: another extension, or the end of the line.
    private mutating func takeEnd(ofSizeOrExtension byte: UInt8) throws(ChunkFault) {
        if byte == Byte.carriageReturn {
            phase = .sizeLineFeed
        } else if byte == Byte.semicolon {
            try countExtensionByte()
            phase = .extensionName
            hasName = false
        } else {
            throw .malformedChunk
        }
    }

    /// `*( ";" chunk-ext-name [ "=" chunk-ext-val ] )` (RFC 9112 §7.1.1) without its optional white space.
    private mutating func takeExtension(_ byte: UInt8) throws(ChunkFault) {
        switch phase {
        case .extensionName where ByteSet.token.contains(byte): hasName = true
        case .extensionName where !hasName: throw .malformedChunk
        case .extensionName where byte == Byte.equals: phase = .extensionValue
        case .extensionValue where ByteSet.token.contains(byte): phase = .extensionToken
        case .extensionValue where byte == Byte.quote: phase = .extensionQuoted
        case .extensionToken where ByteSet.token.contains(byte): break
        case .extensionQuoted where byte == Byte.quote: phase = .extensionEnd
        case .extensionQuoted where byte == Byte.backslash: phase = .extensionEscaped
        case .extensionQuoted where Byte.isFieldContent(byte): break
        case .extensionEscaped where Byte.isFieldContent(byte): phase = .extensionQuoted
        case .extensionName, .extensionToken, .extensionEnd: return try takeEnd(ofSizeOrExtension: byte)
        default: throw .malformedChunk
        }
        try countExtensionByte()
    }

    private mutating func countExtensionByte() throws(ChunkFault) {
        guard extensionBytesLeft > 0 else { throw .extensionsTooLarge }
        extensionBytesLeft -= 1
    }

    /// `*( field-line CRLF ) CRLF`.
    private mutating func takeTrailer(_ byte: UInt8) throws(ChunkFault) {
        if phase != .trailerStart || byte != Byte.carriageReturn, phase != .lastLineFeed {
            guard trailerBytesLeft > 0 else { throw .trailersTooLarge }
            trailerBytesLeft -= 1
        }
        switch phase {
        case .trailerStart where byte == Byte.carriageReturn: phase = .lastLineFeed
        case .trailerStart where trailerName.contains(byte): phase = .trailerName
        case .trailerName where trailerName.contains(byte): break
        case .trailerName where byte == Byte.colon: phase = .trailerValue
        case .trailerValue where Byte.isFieldContent(byte): break
        case .trailerValue where byte == Byte.carriageReturn: phase = .trailerLineFeed
        case .trailerLineFeed where byte == Byte.lineFeed: phase = .trailerStart
        case .lastLineFeed where byte == Byte.lineFeed: phase = .complete
        default: throw .malformedTrailer
        }
    }
}
