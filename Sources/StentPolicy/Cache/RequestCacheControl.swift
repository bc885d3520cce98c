import StentModel

/// What a request says to caches (RFC 9111 §5.2.1).
///
/// A number that is none is ignored: nobody but the client has a say in it, and without it the client gets what everybody
/// gets. Of several the strictest counts.
package struct RequestCacheControl: Sendable, Equatable {
    package struct Directives: OptionSet, Sendable {
        package let rawValue: UInt8
        package init(rawValue: UInt8) { self.rawValue = rawValue }

        package static let noCache = Directives(rawValue: 1)
        package static let noStore = Directives(rawValue: 2)
        package static let onlyIfCached = Directives(rawValue: 4)
    }

    package var directives: Directives = []
    /// Seconds of age that are accepted.
    package var maxAge: Int64?
    /// Seconds that it must still be fresh.
    package var minFresh: Int64?
    /// Seconds that it may be stale; the largest number where any staleness will do.
    package var maxStale: Int64?
    /// Seconds that it may be stale where the upstream fails (RFC 5861 §4).
    package var staleIfError: Int64?

    /// Nothing: what a request without such fields says, and what counts where clients have no say.
    package static var none: RequestCacheControl { RequestCacheControl() }

    private init() {}

    /// - Complexity: one pass over the lines where none is Cache-Control or Pragma.
    package init(_ fields: borrowing FieldSection) {
        var controls = 0
        var pragmas = 0
        for line in fields.lines {
            if line.field == .cacheControl { controls += 1 }
            if line.field == .pragma { pragmas += 1 }
        }
        if controls > 0 {
            readCacheControl(fields)
        } else if pragmas > 0 {
            readPragma(fields)
        }
    }

    private mutating func readCacheControl(_ fields: borrowing FieldSection) {
        let span = fields.bytes.span
        var read = RequestCacheControl.none
        fields.forEachDirective(of: .cacheControl) { name, argument in
            if CacheText.equals(span, name, "no-cache") { read.directives.insert(.noCache) }
            if CacheText.equals(span, name, "no-store") { read.directives.insert(.noStore) }
            if CacheText.equals(span, name, "only-if-cached") { read.directives.insert(.onlyIfCached) }
            if CacheText.equals(span, name, "max-stale"), case .none = argument {
                read.maxStale = read.maxStale ?? DeltaSeconds.largest
            }
            guard let seconds = argument.seconds(span) else { return }
            if CacheText.equals(span, name, "max-age") { read.maxAge = min(read.maxAge ?? .max, seconds) }
            if CacheText.equals(span, name, "min-fresh") { read.minFresh = max(read.minFresh ?? 0, seconds) }
            if CacheText.equals(span, name, "max-stale") { read.maxStale = min(read.maxStale ?? .max, seconds) }
            if CacheText.equals(span, name, "stale-if-error") {
                read.staleIfError = min(read.staleIfError ?? .max, seconds)
            }
        }
        self = read
    }

    /// RFC 9111 §5.4: no-cache of old clients, where there is no Cache-Control.
    private mutating func readPragma(_ fields: borrowing FieldSection) {
        let span = fields.bytes.span
        var read = RequestCacheControl.none
        fields.forEachDirective(of: .pragma) { name, _ in
            if CacheText.equals(span, name, "no-cache") { read.directives.insert(.noCache) }
        }
        self = read
    }
}
