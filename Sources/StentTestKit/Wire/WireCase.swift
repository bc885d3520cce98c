/// One case of a script: what the peers of a proxy do, and what must be seen at its three sides.
package struct WireCase: Sendable, CustomStringConvertible {
    /// What a case is about; counted, so that the suite can't lose its subject.
    package enum Tag: String, Sendable, CaseIterable {
        /// A malformed or ambiguous request, or a client that misbehaves.
        case request
        /// A hostile answer, or an upstream that misbehaves.
        case upstream
        /// What must be accepted, so that a proxy refusing everything fails.
        case control
    }

    /// A letter and two or three digits, unique in all scripts.
    package var id: String
    package var tag: Tag
    package var title: String
    /// Where the header line stands.
    package var place: WirePlace
    package var configuration = WireConfiguration()
    package var upstream: WireUpstream?
    /// One after the other, each on a connection of its own.
    package var clients: [WireClient] = []
    package var audit: WireAudit?

    package var description: String { "\(id) \(title)" }
}

/// A step with its place in the script.
package struct WireStep<Action: Sendable>: Sendable {
    package var place: WirePlace
    package var action: Action
}
