import StentModel

/// Reasons with which somebody overrides the owners of records in an emergency.
///
/// A reason is good for a while from its first use, and is refused for a day afterwards: a person writes another one, a
/// script in which one is fixed stops. When there is no room a new reason is refused, for one that is forgotten could
/// be used again.
package struct BreakGlass: Sendable {
    package enum Verdict: Sendable, Equatable {
        /// Good, and new: somebody is to hear of it.
        case opened
        /// Good, and used before.
        case open
        case tooShort
        case expired
        /// This caller can't override anybody, whatever they say: as if they had said nothing.
        case notNamed
    }

    private struct Reason: Sendable, Hashable {
        var caller: String
        /// The text's hash, so that nobody fills the memory with long reasons.
        var text: CreateKey
    }

    private struct Opening: Sendable {
        var reason: Reason
        var at: Moment
    }

    /// How long a reason is refused when its time is over.
    package static let rest = TimeSpan.seconds(86_400)
    /// Reasons remembered of one caller, and of all.
    package static let mostOfCaller = 100
    package static let most = 1024

    private var settings: BreakGlassSettings?
    private var opened: [Reason: Moment] = [:]
    private var counts: [String: Int] = [:]
    /// In the order they were opened, which is that of their ends.
    private var openings: [Opening] = []
    /// Where those begin that are not forgotten.
    private var oldest = 0

    /// - Parameter settings: `nil`: nobody can override an owner.
    package init(_ settings: BreakGlassSettings?) { self.settings = settings }

    /// Reasons that are open stay so for as long as the new settings let them.
    package mutating func reconfigure(_ settings: BreakGlassSettings?) { self.settings = settings }

    /// Reasons that are remembered.
    package var count: Int { opened.count }

    /// The caller would override an owner: to be asked only where nothing else allows what they want to do.
    ///
    /// - Parameters:
    ///   - caller: their id.
    ///   - text: the reason as it was received.
    package mutating func judge(caller: String, reason text: ArraySlice<UInt8>, now: Moment) -> Verdict {
        guard let settings, settings.callers.contains(where: { RecordID.isSame($0, caller) }) else {
            return .notNamed
        }
        guard let text = Self.trimmed(text), text.unicodeScalars.count >= settings.minimumLength else {
            return .tooShort
        }
        let lifetime = TimeSpan(settings.lifetime)
        forget(now, lifetime)
        let reason = Reason(caller: caller, text: CreateKey(of: Array(text.utf8)))
        if let at = opened[reason] { return now.since(at) < lifetime ? .open : .expired }
        guard opened.count < Self.most, counts[caller, default: 0] < Self.mostOfCaller else { return .expired }
        opened[reason] = now
        counts[caller, default: 0] += 1
        openings.append(Opening(reason: reason, at: now))
        return .opened
    }

    /// Without white space around it; `nil` for what is no text, or holds control characters.
    private static func trimmed(_ bytes: ArraySlice<UInt8>) -> String? {
        guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
        var scalars = text.unicodeScalars[...]
        guard scalars.allSatisfy({ $0.properties.generalCategory != .control }) else { return nil }
        while let scalar = scalars.first, scalar.properties.isWhitespace { scalars.removeFirst() }
        while let scalar = scalars.last, scalar.properties.isWhitespace { scalars.removeLast() }
        return String(scalars)
    }

    private mutating func forget(_ now: Moment, _ lifetime: TimeSpan) {
        while oldest < openings.count {
            let opening = openings[oldest]
            guard opening.at.advanced(by: lifetime).advanced(by: Self.rest) <= now else { break }
            opened[opening.reason] = nil
            let left = counts[opening.reason.caller, default: 1] - 1
            counts[opening.reason.caller] = left > 0 ? left : nil
            oldest += 1
        }
        guard oldest > 64, oldest > openings.count / 2 else { return }
        openings.removeFirst(oldest)
        oldest = 0
    }
}
