import StentModel

/// What a request does to records that have owners. Resources by their position in the settings, records by their id.
package enum OwnershipTouch: Sendable, Equatable {
    /// Nothing.
    case none
    /// Its answer may say who owns what; `nil` is the collection.
    case reads(Int, id: String?)
    case create(Int)
    case change(Int, id: String)
    case delete(Int, id: String)
    /// It can't be told which records it changes.
    case everything(Int)

    /// The record's id; `nil` where it is not one record.
    package var recordID: String? {
        switch self {
        case .none, .create, .everything: nil
        case .reads(_, let id): id
        case .change(_, let id), .delete(_, let id): id
        }
    }

    /// The resource's position.
    package var resource: Int? {
        switch self {
        case .none: nil
        case .reads(let index, _), .create(let index), .change(let index, _), .delete(let index, _),
            .everything(let index):
            index
        }
    }
}

/// What has to be known before a request can be decided on.
package struct OwnershipNeeds: OptionSet, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue }

    package static let principal = OwnershipNeeds(rawValue: 1 << 0)
    package static let owner = OwnershipNeeds(rawValue: 1 << 1)
    /// The content, read as JSON.
    package static let content = OwnershipNeeds(rawValue: 1 << 2)
}

/// What is known of a record's owner.
package enum Owner: Sendable, Equatable {
    /// Their id; empty where the record has none.
    case known(String)
    /// There is no such record.
    case absent
    /// Nobody could tell.
    case unknown
}

/// Whether a request may do what it does, and what is changed about it so that it does only that.
package struct OwnershipDecision: Sendable, Equatable {
    package enum Ruling: Sendable, Equatable {
        /// With this member of the root set, where there is one.
        case allow(Edit?)
        case refuse
    }

    /// A member of the root, and its value as JSON.
    package struct Edit: Sendable, Equatable {
        package var name: String
        package var json: String

        package init(name: String, json: String) {
            self.name = name
            self.json = json
        }
    }

    /// `nil` where everybody may do it.
    package var reason: Reason?
    package var ruling: Ruling

    /// What is changed about a request that may go upstream.
    package var edit: Edit? {
        switch ruling {
        case .allow(let edit): edit
        case .refuse: nil
        }
    }

    package static func allow(_ reason: Reason?, _ edit: Edit? = nil) -> OwnershipDecision {
        OwnershipDecision(reason: reason, ruling: .allow(edit))
    }

    package static func refuse(_ reason: Reason) -> OwnershipDecision {
        OwnershipDecision(reason: reason, ruling: .refuse)
    }
}
