import StentModel

/// Reads a request line (RFC 9112 §3), `method SP target SP version CR LF` and nothing else, and goes on where it stopped.
struct RequestLine: Sendable {
    private enum Phase: UInt8 {
        case method, target, version
    }

    /// All bytes before were examined.
    private(set) var cursor = 0
    private var phase = Phase.method
    private var versionStart = 0
    /// The authority of an absolute-form target; empty for the other forms.
    private(set) var authority = 0..<0
    /// The port that an absolute-form target means where it states none.
    private(set) var defaultPort = 0

    /// - Parameters:
    ///   - bytes: the head from its first byte on; at least as much of it as in the call before.
    ///   - limit: bytes that a target may have.
    /// - Returns: whether the line is complete; `cursor` then stands behind it.
    mutating func scan(_ bytes: RawSpan, targetLimit limit: Int, into head: inout RequestHead) throws(Reason) -> Bool {
        switch phase {
        case .method:
            guard try scanMethod(bytes, into: &head) else { return false }
            phase = .target
            fallthrough
        case .target:
            guard try scanTarget(bytes, limit: limit, into: &head) else { return false }
            phase = .version
            fallthrough
        case .version:
            return try scanVersion(bytes, into: &head)
        }
    }

    private mutating func scanMethod(_ bytes: RawSpan, into head: inout RequestHead) throws(Reason) -> Bool {
        var index = cursor
        while index < bytes.byteCount, ByteSet.token.contains(bytes.byte(index)) { index += 1 }
        cursor = index
        guard index < bytes.byteCount else { return false }
        guard bytes.byte(index) == Byte.space, index > 0 else {
            if let reason = lineFault(bytes) { throw reason }
            guard !Byte.isSpace(bytes.byte(index)) else { throw .requestMalformedLine }
            guard bytes.byte(index) != Byte.carriageReturn else { return false }
            throw .requestMalformedMethod
        }
        head.method = Method(bytes, 0..<index)
        head.methodText = Slot(0..<index)
        head.target = Slot(index + 1..<index + 1)
        cursor = index + 1
        return true
    }

    private mutating func scanTarget(
        _ bytes: RawSpan, limit: Int, into head: inout RequestHead
    ) throws(Reason) -> Bool {
        let start = head.target.lowerBound
        let end = limit < bytes.byteCount - start ? start + limit + 1 : bytes.byteCount
        var index = cursor
        while index < end, ByteSet.target.contains(bytes.byte(index)) { index += 1 }
        cursor = index
        guard index - start <= limit else { throw .requestTargetTooLong }
        guard index < end else { return false }
        guard bytes.byte(index) == Byte.space, index > start else {
            if let reason = lineFault(bytes) { throw reason }
            guard !Byte.isSpace(bytes.byte(index)) else { throw .requestMalformedLine }
            guard bytes.byte(index) != Byte.carriageReturn else { return false }
            throw .requestTargetByte
        }
        head.target = Slot(start..<index)
        try findForm(bytes, start..<index, into: &head)
        cursor = index + 1
        versionStart = index + 1
        return true
    }

    /// What the byte at the cursor says of the whole line; `nil` where it doesn't, or where it is a CR and the next byte
    /// must tell.
    private func lineFault(_ bytes: RawSpan) -> Reason? {
        let byte = bytes.byte(cursor)
        if byte == Byte.lineFeed { return .requestBareLineBreak }
        if byte == Byte.carriageReturn {
            guard cursor + 1 < bytes.byteCount else { return nil }
            return bytes.byte(cursor + 1) == Byte.lineFeed ? .requestMalformedLine : .requestBareLineBreak
        }
        return Byte.isControl(byte) ? .requestMalformedLine : nil
    }

    /// Tells the four forms of a target apart (RFC 9112 §3.2) and finds the path and query.
    private mutating func findForm(
        _ bytes: RawSpan, _ target: Range<Int>, into head: inout RequestHead
    ) throws(Reason) {
        authority = 0..<0
        if head.method == .connect {
            head.pathAndQuery = .empty  // authority-form, or what is refused with the method anyway
        } else if bytes.byte(target.lowerBound) == Byte.slash {
            head.pathAndQuery = Slot(target)
        } else if target.count == 1, bytes.byte(target.lowerBound) == Byte.asterisk {
            guard head.method == .options else { throw .requestTargetForm }
            head.pathAndQuery = Slot(target)
        } else {
            try findAuthority(bytes, target, into: &head)
        }
    }

    /// Splits an absolute-form target. One with a query but no path, `http://host?query`, is refused: what it means,
    /// `/?query`, is no run of its bytes, and whoever would send the run on would send a target without a slash.
    private mutating func findAuthority(
        _ bytes: RawSpan, _ target: Range<Int>, into head: inout RequestHead
    ) throws(Reason) {
        let start: Int
        if target.count > 7, bytes.equals(target.prefix(7), lowercase: "http://") {
            (start, defaultPort) = (target.lowerBound + 7, 80)
        } else if target.count > 8, bytes.equals(target.prefix(8), lowercase: "https://") {
            (start, defaultPort) = (target.lowerBound + 8, 443)
        } else {
            throw .requestTargetForm
        }
        var end = start
        while end < target.upperBound, bytes.byte(end) != Byte.slash, bytes.byte(end) != Byte.question { end += 1 }
        guard Authority(bytes, start..<end) != nil else { throw .requestTargetForm }
        guard end == target.upperBound || bytes.byte(end) == Byte.slash else { throw .requestTargetForm }
        authority = start..<end
        head.pathAndQuery = Slot(end..<target.upperBound)
    }

    private mutating func scanVersion(_ bytes: RawSpan, into head: inout RequestHead) throws(Reason) -> Bool {
        while cursor < bytes.byteCount {
            let byte = bytes.byte(cursor)
            let isAsExpected =
                switch cursor - versionStart {
                case 0: byte == 0x48
                case 1, 2: byte == 0x54
                case 3: byte == 0x50
                case 4: byte == Byte.slash
                case 5, 7: Byte.isDigit(byte)
                case 6: byte == Byte.dot
                case 8: byte == Byte.carriageReturn
                default: byte == Byte.lineFeed
                }
            guard isAsExpected else {
                if cursor - versionStart == 9 { throw .requestBareLineBreak }
                if let reason = lineFault(bytes) { throw reason }
                if byte == Byte.carriageReturn { return false }
                throw .requestMalformedLine
            }
            if cursor - versionStart == 7 {
                guard bytes.byte(cursor - 2) == Byte.zero + 1, byte <= Byte.zero + 1 else {
                    throw .requestUnsupportedVersion
                }
                head.version = byte == Byte.zero ? .http10 : .http11
            }
            cursor += 1
            if cursor - versionStart == 10 { return true }
        }
        return false
    }
}

extension Method {
    /// The method with exactly these bytes; `other` for those not listed.
    fileprivate init(_ bytes: RawSpan, _ range: Range<Int>) {
        var word: UInt64 = 0
        if range.count <= 8 {
            for index in range { word = word &<< 8 | UInt64(bytes.byte(index)) }
        }
        switch word {
        case 0x47_4554: self = .get  // the bytes in order, as ASCII
        case 0x4845_4144: self = .head
        case 0x504F_5354: self = .post
        case 0x50_5554: self = .put
        case 0x50_4154_4348: self = .patch
        case 0x4445_4C45_5445: self = .delete
        case 0x4F_5054_494F_4E53: self = .options
        case 0x43_4F4E_4E45_4354: self = .connect
        case 0x54_5241_4345: self = .trace
        default: self = .other
        }
    }
}
