import StentModel

/// What the fields of one request say about the request itself: its framing, its host, its connection.
struct RequestFacts: Sendable {
    private var host: Range<Int>?
    private var contentLength: Int?
    private var codings = 0
    private var isChunked = false
    private var hasAuthorization = false
    private var hasContentType = false
    private var expectsContinue = false
    private var options = ConnectionOptions()

    /// Adds one field line.
    ///
    /// - Throws: what is wrong with it by itself or beside the lines before.
    mutating func add(
        _ line: FieldLine, _ bytes: RawSpan, in version: HTTPVersion, _ table: FieldNameTable
    ) throws(Reason) {
        switch line.field {
        case .host:
            guard host == nil else { throw .requestRepeatedHost }
            guard Authority(bytes, line.value.range) != nil else { throw .requestMalformedHost }
            host = line.value.range
        case .contentLength: try add(contentLength: line.value.range, bytes)
        case .transferEncoding:
            codings += 1
            isChunked = bytes.equals(line.value.range, lowercase: "chunked")
        case .authorization:
            guard !hasAuthorization else { throw .requestRepeatedAuthorization }
            hasAuthorization = true
        case .contentType:
            guard !hasContentType else { throw .requestRepeatedContentType }
            hasContentType = true
        case .connection:
            options.add(bytes, line.value, table)
            guard !options.nominatesEndToEndField else { throw .requestNominatedEndToEndField }
        case .expect:
            // RFC 9110 §10.1.1: an HTTP/1.0 client can't wait for a 100, whatever it says.
            guard version != .http10 else { return }
            guard !expectsContinue, bytes.equals(line.value.range, lowercase: "100-continue") else {
                throw .requestUnsupportedExpectation
            }
            expectsContinue = true
        default: return  // no other field says anything about the message itself
        }
    }

    private mutating func add(contentLength value: Range<Int>, _ bytes: RawSpan) throws(Reason) {
        guard let length = bytes.decimal(value) else {
            for index in value where bytes.byte(index) == Byte.comma { throw .requestRepeatedLength }
            for index in value where !(0x30...0x39).contains(bytes.byte(index)) { throw .requestMalformedLength }
            throw value.isEmpty ? .requestMalformedLength : .requestBodyTooLarge  // a number, beyond all that is served
        }
        if let contentLength { throw contentLength == length ? .requestRepeatedLength : .requestConflictingLength }
        contentLength = length
    }

    /// Judges what only the whole head tells, and writes the conclusions into it.
    ///
    /// - Parameter authority: that of an absolute-form target, empty for the other forms.
    func settle(
        into head: inout RequestHead, _ bytes: RawSpan, authority: Range<Int>, defaultPort: Int
    ) throws(Reason) {
        if let host {
            if !authority.isEmpty {
                guard agree(bytes, host, authority, defaultPort) else { throw .requestHostMismatch }
            }
        } else if head.version != .http10 {
            throw .requestMissingHost
        }
        head.framing = try framing(in: head.version)
        head.keepsConnection = options.keepsConnection(in: head.version)
        head.nominatesFields = options.nominatesFields
        head.expectsContinue = expectsContinue
    }

    /// RFC 9112 §6.3, without its leniencies: RFC 9112 §6.1 lets a server refuse the pair of Content-Length and
    /// Transfer-Encoding, and any coding in HTTP/1.0, and no honest client sends either.
    private func framing(in version: HTTPVersion) throws(Reason) -> BodyFraming {
        if codings > 0 {
            guard contentLength == nil else { throw .requestLengthAndCoding }
            guard version != .http10 else { throw .requestCodingInOldVersion }
            guard codings == 1, isChunked else { throw .requestUnknownCoding }
            return .chunked
        }
        guard let contentLength, contentLength > 0 else { return .none }
        return .length(contentLength)
    }

    private func agree(_ bytes: RawSpan, _ left: Range<Int>, _ right: Range<Int>, _ defaultPort: Int) -> Bool {
        guard let left = Authority(bytes, left), let right = Authority(bytes, right) else { return false }
        return bytes.equalIgnoringCase(left.host, right.host)
            && (left.port ?? defaultPort) == (right.port ?? defaultPort)
    }
}
