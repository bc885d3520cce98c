/// Why a response is not stored: `detail` in Cache-Status, and the label of a metric.
///
/// The raw values are tokens (RFC 9110 §5.6.2) and an interface: they are added, never renamed.
package enum CacheRefusal: String, Sendable, CaseIterable {
    /// Only a GET is stored.
    case method
    /// The client said no-store.
    case requestNoStore = "request-no-store"
    /// The upstream said no-store.
    case noStore = "no-store"
    /// The upstream said private.
    case isPrivate = "private"
    /// The request had credentials, and nothing in the response lets others have it (RFC 9111 §3.5).
    case authorization
    /// An interim response, or a 304: not a response that could be stored by itself.
    case notFinal = "not-final"
    /// A part of a representation.
    case partial
    /// 401, 403, 429 or 5xx where it would be somebody's own, or kept by a setting of ours.
    case errorStatus = "error-status"
    /// Nothing says that a response of this status may be stored.
    case status
    /// must-understand, and we don't know the status.
    case notUnderstood = "not-understood"
    case setCookie = "set-cookie"
    /// It ended with the connection: nobody can tell whether it is whole.
    case undelimited
    /// Vary: *.
    case varyAny = "vary-any"
    /// Vary names a field that stent writes itself, or more fields than are compared.
    case varyUnkeyable = "vary-unkeyable"
    /// It would be stale at once, and could not be validated either.
    case noFreshness = "no-freshness"
    /// Larger than an entry may be.
    case tooLarge = "too-large"
    /// It was asked for before a write that may have changed it.
    case superseded

    /// As it is written in Cache-Status.
    package var text: StaticString {
        switch self {
        case .method: "method"
        case .requestNoStore: "request-no-store"
        case .noStore: "no-store"
        case .isPrivate: "private"
        case .authorization: "authorization"
        case .notFinal: "not-final"
        case .partial: "partial"
        case .errorStatus: "error-status"
        case .status: "status"
        case .notUnderstood: "not-understood"
        case .setCookie: "set-cookie"
        case .undelimited: "undelimited"
        case .varyAny: "vary-any"
        case .varyUnkeyable: "vary-unkeyable"
        case .noFreshness: "no-freshness"
        case .tooLarge: "too-large"
        case .superseded: "superseded"
        }
    }
}
