import StentModel

/// Reads the field lines of a head, one at a time, and goes on where it stopped.
///
/// A line is judged from its first wrong byte on: the answer depends on the bytes before and never on how they were
/// split. Where one more byte is needed to tell two faults apart (CR and what follows), it waits for that byte.
struct FieldScanner: Sendable {
    enum Step {
        /// The bytes end inside a line.
        case more
        case line(FieldLine)
        /// The empty line was read; `cursor` stands behind it.
        case end
    }

    private enum Phase: UInt8 {
        case lineStart, name, spaceBehindName, spaceBeforeValue, value
    }

    /// All bytes before were examined.
    private(set) var cursor = 0
    private var phase = Phase.lineStart
    private var nameStart = 0
    private var nameEnd = 0
    private var valueStart = 0
    private var linesLeft: Int
    private let maximumLines: Int
    private let nameBytes: ByteSet
    private let table = FieldNameTable.shared

    init(maximumLines: Int, nameBytes: ByteSet) {
        self.maximumLines = maximumLines
        self.nameBytes = nameBytes
        linesLeft = maximumLines
    }

    /// Stands at the first field line, `offset` bytes into the head.
    mutating func restart(at offset: Int) {
        cursor = offset
        phase = .lineStart
        linesLeft = maximumLines
    }

    /// - Parameter bytes: the head from its first byte on; at least as much of it as in the call before.
    @inline(__always)
    mutating func next(_ bytes: RawSpan) throws(FieldFault) -> Step {
        let count = bytes.byteCount
        var index = cursor
        guard index < count else { return .more }
        switch phase {
        case .lineStart:
            let byte = bytes.byte(index)
            if byte == Byte.carriageReturn { return try endOfSection(bytes) }
            if byte == Byte.lineFeed { throw .bareLineBreak }
            if Byte.isSpace(byte) { throw .obsoleteFold }
            if linesLeft == 0 { throw .tooManyLines }
            linesLeft -= 1
            nameStart = index
            phase = .name
            fallthrough
        case .name:
            index = bytes.firstNotName(nameBytes, from: index, to: count)
            cursor = index
            guard index < count else { return .more }
            nameEnd = index
            if bytes.byte(index) != Byte.colon || index == nameStart {
                if let fault = nameFault(bytes) { throw fault }
                if phase == .name { return .more }
                return try next(afterSpaceBehindName: bytes)
            }
            index &+= 1
            phase = .spaceBeforeValue
            fallthrough
        case .spaceBeforeValue:
            while index < count, Byte.isSpace(bytes.byte(index)) { index &+= 1 }
            cursor = index
            guard index < count else { return .more }
            valueStart = index
            phase = .value
            fallthrough
        case .value:
            index = bytes.firstNotFieldContent(from: index, to: count)
            cursor = index
            guard index &+ 1 < count else {
                if index < count, bytes.byte(index) != Byte.carriageReturn { throw valueFault(bytes.byte(index)) }
                return .more
            }
            guard bytes.byte(index) == Byte.carriageReturn else { throw valueFault(bytes.byte(index)) }
            guard bytes.byte(index &+ 1) == Byte.lineFeed else { throw .bareLineBreak }
            cursor = index &+ 2
            phase = .lineStart
            return .line(line(bytes, breakAt: index))
        case .spaceBehindName:
            return try next(afterSpaceBehindName: bytes)
        }
    }

    @inline(__always)
    private func line(_ bytes: RawSpan, breakAt lineBreak: Int) -> FieldLine {
        var valueEnd = lineBreak
        while valueEnd > valueStart, Byte.isSpace(bytes.byte(valueEnd &- 1)) { valueEnd &-= 1 }
        let length = nameEnd &- nameStart
        return FieldLine(
            name: Slot(nameStart..<nameEnd),
            value: Slot(valueStart..<valueEnd),
            field: table.field(bytes, from: nameStart, length: length),
            isCanonical: valueStart == nameEnd &+ 2 && valueEnd == lineBreak && bytes.byte(nameEnd &+ 1) == Byte.space)
    }

    private mutating func endOfSection(_ bytes: RawSpan) throws(FieldFault) -> Step {
        guard cursor + 1 < bytes.byteCount else { return .more }
        guard bytes.byte(cursor + 1) == Byte.lineFeed else { throw .bareLineBreak }
        cursor += 2
        return .end
    }

    /// What is wrong with the byte at the cursor, which is neither of a name nor a colon behind one; `nil` where the
    /// bytes that follow it must tell, with the phase set to `spaceBehindName` where they are more than one.
    private mutating func nameFault(_ bytes: RawSpan) -> FieldFault? {
        let byte = bytes.byte(cursor)
        if byte == Byte.carriageReturn {
            guard cursor + 1 < bytes.byteCount else { return nil }
            return bytes.byte(cursor + 1) == Byte.lineFeed ? .noColon : .bareLineBreak
        }
        if byte == Byte.lineFeed { return .bareLineBreak }
        if byte == Byte.underscore { return .underscoreInName }
        if Byte.isSpace(byte) {
            phase = .spaceBehindName
            return nil
        }
        return Byte.isControl(byte) ? .controlByte : .malformedName
    }

    private mutating func next(afterSpaceBehindName bytes: RawSpan) throws(FieldFault) -> Step {
        while cursor < bytes.byteCount, Byte.isSpace(bytes.byte(cursor)) { cursor += 1 }
        guard cursor < bytes.byteCount else { return .more }
        throw bytes.byte(cursor) == Byte.colon ? .spaceBeforeColon : .malformedName
    }

    private func valueFault(_ byte: UInt8) -> FieldFault {
        byte == Byte.lineFeed ? .bareLineBreak : .controlByte
    }
}
