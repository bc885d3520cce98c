extension Reason {
    /// The status with which stent itself answers for this reason, and the problem's title (RFC 9457 §3.1.4); `nil` for
    /// reasons that never become an answer of ours.
    ///
    /// The one function that maps a reason to a status.
    package var answer: (status: Int, title: StaticString)? {
        switch self {
        case .requestMalformedLine, .requestMalformedMethod, .requestUnsupportedVersion, .requestBareLineBreak,
            .requestObsoleteFold, .requestControlByte, .requestMalformedFieldName, .requestMalformedFieldLine,
            .requestUnderscoreInFieldName, .requestSpaceBeforeColon, .requestConflictingLength, .requestRepeatedLength,
            .requestMalformedLength, .requestLengthAndCoding, .requestUnknownCoding, .requestCodingInOldVersion,
            .requestMissingHost, .requestRepeatedHost, .requestMalformedHost, .requestHostMismatch,
            .requestRepeatedAuthorization, .requestRepeatedContentType, .requestNominatedEndToEndField,
            .requestMethodOverride, .requestTargetForm, .requestTargetByte, .requestPercentEncoding,
            .requestEncodedControl, .requestDotSegment, .requestAmbiguousPath, .requestMalformedChunk,
            .requestChunkExtensionTooLarge, .requestTrailerTooLarge, .requestMalformedTrailer, .requestHeadTruncated,
            .requestBodyTruncated, .idempotencyMalformedKey, .contractMalformedJSON, .ownershipReasonTooShort:
            (400, "Bad Request")
        case .identityMissing, .identityMalformed, .identityRefused: (401, "Unauthorized")
        case .ownershipNotOwner, .ownershipOtherAuthor, .ownershipGiveAway, .ownershipReasonExpired:
            (403, "Forbidden")
        case .adminNotFound, .contractUnknownPath, .ownershipNoSuchRecord: (404, "Not Found")
        case .requestMethodRefused, .adminMethodNotAllowed, .contractMethodNotAllowed: (405, "Method Not Allowed")
        case .requestHeadTimeout, .requestBodyTimeout: (408, "Request Timeout")
        case .idempotencyInFlight, .idempotencyUnknownOutcome: (409, "Conflict")
        case .contractMediaType, .contractContentCoding, .adminMediaType: (415, "Unsupported Media Type")
        case .idempotencyKeyReused, .contractUnknownParameter, .contractInvalidParameter, .contractInvalidContent,
            .ownershipUnreadable, .adminInvalidRequest:
            (422, "Unprocessable Content")
        case .admissionRateLimited: (429, "Too Many Requests")
        case .requestBodyTooLarge, .idempotencyBodyTooLarge: (413, "Content Too Large")
        case .requestTargetTooLong: (414, "URI Too Long")
        case .requestUnsupportedExpectation: (417, "Expectation Failed")
        case .requestHeadTooLarge, .requestTooManyFields: (431, "Request Header Fields Too Large")
        case .listenerRedirect: (308, "Permanent Redirect")
        case .exchangeInternal: (500, "Internal Server Error")
        case .upstreamResolveFailed, .upstreamConnectFailed, .upstreamTLSFailed, .upstreamReset,
            .upstreamStaleConnection, .upstreamTruncated, .upstreamMalformedStatusLine, .upstreamMalformedField,
            .upstreamMalformedLength, .upstreamMalformedCoding, .upstreamMalformedChunk, .upstreamHeadTooLarge,
            .upstreamTooManyInformational, .upstreamUnexpectedUpgrade, .resendNotDone, .resendUnverified:
            (502, "Bad Gateway")
        case .admissionConnectionsPerAddress, .admissionConnections, .admissionAuditUnavailable, .admissionDraining,
            .exchangeShutdown, .upstreamPoolTimeout, .admissionQueueFull, .admissionQueueTimeout, .breakerOpen,
            .idempotencyUnavailable, .admissionMemory, .identityUnavailable, .ownershipUnknownOwner:
            (503, "Service Unavailable")
        case .upstreamConnectTimeout, .upstreamWriteStalled, .upstreamFirstByteTimeout, .upstreamAttemptTimeout,
            .upstreamIdleTimeout, .exchangeDeadline, .cacheNotStored:
            (504, "Gateway Timeout")
        case .clientGone, .clientStalled, .upstreamStatus, .exchangeAnswered, .retryCause, .retryNeverSent, .retryOff,
            .retryAttemptsSpent, .retryNotIdempotent, .retryCauseNotListed, .retryBodyNotKept, .retryAnswerStreaming,
            .retryDeadline, .retryBudgetSpent, .retryRepeatedDelete, .retryHedgeLost, .resendFound, .resendAbsent,
            .idempotencyReplayed, .contractContentDropped, .contractInvalidAnswer, .ownershipOwn, .ownershipStamped,
            .ownershipAdmin, .ownershipBreakGlass, .cacheHit, .cacheStale, .cacheValidated, .exchangeProcessDied:
            nil
        }
    }

    /// What is wrong and what to do, as a sentence for the client (RFC 9457 §3.1.4 `detail`).
    package var sentence: StaticString {
        switch self {
        case .requestMalformedLine: "The request line is not `method SP target SP version`."
        case .requestMalformedMethod: "The method is not a token."
        case .requestUnsupportedVersion: "Only HTTP/1.0 and HTTP/1.1 are spoken here."
        case .requestBareLineBreak: "A line ends in CR or LF alone; send CR LF."
        case .requestObsoleteFold: "A field value is folded over several lines; send it on one line."
        case .requestControlByte: "The head holds a control byte."
        case .requestMalformedFieldName: "A field name is not a token."
        case .requestMalformedFieldLine: "A field line has no colon."
        case .requestUnderscoreInFieldName: "A field name holds an underscore; use a hyphen."
        case .requestSpaceBeforeColon: "There is white space between a field name and its colon."
        case .requestConflictingLength: "There are two Content-Length values that differ."
        case .requestRepeatedLength: "Content-Length stands more than once or is a list; send it once."
        case .requestMalformedLength: "Content-Length is not a decimal number that can be handled."
        case .requestLengthAndCoding: "Content-Length and Transfer-Encoding stand together; send one of them."
        case .requestUnknownCoding: "Transfer-Encoding is something else than one `chunked`."
        case .requestCodingInOldVersion: "HTTP/1.0 has no Transfer-Encoding."
        case .requestMissingHost: "The Host field is missing."
        case .requestRepeatedHost: "The Host field stands more than once."
        case .requestMalformedHost: "The Host field is not a host with an optional port."
        case .requestHostMismatch: "The Host field and the authority of the target differ."
        case .requestRepeatedAuthorization: "Authorization stands more than once; send one credential."
        case .requestRepeatedContentType: "Content-Type stands more than once; send one."
        case .requestNominatedEndToEndField: "Connection names a field that is not hop-by-hop."
        case .requestMethodOverride: "A request's method can't be overridden; send the method that is meant."
        case .requestMethodRefused: "This method is not served here."
        case .requestTargetForm: "The request target is not an absolute path or an http URI of this host."
        case .requestTargetByte: "The request target holds a byte that must be percent-encoded."
        case .requestPercentEncoding: "The request target holds a `%` that is not followed by two hexadecimal digits."
        case .requestEncodedControl: "The request target encodes a control byte."
        case .requestDotSegment: "The path holds a `.` or `..` segment; send the path that is meant."
        case .requestAmbiguousPath:
            "The path has a spelling that servers read differently (empty segment, encoded slash, or parameter)."
        case .requestHeadTooLarge: "The head is larger than is accepted here."
        case .requestTooManyFields: "There are more field lines than are accepted here."
        case .requestTargetTooLong: "The request target is longer than is accepted here."
        case .requestBodyTooLarge: "The content is larger than is accepted here."
        case .requestMalformedChunk: "The chunked coding is broken."
        case .requestChunkExtensionTooLarge: "Chunk extensions are larger than is accepted here."
        case .requestTrailerTooLarge: "The trailer section is larger than is accepted here."
        case .requestMalformedTrailer: "The trailer section is malformed."
        case .requestUnsupportedExpectation: "Only the expectation 100-continue is met here."
        case .requestHeadTimeout: "The head did not arrive in time."
        case .requestHeadTruncated: "The connection ended before the head did."
        case .requestBodyTimeout: "The content did not arrive in time, or too slowly."
        case .requestBodyTruncated: "The connection ended before the content did."
        case .clientGone: "The client closed the connection before its answer was complete."
        case .clientStalled: "The client did not take its answer in time."
        case .listenerRedirect: "Use HTTPS."
        case .admissionConnectionsPerAddress: "There are too many connections from this address; close some."
        case .admissionConnections: "There are too many connections; try again later."
        case .admissionAuditUnavailable: "The audit trail can't take more records at present; try again later."
        case .admissionRateLimited: "This caller sends more requests than are accepted here; send fewer."
        case .admissionQueueFull: "Too many requests wait for the upstream; try again later."
        case .admissionQueueTimeout: "The upstream was too busy to be asked in time; try again later."
        case .breakerOpen: "The upstream is down; try again later."
        case .admissionDraining: "This proxy is shutting down; try again on a new connection."
        case .adminNotFound: "There is nothing at this path."
        case .adminMethodNotAllowed: "This path does not take that method."
        case .adminMediaType: "The content has to be application/json."
        case .adminInvalidRequest: "This can not be done; errors tells why."
        case .upstreamResolveFailed: "The name of the upstream could not be resolved."
        case .upstreamConnectFailed: "The upstream could not be reached."
        case .upstreamConnectTimeout: "The upstream did not accept a connection in time."
        case .upstreamTLSFailed: "No secure connection to the upstream could be made."
        case .upstreamPoolTimeout: "No connection to the upstream became free in time."
        case .upstreamReset: "The upstream closed the connection before it answered."
        case .upstreamStaleConnection: "The upstream had closed an idle connection when the request met it."
        case .upstreamWriteStalled: "The upstream did not take the request in time."
        case .upstreamFirstByteTimeout: "The upstream did not begin to answer in time."
        case .upstreamAttemptTimeout: "The upstream did not finish its answer in time."
        case .upstreamIdleTimeout: "The upstream stopped sending in the middle of its answer."
        case .upstreamTruncated: "The upstream's answer broke off before its end."
        case .upstreamMalformedStatusLine: "The upstream's answer has a malformed status line."
        case .upstreamMalformedField: "The upstream's answer has a malformed field."
        case .upstreamMalformedLength: "The upstream's answer has a malformed or conflicting Content-Length."
        case .upstreamMalformedCoding: "The upstream's answer has an unusable Transfer-Encoding."
        case .upstreamMalformedChunk: "The upstream's answer has a broken chunked coding."
        case .upstreamHeadTooLarge: "The upstream's answer has a head larger than is accepted here."
        case .upstreamTooManyInformational: "The upstream sent too many informational answers."
        case .upstreamUnexpectedUpgrade: "The upstream switched protocols unasked."
        case .upstreamStatus: "The upstream answered with a server error."
        case .exchangeAnswered: "The upstream answered."
        case .exchangeDeadline: "The time allowed for this request ran out."
        case .exchangeShutdown: "This proxy shut down before the request was finished."
        case .exchangeInternal: "This proxy met a defect of its own."
        case .exchangeProcessDied: "This proxy ended before the request did; what became of it is unknown."
        case .retryCause: "The failure is one that is retried."
        case .retryNeverSent: "The attempt failed before any byte of the request was sent."
        case .retryOff: "Retries are off for this route."
        case .retryAttemptsSpent: "All attempts were made."
        case .retryNotIdempotent: "The request may have been acted on and can't safely be repeated."
        case .retryCauseNotListed: "The failure is not one that is retried."
        case .retryBodyNotKept: "The request's content was too large to be kept for another attempt."
        case .retryAnswerStreaming: "The answer had already begun to reach the client."
        case .retryDeadline: "No time was left for another attempt."
        case .retryBudgetSpent: "Too many attempts are failing for this one to be repeated."
        case .retryRepeatedDelete: "A repeated DELETE found nothing left to delete."
        case .retryHedgeLost: "Another attempt of the same request was answered first."
        case .resendFound: "The upstream has the record, though its first answer was lost."
        case .resendAbsent: "The upstream does not have the record, so it was sent again."
        case .resendNotDone: "The upstream failed, and it was found out that it did nothing; try again."
        case .resendUnverified:
            "It could not be found out whether the upstream has the record; look before you try again."
        case .idempotencyMalformedKey: "Idempotency-Key is not one quoted string of 1 to 255 characters."
        case .idempotencyKeyReused: "This Idempotency-Key belongs to another request; use a new one."
        case .idempotencyInFlight: "The request with this Idempotency-Key is still under way; try again later."
        case .idempotencyUnknownOutcome:
            "Whether the request with this Idempotency-Key took effect is not known; look before you use a new key."
        case .idempotencyBodyTooLarge: "The content is too large for a request with Idempotency-Key."
        case .idempotencyUnavailable: "Idempotency keys can't be kept at present; try again later."
        case .idempotencyReplayed: "This is the answer that the first request with this Idempotency-Key had."
        case .cacheHit: "This is a stored answer."
        case .cacheStale: "This is a stored answer that is older than it should be."
        case .cacheValidated: "This is a stored answer of which the upstream says that it is still good."
        case .cacheNotStored: "No stored answer can be given, and the request wants no other (only-if-cached)."
        case .admissionMemory: "Too much content is being held for others at present; try again later."
        case .contractUnknownPath: "There is nothing at this path."
        case .contractMethodNotAllowed: "This can't be done here; Allow says what can."
        case .contractUnknownParameter: "The query holds a parameter that is not known here."
        case .contractInvalidParameter: "A parameter has a value that is not accepted here."
        case .contractMediaType: "Content of this media type is not accepted here."
        case .contractContentCoding: "Content in this coding is not accepted here; send it as it is."
        case .contractMalformedJSON: "The content is not one well-formed JSON text."
        case .contractInvalidContent: "The content is not what is accepted here."
        case .contractContentDropped: "The content was not asked for, and was left out."
        case .contractInvalidAnswer: "The upstream's answer is not what its contract says."
        case .identityMissing: "Send credentials."
        case .identityMalformed: "The credentials can't be read; send `Basic` and base64 of `user:password`."
        case .identityRefused: "The upstream has just refused these credentials."
        case .identityUnavailable: "Who is calling can't be found out at present, so nothing was done; try again later."
        case .ownershipOwn: "The record is the caller's own."
        case .ownershipStamped: "The record was made the caller's own."
        case .ownershipAdmin: "The caller may change any record of this kind."
        case .ownershipBreakGlass: "The caller has overridden the owner and said why."
        case .ownershipNotOwner: "Only the author may change or delete this record."
        case .ownershipOtherAuthor: "A record can be made in one's own name only."
        case .ownershipGiveAway: "A record can't be given to somebody else."
        case .ownershipUnreadable: "Whose record this would be can't be told from the content."
        case .ownershipNoSuchRecord: "There is no such record."
        case .ownershipUnknownOwner:
            "Whose record this is can't be found out at present, so nothing was done; try again later."
        case .ownershipReasonTooShort: "The reason for overriding an owner is too short."
        case .ownershipReasonExpired: "This reason has been used for too long; give a new one."
        }
    }
}
