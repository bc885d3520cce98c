import StentModel
import StentPolicy
import Testing

/// Notes and staffs, as hosp.yaml has them.
func ownershipSettings(_ change: (inout OwnedResourceSettings) -> Void = { _ in }) -> OwnershipSettings {
    var note = OwnedResourceSettings()
    note.name = "note"
    note.item = "/notes/{id}"
    note.field = "staff_id"
    note.admins = ["1"]
    change(&note)
    var staff = OwnedResourceSettings()
    staff.name = "staff"
    staff.item = "/staffs/{id}"
    staff.field = "id"
    staff.admins = ["1"]
    var settings = OwnershipSettings()
    settings.resources = [note, staff]
    return settings
}

func ownershipRule(_ change: (inout OwnedResourceSettings) -> Void = { _ in }) -> OwnershipRule {
    OwnershipRule(ownershipSettings(change))
}

private func touch(
    _ method: Method, _ template: String, _ id: String = "5", in rule: OwnershipRule = ownershipRule()
) -> OwnershipTouch {
    rule.touch(method: method, template: template, parameters: [("id", id)])
}

private let ada = Principal(id: "7", name: "Ada")
private let admin = Principal(id: "1", name: "Root")

@Suite struct `A request touches` {
    @Test func `a record or a collection by its method`() {
        #expect(touch(.post, "/notes") == .create(0))
        #expect(touch(.patch, "/notes/{id}") == .change(0, id: "5"))
        #expect(touch(.put, "/notes/{id}") == .change(0, id: "5"))
        #expect(touch(.post, "/notes/{id}") == .change(0, id: "5"))
        #expect(touch(.delete, "/notes/{id}") == .delete(0, id: "5"))
        #expect(touch(.get, "/notes/{id}") == .reads(0, id: "5"))
        #expect(touch(.head, "/notes/{id}") == .reads(0, id: "5"))
        #expect(touch(.get, "/notes") == .reads(0, id: nil))
        #expect(touch(.delete, "/staffs/{id}", "7") == .delete(1, id: "7"))
    }

    @Test(arguments: [Method.options, .trace])
    func `nothing with a method that is about communication`(method: Method) {
        #expect(touch(method, "/notes") == .none)
        #expect(touch(method, "/notes/{id}") == .none)
    }

    @Test(arguments: [
        (Method.other, "/notes"), (.other, "/notes/{id}"), (.connect, "/notes"), (.connect, "/notes/{id}"),
        (.put, "/notes"), (.patch, "/notes"), (.delete, "/notes"),
    ])
    func `everything where it can't be told what it changes`(method: Method, template: String) {
        #expect(touch(method, template) == .everything(0))
        let decision = ownershipRule().decide(.everything(0), principal: admin, owner: .known("1"), content: nil)
        #expect(decision == .refuse(.ownershipUnreadable))
    }

    @Test(arguments: [Method.put, .patch, .post, .delete])
    func `everything where the id is missing`(method: Method) {
        #expect(ownershipRule().touch(method: method, template: "/notes/{id}", parameters: []) == .everything(0))
        #expect(touch(method, "/notes/{id}", "") == .everything(0))
    }

