import StentModel

/// Who may write which records.
///
/// Decided is on what goes upstream: the canonical path, and the content as it is written anew, with the owner's field
/// set to what was decided on.
package struct OwnershipRule: Sendable {
    final class Resource: Sendable {
        let settings: OwnedResourceSettings
        let collection: String
        /// The record of a person, which is that person's own: the owner of record N is N.
        let isOwnRecord: Bool

        init(_ settings: OwnedResourceSettings) {
            self.settings = settings
            let segments = settings.item.split(separator: "/", omittingEmptySubsequences: false).dropLast()
            collection = segments.count > 1 ? segments.joined(separator: "/") : "/"
            isOwnRecord = settings.field.isSameText(as: settings.id)
        }

        func isAdmin(_ principal: Principal) -> Bool {
            settings.admins.contains { RecordID.isSame($0, principal.id) }
        }
    }

    let resources: [Resource]

    package init(_ settings: OwnershipSettings) { resources = settings.resources.map { Resource($0) } }

    /// The resource's name in records and metrics.
    package func name(of touch: OwnershipTouch) -> String? { touch.resource.map { resources[$0].settings.name } }

    /// The record that is changed or deleted, as the ledger knows it; `nil` where the ledger is not asked.
    package func record(of touch: OwnershipTouch) -> OwnedRecord? {
        switch touch {
        case .change(let index, let id), .delete(let index, let id):
            let resource = resources[index]
            return resource.isOwnRecord ? nil : OwnedRecord(resource: resource.settings.name, id: id)
        case .none, .reads, .create, .everything: return nil
        }
    }

    /// - Parameter override: the route's own mode, where it has one.
    package func mode(of touch: OwnershipTouch, override: PolicyMode?) -> PolicyMode {
        switch touch {
        case .none, .reads: .off
        case .create(let index), .change(let index, _), .delete(let index, _), .everything(let index):
            override ?? resources[index].settings.mode
        }
    }

    // MARK: What a request touches

    /// - Parameters:
    ///   - template: of the contract's path that the request matched.
    ///   - parameters: of the path, in their canonical text.
    package func touch(
        method: Method, template: String, parameters: [(name: String, value: String)]
    ) -> OwnershipTouch {
        for (index, resource) in resources.enumerated() {
            if Self.isSameShape(template, resource.settings.item) {
                return touch(item: index, method, Self.lastParameter(of: template, parameters))
            }
            if Self.isSameShape(template, resource.collection) { return touch(collection: index, method) }
        }
        return .none
    }

    private func touch(item index: Int, _ method: Method, _ id: String?) -> OwnershipTouch {
        switch (method, id) {
        case (.options, _), (.trace, _): .none
        case (.get, .some(let id)), (.head, .some(let id)): .reads(index, id: id)
        case (.get, .none), (.head, .none): .none
        case (.delete, .some(let id)): .delete(index, id: id)
        case (.post, .some(let id)), (.put, .some(let id)), (.patch, .some(let id)): .change(index, id: id)
        case (.post, .none), (.put, .none), (.patch, .none), (.delete, .none), (.connect, _), (.other, _):
            .everything(index)
        }
    }

    private func touch(collection index: Int, _ method: Method) -> OwnershipTouch {
        switch method {
        case .options, .trace: .none
        case .get, .head: .reads(index, id: nil)
        case .post: .create(index)
        case .put, .patch, .delete, .connect, .other: .everything(index)
        }
    }

    /// Whether two templates differ in nothing but the names of their parameters.
    private static func isSameShape(_ left: String, _ right: String) -> Bool {
        let (left, right) = (left.utf8.span, right.utf8.span)
        var (a, b) = (0, 0)
        while a < left.count, b < right.count {
            guard left[a] == right[b] else { return false }
            if left[a] == UInt8(ascii: "{") {
                while a + 1 < left.count, left[a] != UInt8(ascii: "}") { a += 1 }
                while b + 1 < right.count, right[b] != UInt8(ascii: "}") { b += 1 }
            }
            a += 1
            b += 1
        }
        return a == left.count && b == right.count
    }

    /// The value of the parameter that stands last in the template.
    private static func lastParameter(of template: String, _ parameters: [(name: String, value: String)]) -> String? {
        let bytes = template.utf8
        guard let open = bytes.lastIndex(of: UInt8(ascii: "{")), bytes.last == UInt8(ascii: "}") else { return nil }
        let name = bytes[bytes.index(after: open)...].dropLast()
        for parameter in parameters where parameter.name.utf8.elementsEqual(name) {
            return parameter.value.isEmpty ? nil : parameter.value
        }
        return nil
    }

    // MARK: What has to be known

    /// What `decide` has to be told of. The more is known, the less is still needed: an admin's rights don't depend on
    /// the owner, and a content without the owner's field gives nothing away.
    package func needs(
        _ touch: OwnershipTouch, principal: Principal? = nil, content: JSONDocument? = nil
    ) -> OwnershipNeeds {
        switch touch {
        case .none, .reads, .everything: return []
        case .create(let index):
            let resource = resources[index]
            return resource.settings.create == .any || resource.isOwnRecord ? [] : [.principal, .content]
        case .delete(let index, _):
            guard resources[index].settings.delete == .owner else { return [] }
            return ownerIsNeeded(index, principal) ? [.principal, .owner] : .principal
        case .change(let index, _):
            let settings = resources[index].settings
            switch (settings.change, settings.giveAway) {
            case (.any, .allow): return []
            case (.any, .deny):
                if let content, content.root[name: settings.field] == nil { return .content }
            case (.owner, .allow), (.owner, .deny): break
            }
            return ownerIsNeeded(index, principal) ? [.principal, .owner, .content] : [.principal, .content]
        }
    }

    private func ownerIsNeeded(_ index: Int, _ principal: Principal?) -> Bool {
        let resource = resources[index]
        return !resource.isOwnRecord && principal.map { resource.isAdmin($0) } != true
    }
}
