import StentModel

extension OwnershipRule {
    /// What lets a caller at a record.
    private enum Right {
        case own, admin, breakGlass
        /// Everybody may.
        case any

        var reason: Reason? {
            switch self {
            case .own: .ownershipOwn
            case .admin: .ownershipAdmin
            case .breakGlass: .ownershipBreakGlass
            case .any: nil
            }
        }
    }

    private enum Finding {
        case right(Right)
        case refused(Reason)
    }

    /// A caller before a record.
    private struct Case {
        let resource: Resource
        let principal: Principal
        let owner: Owner

        init(_ resource: Resource, id: String, _ principal: Principal, _ owner: Owner) {
            self.resource = resource
            self.principal = principal
            self.owner = resource.isOwnRecord ? .known(id) : owner
        }

        /// Why this caller may do what only the owner may.
        func right(_ override: () -> BreakGlass.Verdict) -> Finding {
            switch owner {
            case .absent: .refused(.ownershipNoSuchRecord)
            case .known(let id) where RecordID.isSame(id, principal.id) && !id.isEmpty: .right(.own)
            case .known: strangersRight(override, otherwise: .ownershipNotOwner)
            case .unknown: strangersRight(override, otherwise: .ownershipUnknownOwner)
            }
        }

        /// Why this caller may override the owner.
        func strangersRight(_ override: () -> BreakGlass.Verdict, otherwise reason: Reason) -> Finding {
            if resource.isAdmin(principal) { return .right(.admin) }
            switch override() {
            case .opened, .open: return .right(.breakGlass)
            case .tooShort: return .refused(.ownershipReasonTooShort)
            case .expired: return .refused(.ownershipReasonExpired)
            case .notNamed: return .refused(reason)
            }
        }
    }

    /// Whether the request may go upstream, and with which owner in its content.
    ///
    /// - Parameters:
    ///   - principal: `nil` where `needs` doesn't name it; where it does, nobody may.
    ///   - owner: of the record that is changed or deleted; not looked at where `needs` doesn't name it.
    ///   - content: `nil` where the request has none.
    ///   - override: judges the reason that came with the request; `.notNamed` where none did. Called only where
    ///     nothing but break-glass can allow the request, and once at most.
    package func decide(
        _ touch: OwnershipTouch, principal: Principal?, owner: Owner, content: JSONDocument?,
        override: () -> BreakGlass.Verdict = { .notNamed }
    ) -> OwnershipDecision {
        switch touch {
        case .none, .reads: return .allow(nil)
        case .everything: return .refuse(.ownershipUnreadable)
        case .create(let index): return create(resources[index], principal, content)
        case .delete(let index, let id):
            let resource = resources[index]
            guard resource.settings.delete == .owner else { return .allow(nil) }
            guard let principal else { return .refuse(.identityUnavailable) }
            switch Case(resource, id: id, principal, owner).right(override) {
            case .right(let right): return .allow(right.reason)
            case .refused(let reason): return .refuse(reason)
            }
        case .change(let index, let id):
            let resource = resources[index]
            switch (resource.settings.change, resource.settings.giveAway) {
            case (.any, .allow): return .allow(nil)
            case (.any, .deny):
                guard let content else { return .allow(nil) }
                guard Self.isReadable(content, resource) else { return .refuse(.ownershipUnreadable) }
                if content.root[name: resource.settings.field] == nil { return .allow(nil) }
            case (.owner, .allow), (.owner, .deny): break
            }
            guard let principal else { return .refuse(.identityUnavailable) }
            return change(Case(resource, id: id, principal, owner), content, override)
        }
    }

    // MARK: Creates

    private func create(
        _ resource: Resource, _ principal: Principal?, _ content: JSONDocument?
    ) -> OwnershipDecision {
        // The upstream gives a new record its id, so nobody is its owner yet.
        if resource.isOwnRecord { return .allow(nil) }
        switch resource.settings.create {
        case .any: return .allow(nil)
        case .stamp, .reject: break
        }
        guard let content, Self.isReadable(content, resource) else { return .refuse(.ownershipUnreadable) }
        guard let principal else { return .refuse(.identityUnavailable) }
        let own = edit(resource, principal.id)
        guard resource.settings.create == .reject else { return .allow(.ownershipStamped, own) }
        let sent = content.root[name: resource.settings.field]
        switch sent?.kind {
        case .none, .null: return .allow(.ownershipStamped, own)
        case .number, .string:
            if let id = RecordID.read(sent), RecordID.isSame(id, principal.id) { return .allow(.ownershipOwn, own) }
            return .refuse(.ownershipOtherAuthor)
        case .false, .true, .array, .object: return .refuse(.ownershipOtherAuthor)
        }
    }

    // MARK: Changes

    private func change(
        _ record: Case, _ content: JSONDocument?, _ override: () -> BreakGlass.Verdict
    ) -> OwnershipDecision {
        let right: Right
        switch record.resource.settings.change {
        case .any: right = .any
        case .owner:
            switch record.right(override) {
            case .right(let found): right = found
            case .refused(let reason): return .refuse(reason)
            }
        }
        guard let content else { return .allow(right.reason) }
        guard Self.isReadable(content, record.resource) else { return .refuse(.ownershipUnreadable) }
        guard let sent = content.root[name: record.resource.settings.field] else { return .allow(right.reason) }
        return setOwner(to: sent, record, right, override)
    }

    /// The content names an owner: the one that the record has, or it would be given away.
    private func setOwner(
        to sent: JSONValue, _ record: Case, _ right: Right, _ override: () -> BreakGlass.Verdict
    ) -> OwnershipDecision {
        let id = RecordID.read(sent)
        switch record.owner {
        case .known(let owner):
            if let id, RecordID.isSame(id, owner) { return .allow(right.reason, edit(record.resource, id)) }
            if sent.kind == .null, owner.isEmpty { return .allow(right.reason) }
        case .absent: return .refuse(.ownershipNoSuchRecord)
        case .unknown: break
        }
        let rightToGive: Right
        switch (right, record.resource.settings.giveAway) {
        case (.admin, _), (.breakGlass, _), (_, .allow): rightToGive = right
        case (.own, .deny), (.any, .deny):
            let reason = record.owner == .unknown ? Reason.ownershipUnknownOwner : .ownershipGiveAway
            switch record.strangersRight(override, otherwise: reason) {
            case .right(let found): rightToGive = found
            case .refused(let reason): return .refuse(reason)
            }
        }
        // What is no plain id, the upstream may read as anybody's: "2abc" is 2 there.
        guard let id, RecordID.isDecimal(id) || !RecordID.isDecimal(record.principal.id) else {
            return .refuse(.ownershipUnreadable)
        }
        return .allow(rightToGive.reason, edit(record.resource, id))
    }

    private func edit(_ resource: Resource, _ id: String) -> OwnershipDecision.Edit {
        OwnershipDecision.Edit(name: resource.settings.field, json: RecordID.json(id))
    }

    /// An object in which the owner has one name: upstreams such as Rails assemble a value from members such as
    /// `staff_id(1i)` or `staff_id[]`, too.
    private static func isReadable(_ content: JSONDocument, _ resource: Resource) -> Bool {
        guard content.root.kind == .object else { return false }
        let field = resource.settings.field.utf8.span
        for member in content.root.members where member.nameLength > field.count {
            let text = member.name
            let name = text.utf8.span
            guard name.count > field.count else { continue }
            let next = name[field.count]
            guard next == UInt8(ascii: "(") || next == UInt8(ascii: "[") else { continue }
            if (0..<field.count).allSatisfy({ name[$0] == field[$0] }) { return false }
        }
        return true
    }
}
