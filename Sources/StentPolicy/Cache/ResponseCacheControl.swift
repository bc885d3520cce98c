import StentModel

/// What a response says to shared caches: Cache-Control (RFC 9111 §5.2.2), or CDN-Cache-Control instead of it (RFC 9213).
///
/// Read with a bias to caution: a lifetime that is no number is zero (RFC 9111 §4.2.1: invalid freshness information is
/// stale), of several the shortest counts, and `no-cache="field"` and `private="field"` are taken without their argument
/// (§5.2.2.4 and §5.2.2.7 allow it).
package struct ResponseCacheControl: Sendable, Equatable {
    package struct Directives: OptionSet, Sendable {
        package let rawValue: UInt8
        package init(rawValue: UInt8) { self.rawValue = rawValue }

        package static let noStore = Directives(rawValue: 1)
        package static let noCache = Directives(rawValue: 2)
        package static let isPrivate = Directives(rawValue: 4)
        package static let isPublic = Directives(rawValue: 8)
        package static let mustRevalidate = Directives(rawValue: 16)
        package static let proxyRevalidate = Directives(rawValue: 32)
        package static let mustUnderstand = Directives(rawValue: 64)
    }

    /// Where the directives were read.
    package enum Source: Sendable {
        /// There are none.
        case nowhere
        case cacheControl
        /// CDN-Cache-Control: then neither Cache-Control nor Expires counts (RFC 9213 §2.1).
        case targeted
    }

    package var source = Source.nowhere
    package var directives: Directives = []
    /// Seconds.
    package var maxAge: Int64?
    /// s-maxage, in seconds.
    package var sharedMaxAge: Int64?
    /// Seconds (RFC 5861 §3).
    package var staleWhileRevalidate: Int64?
    /// Seconds (RFC 5861 §4).
    package var staleIfError: Int64?

    private init() {}

    package init(_ fields: borrowing FieldSection) {
        if fields.first(.cdnCacheControl) != nil, let targeted = Self.targeted(fields) {
            self = targeted
            return
        }
        let span = fields.bytes.span
        var read = ResponseCacheControl()
        fields.forEachDirective(of: .cacheControl) { name, argument in
            read.source = .cacheControl
            let form = if case .none = argument { Form.bare } else { Form.withArgument }
            read.take(span, name, seconds: argument.seconds(span), form)
        }
        self = read
    }

    /// The directives of CDN-Cache-Control; `nil` where it is empty, no dictionary, or has a lifetime that is no integer:
    /// then it is ignored as a whole.
    private static func targeted(_ fields: borrowing FieldSection) -> ResponseCacheControl? {
        var text: [UInt8] = []
        for line in fields.lines where line.field == .cdnCacheControl && line.value.upperBound <= fields.bytes.count {
            if !text.isEmpty { text.append(", ") }
            text.append(contentsOf: fields.bytes[line.value.range])
        }
        guard let members = StructuredDictionary.parse(text.span), !members.isEmpty else { return nil }
        var read = ResponseCacheControl()
        read.source = .targeted
        for member in members {
            switch member.value {
            case .integer(let number):
                read.take(text.span, member.key, seconds: min(max(number, 0), DeltaSeconds.largest), .withArgument)
            case .boolean(false): continue
            case .boolean(true), .other:
                if takesSeconds(text.span, member.key) { return nil }
                read.take(text.span, member.key, seconds: nil, member.value == .other ? .withArgument : .bare)
            }
        }
        return read
    }

    private static func takesSeconds(_ bytes: Span<UInt8>, _ name: Range<Int>) -> Bool {
        CacheText.equals(bytes, name, "max-age") || CacheText.equals(bytes, name, "s-maxage")
            || CacheText.equals(bytes, name, "stale-while-revalidate")
            || CacheText.equals(bytes, name, "stale-if-error")
    }

    /// How a directive was written. What forbids counts in every form, what permits only in its own.
    private enum Form { case bare, withArgument }

    private mutating func take(_ bytes: Span<UInt8>, _ name: Range<Int>, seconds: Int64?, _ form: Form) {
        let seconds = seconds ?? 0
        switch name.count {
        case 6: if CacheText.equals(bytes, name, "public"), form == .bare { directives.insert(.isPublic) }
        case 7:
            if CacheText.equals(bytes, name, "max-age") { maxAge = min(maxAge ?? .max, seconds) }
            if CacheText.equals(bytes, name, "private") { directives.insert(.isPrivate) }
        case 8:
            if CacheText.equals(bytes, name, "no-store") { directives.insert(.noStore) }
            if CacheText.equals(bytes, name, "no-cache") { directives.insert(.noCache) }
            if CacheText.equals(bytes, name, "s-maxage") { sharedMaxAge = min(sharedMaxAge ?? .max, seconds) }
        case 14:
            if CacheText.equals(bytes, name, "stale-if-error") {
                staleIfError = min(staleIfError ?? .max, seconds)
            }
        case 15:
            if CacheText.equals(bytes, name, "must-revalidate") { directives.insert(.mustRevalidate) }
            if CacheText.equals(bytes, name, "must-understand"), form == .bare { directives.insert(.mustUnderstand) }
        case 16: if CacheText.equals(bytes, name, "proxy-revalidate") { directives.insert(.proxyRevalidate) }
        case 22:
            if CacheText.equals(bytes, name, "stale-while-revalidate") {
                staleWhileRevalidate = min(staleWhileRevalidate ?? .max, seconds)
            }
        case _: return
        }
    }
}