    @Test(arguments: [
        "/", "/note", "/notes/", "/notes/{id}/", "/notes/{id}/tags", "/Notes", "/notes/all", "/patients/{id}",
        "/{a}/{b}",
        "/staffs/me", "/notes{id}", "/notes/{id",
    ])
    func `nothing at other paths`(template: String) { #expect(touch(.get, template) == .none) }

    @Test func `a record by the last parameter, whatever the contract calls it`() {
        let rule = ownershipRule { $0.item = "/hospitals/{id}/notes/{note}" }
        let parameters = [("h", "2"), ("n", "5")]
        let item = rule.touch(method: .patch, template: "/hospitals/{h}/notes/{n}", parameters: parameters)
        #expect(item == .change(0, id: "5"))
        let collection = rule.touch(method: .post, template: "/hospitals/{h}/notes", parameters: parameters)
        #expect(collection == .create(0))
    }

    @Test func `a record at the root`() {
        let rule = ownershipRule { $0.item = "/{id}" }
        #expect(touch(.delete, "/{id}", in: rule) == .delete(0, id: "5"))
        #expect(touch(.post, "/", in: rule) == .create(0))
    }

    @Test func `a record that the ledger knows, but for those that are their own`() {
        let rule = ownershipRule()
        #expect(rule.record(of: .change(0, id: "5")) == OwnedRecord(resource: "note", id: "5"))
        #expect(rule.record(of: .delete(0, id: "5")) == OwnedRecord(resource: "note", id: "5"))
        #expect(rule.record(of: .change(1, id: "5")) == nil)
        #expect(rule.record(of: .create(0)) == nil)
        #expect(rule.name(of: .everything(1)) == "staff")
        #expect(rule.name(of: .none) == nil)
    }

    @Test func `records in the mode of their resource, unless the route has its own`() {
        let rule = ownershipRule { $0.mode = .report }
        for touch in [OwnershipTouch.create(0), .change(0, id: "5"), .delete(0, id: "5"), .everything(0)] {
            #expect(rule.mode(of: touch, override: nil) == .report)
            #expect(rule.mode(of: touch, override: .enforce) == .enforce)
            #expect(rule.mode(of: touch, override: .off) == .off)
        }
        #expect(rule.mode(of: .delete(1, id: "5"), override: nil) == .enforce)
        #expect(rule.mode(of: .none, override: .enforce) == .off)
        #expect(rule.mode(of: .reads(0, id: nil), override: .enforce) == .off)
    }
}

@Suite struct `What has to be known of a request` {
    private func document(_ text: String) throws -> JSONDocument { try JSONDocument(Array(text.utf8)) }

    @Test func `is nothing where nothing is decided on`() {
        let rule = ownershipRule()
        for touch in [OwnershipTouch.none, .reads(0, id: "5"), .reads(0, id: nil), .everything(0), .create(1)] {
            #expect(rule.needs(touch) == [])
        }
        let open = ownershipRule {
            $0.create = .any
            $0.change = .any
            $0.delete = .any
            $0.giveAway = .allow
        }
        for touch in [OwnershipTouch.create(0), .change(0, id: "5"), .delete(0, id: "5")] {
            #expect(open.needs(touch) == [])
            #expect(open.decide(touch, principal: nil, owner: .unknown, content: nil) == .allow(nil))
        }
    }

    @Test func `is who is calling, whose it is, and what is sent`() {
        let rule = ownershipRule()
        #expect(rule.needs(.create(0)) == [.principal, .content])
        #expect(rule.needs(.change(0, id: "5")) == [.principal, .owner, .content])
        #expect(rule.needs(.delete(0, id: "5")) == [.principal, .owner])
        #expect(rule.needs(.delete(0, id: "5"), principal: ada) == [.principal, .owner])
    }

    @Test func `is not the owner for an admin, nor of a person's own record`() {
        let rule = ownershipRule()
        #expect(rule.needs(.change(0, id: "5"), principal: admin) == [.principal, .content])
        #expect(rule.needs(.delete(0, id: "5"), principal: admin) == .principal)
        #expect(rule.needs(.change(1, id: "5")) == [.principal, .content])
        #expect(rule.needs(.delete(1, id: "5")) == .principal)
    }

    @Test func `is little where anybody may change a record, but not give it away`() throws {
        let rule = ownershipRule { $0.change = .any }
        let touch = OwnershipTouch.change(0, id: "5")
        #expect(rule.needs(touch) == [.principal, .owner, .content])
        let title = try document(#"{"title":"a"}"#)
        #expect(rule.needs(touch, content: title) == .content)
        #expect(rule.decide(touch, principal: nil, owner: .unknown, content: title) == .allow(nil))
        #expect(rule.needs(touch, content: try document(#"{"staff_id":7}"#)) == [.principal, .owner, .content])
    }

    @Test func `is missed: nobody may without`() throws {
        let rule = ownershipRule()
        let content = try document(#"{"title":"a"}"#)
        for touch in [OwnershipTouch.create(0), .change(0, id: "5"), .delete(0, id: "5"), .delete(1, id: "")] {
            let decision = rule.decide(touch, principal: nil, owner: .known(""), content: content)
            #expect(decision == .refuse(.identityUnavailable))
        }
    }
}
