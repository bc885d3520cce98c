/// One record of a kind that has owners.
package struct OwnedRecord: Sendable, Hashable {
    /// `ownership.resources[].name`.
    package var resource: String
    package var id: String

    package init(resource: String, id: String) {
        self.resource = resource
        self.id = id
    }
}

/// What an answer said of one record.
package struct OwnershipFact: Sendable, Equatable {
    package var record: OwnedRecord
    /// `nil`: the record is gone.
    package var owner: String?

    package init(_ record: OwnedRecord, owner: String?) {
        self.record = record
        self.owner = owner
    }
}
