/// A request method (RFC 9110 §9), case-sensitive; what is not listed here is `other`, its text kept in the head.
@usableFromInline package enum Method: UInt8, Sendable, CaseIterable {
    case get, head, post, put, patch, delete, options, connect, trace, other

    /// The method as it is written on the wire; `nil` for `other`.
    package var text: StaticString? {
        switch self {
        case .get: "GET"
        case .head: "HEAD"
        case .post: "POST"
        case .put: "PUT"
        case .patch: "PATCH"
        case .delete: "DELETE"
        case .options: "OPTIONS"
        case .connect: "CONNECT"
        case .trace: "TRACE"
        case .other: nil
        }
    }

    /// Essentially read-only (RFC 9110 §9.2.1): a repeated attempt asks for nothing new.
    @inlinable
    package var isSafe: Bool {
        switch self {
        case .get, .head, .options, .trace: true
        case .post, .put, .patch, .delete, .connect, .other: false
        }
    }

    /// Several identical requests have the effect of one (RFC 9110 §9.2.2).
    @inlinable
    package var isIdempotent: Bool {
        switch self {
        case .get, .head, .options, .trace, .put, .delete: true
        case .post, .patch, .connect, .other: false
        }
    }
}

/// The protocol version of a message.
@usableFromInline package enum HTTPVersion: UInt8, Sendable {
    case http10, http11, http2

    /// The name that `Via` uses (RFC 9110 §7.6.3).
    package var viaName: StaticString {
        switch self {
        case .http10: "1.0"
        case .http11: "1.1"
        case .http2: "2"
        }
    }
}

/// How the end of a message's content is found (RFC 9112 §6.3).
@usableFromInline package enum BodyFraming: Sendable, Equatable {
    /// No content.
    case none
    /// Exactly this many bytes; greater than zero.
    case length(Int)
    /// The chunked transfer coding.
    case chunked
    /// All bytes until the connection is closed; responses only.
    case untilClose

    @inlinable package var hasContent: Bool { self != .none }

    /// The length where the head declares one.
    @inlinable
    package var declaredLength: Int? {
        switch self {
        case .none: 0
        case .length(let count): count
        case .chunked, .untilClose: nil
        }
    }
}
