import StentModel
import StentPolicy
import Testing

private let ada = Principal(id: "7", name: "Ada")
private let admin = Principal(id: "1", name: "Root")
private let note = OwnershipTouch.change(0, id: "5")

private typealias Change = (inout OwnedResourceSettings) -> Void

private func document(_ text: String?) throws -> JSONDocument? { try text.map { try JSONDocument(Array($0.utf8)) } }

private func edit(_ json: String) -> OwnershipDecision.Edit { .init(name: "staff_id", json: json) }

private func decide(
    _ touch: OwnershipTouch, _ content: String?, by principal: Principal = ada, of owner: Owner = .known("7"),
    override: BreakGlass.Verdict = .notNamed, _ change: Change = { _ in }
) throws -> OwnershipDecision {
    try ownershipRule(change).decide(touch, principal: principal, owner: owner, content: document(content)) { override }
}

/// Contents whose owner is nobody's plain id.
private let strange = [
    "null", "true", "false", #""""#, "[7]", #"{"id":7}"#, "7.0", "7e0", "70e-1", "-7", "-0", #""07""#, #""+7""#,
    #"" 7""#,
    #""7 ""#, #""7abc""#, #""7.0""#, #""\u0030\u0037""#, #""７""#,
]

@Suite struct `A new record` {
    @Test(arguments: ["", #","staff_id":7"#, #","staff_id":33"#] + strange.map { #","staff_id":\#($0)"# })
    func `is the caller's own, whatever was sent`(member: String) throws {
        let decision = try decide(.create(0), #"{"title":"a"\#(member)}"#)
        #expect(decision == .allow(.ownershipStamped, edit("7")))
    }

    @Test func `is stamped in the place of what was sent, by any spelling`() throws {
        let content = try #require(try document(#"{"staff\u005fid":33, "title":"a"}"#))
        let decision = ownershipRule().decide(.create(0), principal: ada, owner: .unknown, content: content)
        var output: [UInt8] = []
        content.write(to: &output, setting: decision.edit.map { [($0.name, $0.json)] } ?? [])
        #expect(String(decoding: output, as: UTF8.self) == #"{"staff_id":7,"title":"a"}"#)
    }

    @Test func `has an id that is a text where the caller has one`() throws {
        let decision = try decide(.create(0), "{}", by: Principal(id: #"a"b"#, name: ""))
        #expect(decision == .allow(.ownershipStamped, edit(#""a\"b""#)))
    }

    @Test(arguments: [nil, "[]", #"[{"title":"a"}]"#, "null", "7", #""a""#, #"[[],{"staff_id":7}]"#])
    func `is refused without an object`(content: String?) throws {
        for create in [OwnedResourceSettings.Create.stamp, .reject] {
            #expect(try decide(.create(0), content) { $0.create = create } == .refuse(.ownershipUnreadable))
        }
    }

    @Test(arguments: ["staff_id(1i)", "staff_id[]", "staff_id[0]", #"staff\u005fid(1)"#])
    func `is refused with an owner in parts`(name: String) throws {
        #expect(try decide(.create(0), #"{"\#(name)":33}"#) == .refuse(.ownershipUnreadable))
        #expect(try decide(note, #"{"\#(name)":33}"#) == .refuse(.ownershipUnreadable))
        #expect(try decide(note, #"{"\#(name)":33}"#) { $0.change = .any } == .refuse(.ownershipUnreadable))
    }

    @Test func `may have members whose names look alike`() throws {
        let content = #"{"staff_ids":[1],"staff":2,"xstaff_id(1i)":3,"STAFF_ID":4}"#
        #expect(try decide(.create(0), content) == .allow(.ownershipStamped, edit("7")))
    }

    @Test func `is the caller's own or refused, where others are not overwritten`() throws {
        let reject: Change = { $0.create = .reject }
        #expect(try decide(.create(0), "{}", reject) == .allow(.ownershipStamped, edit("7")))
        #expect(try decide(.create(0), #"{"staff_id":null}"#, reject) == .allow(.ownershipStamped, edit("7")))
        #expect(try decide(.create(0), #"{"staff_id":7}"#, reject) == .allow(.ownershipOwn, edit("7")))
        #expect(try decide(.create(0), #"{"staff_id":"7"}"#, reject) == .allow(.ownershipOwn, edit("7")))
        #expect(try decide(.create(0), #"{"staff_id":33}"#, reject) == .refuse(.ownershipOtherAuthor))
        for value in strange where value != "null" {
            #expect(try decide(.create(0), #"{"staff_id":\#(value)}"#, reject) == .refuse(.ownershipOtherAuthor))
        }
        let others = try decide(.create(0), #"{"staff_id":33}"#, by: admin, override: .opened, reject)
        #expect(others == .refuse(.ownershipOtherAuthor))
    }

    @Test func `is anybody's where that is allowed, and nobody's where it is a person's`() throws {
        #expect(try decide(.create(0), #"{"staff_id":33}"#) { $0.create = .any } == .allow(nil))
        #expect(try decide(.create(1), #"{"name":"b"}"#) == .allow(nil))
    }
}

@Suite struct `A record` {
    private static let writes: [(OwnershipTouch, String?)] = [
        (note, #"{"title":"a"}"#), (note, nil), (.delete(0, id: "5"), nil),
    ]

    @Test(arguments: writes)
    func `is changed and deleted by its owner`(touch: OwnershipTouch, content: String?) throws {
        #expect(try decide(touch, content) == .allow(.ownershipOwn))
        #expect(try decide(touch, content, override: .opened) == .allow(.ownershipOwn))
        #expect(try decide(touch, content, override: .tooShort) == .allow(.ownershipOwn))
    }

    @Test(arguments: writes)
    func `is changed and deleted by nobody else`(touch: OwnershipTouch, content: String?) throws {
        for owner in ["8", "", "07", "7 ", "77"] {
            #expect(try decide(touch, content, of: .known(owner)) == .refuse(.ownershipNotOwner))
        }
        let nobody = Principal(id: "", name: "Ada")
        #expect(try decide(touch, content, by: nobody, of: .known("")) == .refuse(.ownershipNotOwner))
        #expect(try decide(touch, content, of: .unknown) == .refuse(.ownershipUnknownOwner))
        #expect(try decide(touch, content, of: .absent) == .refuse(.ownershipNoSuchRecord))
    }

    @Test(arguments: writes)
    func `is changed and deleted by admins, known by their ids`(touch: OwnershipTouch, content: String?) throws {
        for owner in [Owner.known("8"), .known(""), .unknown] {
            #expect(try decide(touch, content, by: admin, of: owner) == .allow(.ownershipAdmin))
        }
        #expect(try decide(touch, content, by: admin, of: .absent) == .refuse(.ownershipNoSuchRecord))
        #expect(try decide(touch, content, by: admin, of: .known("1")) == .allow(.ownershipOwn))
        let namesake = Principal(id: "9", name: "1")
        #expect(try decide(touch, content, by: namesake, of: .known("8")) == .refuse(.ownershipNotOwner))
    }

    @Test(arguments: writes)
    func `is changed and deleted by breaking the glass`(touch: OwnershipTouch, content: String?) throws {
        for owner in [Owner.known("8"), .unknown] {
            for verdict in [BreakGlass.Verdict.opened, .open] {
                let decision = try decide(touch, content, of: owner, override: verdict)
                #expect(decision == .allow(.ownershipBreakGlass))
            }
            #expect(
                try decide(touch, content, of: owner, override: .tooShort) == .refuse(.ownershipReasonTooShort))
            #expect(try decide(touch, content, of: owner, override: .expired) == .refuse(.ownershipReasonExpired))
        }
        #expect(try decide(touch, content, of: .absent, override: .open) == .refuse(.ownershipNoSuchRecord))
    }

    @Test func `breaks the glass only where nothing else helps, and once`() throws {
        let rule = ownershipRule()
        let give = try document(#"{"staff_id":33}"#)
        var judged = 0
        func judge() -> BreakGlass.Verdict {
            judged += 1
            return .opened
        }
        _ = rule.decide(note, principal: ada, owner: .known("7"), content: nil, override: judge)
        _ = rule.decide(note, principal: admin, owner: .known("7"), content: give, override: judge)
        _ = rule.decide(note, principal: ada, owner: .absent, content: give, override: judge)
        _ = rule.decide(.create(0), principal: ada, owner: .unknown, content: give, override: judge)
        #expect(judged == 0)
        _ = rule.decide(note, principal: ada, owner: .known("8"), content: give, override: judge)
        #expect(judged == 1)
        _ = rule.decide(note, principal: ada, owner: .known("7"), content: give, override: judge)
        #expect(judged == 2)
    }

    @Test func `is changed and deleted by anybody where that is allowed`() throws {
        let open: Change = {
            $0.change = .any
            $0.delete = .any
        }
        #expect(try decide(note, #"{"title":"a"}"#, of: .known("8"), open) == .allow(nil))
        #expect(try decide(.delete(0, id: "5"), nil, of: .unknown, open) == .allow(nil))
    }

    @Test(arguments: ["[]", "null", #"[{"staff_id":7}]"#])
    func `is not changed by what is no object`(content: String) throws {
        #expect(try decide(note, content) == .refuse(.ownershipUnreadable))
        #expect(try decide(note, content, by: admin) == .refuse(.ownershipUnreadable))
    }
}

@Suite struct `The owner of a record` {
    @Test(arguments: ["7", #""7""#, #""\u0037""#])
    func `may be named as they are, and is written as a number`(value: String) throws {
        #expect(try decide(note, #"{"staff_id":\#(value)}"#) == .allow(.ownershipOwn, edit("7")))
    }

    @Test(arguments: ["33", #""33""#] + strange)
    func `can't be changed by the owner`(value: String) throws {
        #expect(try decide(note, #"{"staff_id":\#(value)}"#) == .refuse(.ownershipGiveAway))
    }

    @Test func `can be changed by admins and by breaking the glass, to a plain id`() throws {
        for value in ["33", #""33""#] {
            let content = #"{"staff_id":\#(value)}"#
            for owner in [Owner.known("8"), .unknown] {
                let given = try decide(note, content, by: admin, of: owner)
                #expect(given == .allow(.ownershipAdmin, edit("33")))
                let broken = try decide(note, content, of: owner, override: .open)
                #expect(broken == .allow(.ownershipBreakGlass, edit("33")))
            }
            #expect(try decide(note, content, by: admin, of: .known("1")) == .allow(.ownershipAdmin, edit("33")))
            #expect(try decide(note, content, override: .open) == .allow(.ownershipBreakGlass, edit("33")))
            #expect(try decide(note, content, override: .expired) == .refuse(.ownershipReasonExpired))
        }
        for value in strange where value != "-7" {
            let content = #"{"staff_id":\#(value)}"#
            #expect(try decide(note, content, by: admin, of: .known("8")) == .refuse(.ownershipUnreadable))
            #expect(try decide(note, content, override: .open) == .refuse(.ownershipUnreadable))
        }
    }

    @Test func `can be changed by the owner alone where giving away is allowed`() throws {
        let allow: Change = { $0.giveAway = .allow }
        #expect(try decide(note, #"{"staff_id":"33"}"#, allow) == .allow(.ownershipOwn, edit("33")))
        #expect(try decide(note, #"{"staff_id":"33x"}"#, allow) == .refuse(.ownershipUnreadable))
        #expect(try decide(note, #"{"staff_id":7}"#, of: .known("8"), allow) == .refuse(.ownershipNotOwner))
        #expect(try decide(note, #"{"staff_id":7}"#, of: .unknown, allow) == .refuse(.ownershipUnknownOwner))
    }

    @Test func `can't be changed by those who may change everything else`() throws {
        let open: Change = { $0.change = .any }
        #expect(try decide(note, #"{"staff_id":8}"#, of: .known("8"), open) == .allow(nil, edit("8")))
        #expect(try decide(note, #"{"staff_id":7}"#, of: .known("8"), open) == .refuse(.ownershipGiveAway))
        #expect(try decide(note, #"{"staff_id":7}"#, of: .unknown, open) == .refuse(.ownershipUnknownOwner))
        #expect(try decide(note, #"{"staff_id":7}"#, of: .absent, open) == .refuse(.ownershipNoSuchRecord))
        let given = try decide(note, #"{"staff_id":7}"#, by: admin, of: .known("8"), open)
        #expect(given == .allow(.ownershipAdmin, edit("7")))
        let nobodys = try decide(note, #"{"staff_id":null}"#, of: .known(""), open)
        #expect(nobodys == .allow(nil))
    }

    @Test func `of a person's record is that person`() throws {
        let own = OwnershipTouch.change(1, id: "7")
        #expect(try decide(own, #"{"name":"b"}"#, of: .unknown) == .allow(.ownershipOwn))
        #expect(try decide(.delete(1, id: "7"), nil, of: .unknown) == .allow(.ownershipOwn))
        #expect(try decide(own, #"{"id":"7"}"#, of: .absent) == .allow(.ownershipOwn, .init(name: "id", json: "7")))
        #expect(try decide(own, #"{"id":8}"#, of: .unknown) == .refuse(.ownershipGiveAway))
        #expect(try decide(.change(1, id: "8"), #"{"name":"b"}"#, of: .known("7")) == .refuse(.ownershipNotOwner))
        #expect(try decide(.delete(1, id: "8"), nil, by: admin, of: .unknown) == .allow(.ownershipAdmin))
    }
}
