import StentModel

/// What the upstream's answer says of the credentials that it was asked with.
package struct ProofAnswer: Sendable {
    private let id: JSONPointer?
    private let name: JSONPointer?

    /// A pointer that is none, which the loader of settings refuses, points at nothing.
    package init(_ settings: ProofSettings) {
        id = JSONPointer(settings.id)
        name = JSONPointer(settings.name)
    }

    /// Only a 200 with an id says who it is, and only a 401 that it is nobody; everything else says nothing: a 403 or a
    /// 404 may be about the path rather than the credentials.
    ///
    /// - Parameter content: `nil` where the answer has none that can be read.
    package func read(status: Int, content: JSONDocument?) -> ProofTable.Answer {
        switch status {
        case 200:
            guard let content, let id = RecordID.read(id?.value(in: content.root)) else { return .failed }
            return .principal(Principal(id: id, name: name?.value(in: content.root)?.string ?? ""))
        case 401: return .refused
        case _: return .failed
        }
    }
}
