/// One way in which a single request can go wrong. Raw values are what the control port says and takes.
package enum Fault: String, Sendable, CaseIterable {
    /// 500 at once, and nothing was done.
    case errorBefore = "500-before"
    /// The work is done, and yet the answer is 500.
    case errorAfter = "500-after"
    /// The connection is reset without an answer.
    case reset
    /// The work is done, and the answer breaks off.
    case truncate
    /// The work is done, and the answer is no HTTP.
    case malformed

    /// Whether the work behind the request is done; a reset says it per request.
    var isAfterWork: Bool? {
        switch self {
        case .errorBefore: false
        case .errorAfter, .truncate, .malformed: true
        case .reset: nil
        }
    }
}

/// How an answer is broken off.
package enum Truncation: String, Sendable, CaseIterable {
    /// Chunks stop without the final one, then the connection is closed.
    case missingFinalChunk = "missing-final-chunk"
    /// Fewer bytes than Content-Length says, then the connection is closed.
    case shortBody = "short-body"
    /// As the first, but the connection is reset.
    case resetInBody = "reset-in-body"
    /// The head itself breaks off.
    case shortHead = "short-head"
}

/// How an answer fails to be HTTP.
package enum Malformation: String, Sendable, CaseIterable {
    case badStatusLine = "bad-status-line"
    case badStatusCode = "bad-status-code"
    case badVersion = "bad-version"
    case badChunkSize = "bad-chunk-size"
    case chunkOverrun = "chunk-overrun"
    case fieldWithoutColon = "field-without-colon"
    case twoLengths = "two-lengths"
    case lengthNotNumber = "length-not-a-number"
    case controlByteInField = "control-byte-in-field"
}
