import StentModel

/// What the fields of one response say about the response itself: its framing and its connection.
struct ResponseFacts: Sendable {
    private var contentLength: Int?
    private var codings = 0
    private var isChunked = false
    private var options = ConnectionOptions()

    /// Adds one field line.
    ///
    /// - Throws: what is wrong with it by itself or beside the lines before.
    mutating func add(_ line: FieldLine, _ bytes: RawSpan, _ table: FieldNameTable) throws(Reason) {
        switch line.field {
        case .contentLength:
            // RFC 9110 §8.6 lets a recipient make one of several equal values. We don't: a sender that writes two has
            // two minds about its framing.
            guard contentLength == nil, let length = bytes.decimal(line.value.range) else {
                throw .upstreamMalformedLength
            }
            contentLength = length
        case .transferEncoding:
            codings += 1
            isChunked = bytes.equals(line.value.range, lowercase: "chunked")
        case .connection: options.add(bytes, line.value, table)
        default: return  // no other field says anything about the message itself
        }
    }

    /// Finds the framing (RFC 9112 §6.3, without its leniencies), and writes the conclusions into the head.
    func settle(into head: inout ResponseHead, _ method: Method) throws(Reason) {
        if codings > 0 {
            guard contentLength == nil, head.version != .http10, codings == 1, isChunked else {
                throw .upstreamMalformedCoding
            }
        }
        head.nominatesFields = options.nominatesFields
        head.keepsConnection = options.keepsConnection(in: head.version)
        if head.status < 200 || head.status == 204 {
            head.framing = .none
            // Neither has content nor may say so (RFC 9110 §8.6, RFC 9112 §6.1): one that does may send it after all.
            if codings > 0 || contentLength ?? 0 > 0 { head.keepsConnection = false }
        } else if method == .head || head.status == 304 {
            head.framing = .none
        } else if codings > 0 {
            head.framing = .chunked
        } else if let contentLength {
            head.framing = contentLength > 0 ? .length(contentLength) : .none
        } else {
            head.framing = .untilClose
            head.keepsConnection = false
        }
    }
}
