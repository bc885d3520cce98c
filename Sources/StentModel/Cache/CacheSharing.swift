/// Who may get a copy of what is stored for one caller.
package enum CacheSharing: UInt8, Sendable, CaseIterable {
    /// Everybody: a shared cache as RFC 9111 has it. Only what §3.5 allows is stored of requests with credentials.
    case everyone
    /// Every caller whose credential is proven: the operator has said so for the route.
    case proven
    /// Nobody but this caller.
    case caller
}
