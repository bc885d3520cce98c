/// A request's head: method, target and fields, with the framing that the decoder found in it.
@usableFromInline package struct RequestHead: Sendable {
    @usableFromInline package var method: Method
    /// The method's bytes, for `other`.
    @usableFromInline package var methodText: Slot
    /// The request target as received: origin-form, absolute-form or asterisk.
    @usableFromInline package var target: Slot
    /// The path and query of the target: all of an origin-form target, the part behind the authority of an
    /// absolute-form one (empty where that has none: read it as `/`), `*` of an asterisk.
    @usableFromInline package var pathAndQuery: Slot
    @usableFromInline package var version: HTTPVersion
    @usableFromInline package var fields: FieldSection
    @usableFromInline package var framing: BodyFraming
    /// The client lets the connection be used again (RFC 9112 §9.3).
    @usableFromInline package var keepsConnection: Bool
    /// `Expect: 100-continue` in HTTP/1.1 (RFC 9110 §10.1.1).
    @usableFromInline package var expectsContinue: Bool
    /// Connection names further fields as hop-by-hop, beside `close` and `keep-alive`.
    @usableFromInline package var nominatesFields: Bool

    package init() {
        method = .other
        methodText = .empty
        target = .empty
        pathAndQuery = .empty
        version = .http11
        fields = FieldSection()
        framing = .none
        keepsConnection = true
        expectsContinue = false
        nominatesFields = false
    }

    /// Forgets the content and keeps the memory.
    @inlinable
    package mutating func removeAll() {
        method = .other
        methodText = .empty
        target = .empty
        pathAndQuery = .empty
        version = .http11
        fields.removeAll()
        framing = .none
        keepsConnection = true
        expectsContinue = false
        nominatesFields = false
    }

    /// The path alone: `pathAndQuery` up to the first `?`.
    package var path: Slot {
        let span = fields.bytes.span
        guard pathAndQuery.upperBound <= span.count else { return .empty }
        for index in pathAndQuery.range where span[index] == 0x3F {
            return Slot(pathAndQuery.lowerBound..<index)
        }
        return pathAndQuery
    }
}

/// A response's head as an upstream sent it.
@usableFromInline package struct ResponseHead: Sendable {
    /// 100 to 999.
    @usableFromInline package var status: Int
    /// The reason phrase; may be empty.
    @usableFromInline package var phrase: Slot
    @usableFromInline package var version: HTTPVersion
    @usableFromInline package var fields: FieldSection
    @usableFromInline package var framing: BodyFraming
    /// The upstream lets the connection be used again.
    @usableFromInline package var keepsConnection: Bool
    /// Connection names further fields as hop-by-hop.
    @usableFromInline package var nominatesFields: Bool

    package init() {
        status = 0
        phrase = .empty
        version = .http11
        fields = FieldSection()
        framing = .none
        keepsConnection = true
        nominatesFields = false
    }

    /// Forgets the content and keeps the memory.
    @inlinable
    package mutating func removeAll() {
        status = 0
        phrase = .empty
        version = .http11
        fields.removeAll()
        framing = .none
        keepsConnection = true
        nominatesFields = false
    }

    /// 1xx: another head follows (RFC 9110 §15.2).
    @inlinable package var isInformational: Bool { status < 200 }
}
