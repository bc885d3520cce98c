import StentModel

/// What the Connection fields of a head say (RFC 9110 §7.6.1).
struct ConnectionOptions: Sendable {
    var close = false
    var keepAlive = false
    /// Something else is named than `close` and `keep-alive`.
    var nominatesFields = false
    /// A field is named that is not hop-by-hop: who forwards the message as told would lose it.
    var nominatesEndToEndField = false

    /// Adds the options of one field line.
    mutating func add(_ bytes: RawSpan, _ value: Slot, _ table: FieldNameTable) {
        var start = value.lowerBound
        while start < value.upperBound {
            var end = start
            while end < value.upperBound, bytes.byte(end) != Byte.comma { end += 1 }
            var lower = start
            var upper = end
            while lower < upper, Byte.isSpace(bytes.byte(lower)) { lower += 1 }
            while upper > lower, Byte.isSpace(bytes.byte(upper - 1)) { upper -= 1 }
            if lower < upper { add(option: lower..<upper, of: bytes, table) }
            start = end + 1
        }
    }

    private mutating func add(option: Range<Int>, of bytes: RawSpan, _ table: FieldNameTable) {
        if bytes.equals(option, lowercase: "close") {
            close = true
        } else if bytes.equals(option, lowercase: "keep-alive") {
            keepAlive = true  // also the name of a hop-by-hop field, which is dropped anyway
        } else {
            nominatesFields = true
            for index in option where !ByteSet.token.contains(bytes.byte(index)) { return }  // names no field at all
            let field = table.field(bytes, from: option.lowerBound, length: option.count)
            if !field.mayBeNominated { nominatesEndToEndField = true }
        }
    }

    /// Whether the sender lets the connection be used again (RFC 9112 §9.3).
    func keepsConnection(in version: HTTPVersion) -> Bool {
        switch version {
        case .http10: keepAlive && !close
        case .http11, .http2: !close
        }
    }
}

extension FieldName {
    /// Hop-by-hop fields, which no forwarding lets pass, and fields that no rule of ours knows.
    fileprivate var mayBeNominated: Bool {
        switch self {
        case .other, .connection, .http2Settings, .keepAlive, .proxyAuthenticate, .proxyAuthenticationInfo,
            .proxyAuthorization, .proxyConnection, .te, .trailer, .upgrade:
            true
        case .accept, .acceptEncoding, .age, .allow, .authorization, .cacheControl, .cacheStatus, .cdnCacheControl,
            .contentEncoding, .contentLength, .contentLocation, .contentRange, .contentType, .cookie, .date, .etag,
            .expect, .expires, .forwarded, .host, .idempotencyKey, .ifMatch, .ifModifiedSince, .ifNoneMatch, .ifRange,
            .ifUnmodifiedSince, .lastModified, .location, .origin, .pragma, .range, .retryAfter, .server,
            .serverTiming, .setCookie, .stentOutcome, .strictTransportSecurity, .traceparent, .transferEncoding,
            .userAgent, .vary, .via, .wwwAuthenticate, .xForwardedFor, .xForwardedHost, .xForwardedPort,
            .xForwardedProto, .xHTTPMethod, .xHTTPMethodOverride, .xMethodOverride, .xRealIP, .xRequestID:
            false
        }
    }
}
