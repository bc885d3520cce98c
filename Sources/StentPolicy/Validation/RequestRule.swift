import StentModel

/// What is refused from a well-framed head alone, before any route or upstream is looked at.
package struct RequestRule: Sendable, Equatable {
    package var target: TargetRule
    package var refuseMethodOverride: Bool

    package init(_ settings: RequestSettings) {
        target = TargetRule(paths: settings.paths)
        refuseMethodOverride = settings.refuseMethodOverride
    }

    /// - Returns: the reason to refuse, or `nil`.
    package func refusal(of head: borrowing RequestHead) -> Reason? {
        switch head.method {
        case .connect, .trace: return .requestMethodRefused  // RFC 9110 §9.3.6 and §9.3.8: not for a gateway
        case .get, .head, .post, .put, .patch, .delete, .options, .other: break
        }
        if refuseMethodOverride {
            for line in head.fields.lines {
                switch line.field {
                case .xHTTPMethodOverride, .xHTTPMethod, .xMethodOverride: return .requestMethodOverride
                case _: continue
                }
            }
        }
        return target.refusal(of: head)
    }
}
