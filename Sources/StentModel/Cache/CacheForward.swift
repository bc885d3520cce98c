/// Why a request went upstream: `fwd` of Cache-Status (RFC 9211 §2.2), and the label of a metric.
package enum CacheForward: String, Sendable, CaseIterable {
    /// The cache was configured not to handle it.
    case bypass
    /// The method's semantics demand it.
    case method
    /// Nothing is stored for that URI.
    case uriMiss = "uri-miss"
    /// Something is stored for it, but for other values of the fields that Vary names.
    case varyMiss = "vary-miss"
    /// Nothing could be used, for a reason that was not told apart.
    case miss
    /// Something fresh was there, but the request asks for more.
    case request
    /// What was there is stale.
    case stale
    /// What was there has not all that is asked for.
    case partial

    /// As it is written in Cache-Status.
    package var text: StaticString {
        switch self {
        case .bypass: "bypass"
        case .method: "method"
        case .uriMiss: "uri-miss"
        case .varyMiss: "vary-miss"
        case .miss: "miss"
        case .request: "request"
        case .stale: "stale"
        case .partial: "partial"
        }
    }
}
