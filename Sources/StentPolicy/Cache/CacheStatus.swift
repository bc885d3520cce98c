import StentModel

/// What the cache did with a request: the value of Cache-Status (RFC 9211). The key is never told.
package struct CacheStatus: Sendable, Equatable {
    package enum Handling: Sendable, Equatable {
        case hit
        case forwarded(CacheForward)
    }

    /// What became of the response.
    package enum Storing: Sendable, Equatable {
        /// Nothing to tell.
        case untold
        case stored
        case refused(CacheRefusal)
    }

    package var handling: Handling
    /// The status that the upstream answered with, where it differs from what the client gets.
    package var forwardStatus: Int?
    /// Seconds of freshness that are left; negative for a stale response.
    package var ttl: Int64?
    package var storing = Storing.untold
    /// The request waited for another one's answer.
    package var isCollapsed = false

    package init(_ handling: Handling) { self.handling = handling }

    /// Appends the value.
    package func append(to output: inout [UInt8]) {
        output.append("stent")
        switch handling {
        case .hit: output.append("; hit")
        case .forwarded(let reason):
            output.append("; fwd=")
            output.append(reason.text)
        }
        if let forwardStatus {
            output.append("; fwd-status=")
            output.append(decimal: forwardStatus)
        }
        if let ttl {
            output.append("; ttl=")
            output.append(decimal: Int(clamping: ttl))
        }
        if storing == .stored { output.append("; stored") }
        if isCollapsed { output.append("; collapsed") }
        if case .refused(let refusal) = storing {
            output.append("; detail=")
            output.append(refusal.text)
        }
    }
}
