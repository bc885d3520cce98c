/// The fields that a rule of ours looks at; all others are `other` and pass by their bytes.
///
/// A closed list instead of strings: a rule compares one byte, and a new rule adds its field here.
@usableFromInline package enum FieldName: UInt8, Sendable, CaseIterable {
    case other
    case accept, acceptEncoding, age, allow, authorization, cacheControl, cacheStatus, cdnCacheControl, connection
    case contentEncoding, contentLength, contentLocation, contentRange, contentType, cookie, date, etag, expect, expires
    case forwarded, host, http2Settings, idempotencyKey, ifMatch, ifModifiedSince, ifNoneMatch, ifRange
    case ifUnmodifiedSince, keepAlive, lastModified, location, origin, pragma, proxyAuthenticate
    case proxyAuthenticationInfo, proxyAuthorization, proxyConnection, range, retryAfter, server, serverTiming,
        setCookie
    case stentOutcome, strictTransportSecurity, te, traceparent, trailer, transferEncoding, upgrade, userAgent, vary,
        via
    case wwwAuthenticate, xForwardedFor, xForwardedHost, xForwardedPort, xForwardedProto, xHTTPMethod
    case xHTTPMethodOverride, xMethodOverride, xRealIP, xRequestID

    /// The name in its usual spelling; empty for `other`.
    package var text: StaticString {
        switch self {
        case .other: ""
        case .accept: "Accept"
        case .acceptEncoding: "Accept-Encoding"
        case .age: "Age"
        case .allow: "Allow"
        case .authorization: "Authorization"
        case .cacheControl: "Cache-Control"
        case .cacheStatus: "Cache-Status"
        case .cdnCacheControl: "CDN-Cache-Control"
        case .connection: "Connection"
        case .contentEncoding: "Content-Encoding"
        case .contentLength: "Content-Length"
        case .contentLocation: "Content-Location"
        case .contentRange: "Content-Range"
        case .contentType: "Content-Type"
        case .cookie: "Cookie"
        case .date: "Date"
        case .etag: "ETag"
        case .expect: "Expect"
        case .expires: "Expires"
        case .forwarded: "Forwarded"
        case .host: "Host"
        case .http2Settings: "HTTP2-Settings"
        case .idempotencyKey: "Idempotency-Key"
        case .ifMatch: "If-Match"
        case .ifModifiedSince: "If-Modified-Since"
        case .ifNoneMatch: "If-None-Match"
        case .ifRange: "If-Range"
        case .ifUnmodifiedSince: "If-Unmodified-Since"
        case .keepAlive: "Keep-Alive"
        case .lastModified: "Last-Modified"
        case .location: "Location"
        case .origin: "Origin"
        case .pragma: "Pragma"
        case .proxyAuthenticate: "Proxy-Authenticate"
        case .proxyAuthenticationInfo: "Proxy-Authentication-Info"
        case .proxyAuthorization: "Proxy-Authorization"
        case .proxyConnection: "Proxy-Connection"
        case .range: "Range"
        case .retryAfter: "Retry-After"
        case .server: "Server"
        case .serverTiming: "Server-Timing"
        case .setCookie: "Set-Cookie"
        case .stentOutcome: "Stent-Outcome"
        case .strictTransportSecurity: "Strict-Transport-Security"
        case .te: "TE"
        case .traceparent: "Traceparent"
        case .trailer: "Trailer"
        case .transferEncoding: "Transfer-Encoding"
        case .upgrade: "Upgrade"
        case .userAgent: "User-Agent"
        case .vary: "Vary"
        case .via: "Via"
        case .wwwAuthenticate: "WWW-Authenticate"
        case .xForwardedFor: "X-Forwarded-For"
        case .xForwardedHost: "X-Forwarded-Host"
        case .xForwardedPort: "X-Forwarded-Port"
        case .xForwardedProto: "X-Forwarded-Proto"
        case .xHTTPMethod: "X-HTTP-Method"
        case .xHTTPMethodOverride: "X-HTTP-Method-Override"
        case .xMethodOverride: "X-Method-Override"
        case .xRealIP: "X-Real-IP"
        case .xRequestID: "X-Request-Id"
        }
    }
}
