import StentCodec
import StentModel
import StentPolicy
import Testing

/// When the responses of these tests came: 2026-11-21T00:00:00Z.
let cachedAt = WallTime(nanoseconds: 1_795_219_200 * 1_000_000_000)
/// The same by the monotonic clock.
let cachedMoment = Moment(nanoseconds: 5_000_000_000_000)

/// A response that came at once.
let instant = ResponseTiming(requested: cachedMoment, received: cachedMoment, receivedAt: cachedAt)

/// `cachedMoment` and some seconds.
func later(_ seconds: Double) -> Moment {
    Moment(nanoseconds: cachedMoment.nanoseconds + Int64(seconds * 1_000_000_000))
}

/// The text with each `{n}` replaced by the date n seconds after `cachedAt`.
func dated(_ text: String) -> String {
    text.replacing(#/\{(-?\d+)\}/#) { match in
        written { FieldDate.append(cachedAt.nanoseconds / 1_000_000_000 + (Int64(match.output.1) ?? 0), to: &$0) }
    }
}

/// The head of a GET with these lines.
func get(_ lines: [String]) throws -> RequestHead {
    try requestHead(lines: ["GET /a HTTP/1.1", "Host: a"] + lines.map(dated))
}

/// The head of a response with these lines and five bytes of content.
func answer(_ status: Int, _ lines: [String]) throws -> ResponseHead {
    let sized = lines.contains { $0.lowercased().hasPrefix("content-length") } ? [] : ["Content-Length: 5"]
    let text = (["HTTP/1.1 \(status) X"] + lines.map(dated) + sized + ["", ""]).joined(separator: "\r\n")
    var decoder = ResponseDecoder(limits: HeadLimits(bytes: 65_536, fields: 1_024, target: 8_192))
    var head = ResponseHead()
    _ = try decoder.decode(Array(text.utf8).span.bytes, toRequestMethod: .get, into: &head)
    return head
}

/// What becomes of a second request, some time after a first one was answered from upstream.
enum Reuse: Equatable {
    case notStored(CacheRefusal)
    case otherVariant
    case answered(ReuseRule.Verdict)

    static let fresh = Reuse.answered(.fresh)
    static let stale = Reuse.answered(.revalidate(.stale))
    static let asked = Reuse.answered(.revalidate(.request))

    /// - Parameter after: seconds.
    init(
        _ response: ResponseHead, to first: [String] = [], after: Double = 3, then second: [String] = [],
        _ rule: StoreRule = StoreRule(), sharing: CacheSharing = .everyone, override: CacheOverride? = nil,
        timing: ResponseTiming = instant
    ) throws {
        let request = try get(first)
        let response = CacheableResponse(response)
        switch rule.decide(response, to: request, timing, sharing: sharing, override: override) {
        case .refuse(let refusal): self = .notStored(refusal)
        case .store(let lifetime):
            let next = try get(second)
            guard variant(of: response.fields, request) == variant(of: response.fields, next) else {
                self = .otherVariant
                return
            }
            self = .answered(ReuseRule.decide(lifetime, at: later(after), RequestCacheControl(next.fields)))
        }
    }
}

/// What the response's variant is known by, for that request; `nil` where it has none.
func variant(of response: FieldSection, _ request: RequestHead) -> [UInt8]? {
    guard case .names(let names) = VaryRule.fields(of: response) else { return nil }
    var key: [UInt8] = []
    VaryRule.appendKey(names: names, of: request.fields, to: &key)
    return key
}

/// The lifetime of a response that is stored.
func lifetime(
    _ response: ResponseHead, to request: [String] = [], sharing: CacheSharing = .everyone,
    override: CacheOverride? = nil, timing: ResponseTiming = instant
) throws -> CacheLifetime {
    let verdict = StoreRule().decide(
        CacheableResponse(response), to: try get(request), timing, sharing: sharing, override: override)
    guard case .store(let lifetime) = verdict else {
        throw NotStored(verdict: verdict)
    }
    return lifetime
}

struct NotStored: Error { var verdict: StoreRule.Verdict }

/// What a response is told by.
func validators(_ lines: [String]) throws -> CacheValidators {
    CacheValidators(try answer(200, lines).fields, receivedAt: cachedAt)
}
