import StentModel

extension OwnershipRule {
    /// What an answer of the upstream says of the owners of records.
    ///
    /// Records and lists of them in 200 and 201, each with its own id and a field that is an id or null; one record only
    /// where it is the one asked for. A deleted record is gone. A 404 says nothing: it may be about the caller.
    ///
    /// - Parameter content: `nil` where the answer has none that can be read.
    package func facts(of touch: OwnershipTouch, status: Int, content: JSONDocument?) -> [OwnershipFact] {
        guard let index = touch.resource, !resources[index].isOwnRecord else { return [] }
        let resource = resources[index]
        switch touch {
        case .none, .everything: return []
        case .delete(_, let id):
            guard (200..<300).contains(status) else { return [] }
            return [OwnershipFact(OwnedRecord(resource: resource.settings.name, id: id), owner: nil)]
        case .reads(_, .none):
            guard status == 200, let content else { return [] }
            return content.root.elements.compactMap { fact(resource, $0, id: nil) }
        case .reads(_, .some(let id)), .change(_, let id):
            guard status == 200 || status == 201, let content else { return [] }
            return fact(resource, content.root, id: id).map { [$0] } ?? []
        case .create:
            guard status == 200 || status == 201, let content else { return [] }
            return fact(resource, content.root, id: nil).map { [$0] } ?? []
        }
    }

    /// What has to be forgotten before a request is sent: whose a record is that is given away is known again only when
    /// an answer has said so, for the request may take effect and its answer be lost.
    package func doubts(of touch: OwnershipTouch, _ decision: OwnershipDecision, owner: Owner) -> [OwnershipFact] {
        guard let record = record(of: touch), case .allow(.some(let edit)) = decision.ruling else { return [] }
        if case .known(let owner) = owner, RecordID.json(owner).isSameText(as: edit.json) { return [] }
        return [OwnershipFact(record, owner: nil)]
    }

    /// What the upstream said when it was asked for the record that a request would change or delete.
    package func owner(of touch: OwnershipTouch, status: Int, content: JSONDocument?) -> Owner {
        switch touch {
        case .change(let index, let id), .delete(let index, let id):
            if status == 404 { return .absent }
            guard status == 200, let content else { return .unknown }
            return fact(resources[index], content.root, id: id)?.owner.map { .known($0) } ?? .unknown
        case .none, .reads, .create, .everything: return .unknown
        }
    }

    /// - Parameter id: which record it has to be, where that is known.
    private func fact(_ resource: Resource, _ value: JSONValue, id expected: String?) -> OwnershipFact? {
        guard let id = RecordID.read(value[name: resource.settings.id]) else { return nil }
        if let expected, !RecordID.isSame(id, expected) { return nil }
        let field = value[name: resource.settings.field]
        // No caller has an empty id: what has no owner is nobody's.
        let owner = field?.kind == .null ? "" : RecordID.read(field)
        return owner.map { OwnershipFact(OwnedRecord(resource: resource.settings.name, id: id), owner: $0) }
    }
}
