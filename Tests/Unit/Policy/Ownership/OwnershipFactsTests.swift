import StentModel
import StentPolicy
import Testing

private func document(_ text: String) throws -> JSONDocument { try JSONDocument(Array(text.utf8)) }

private func fact(_ id: String, _ owner: String?) -> OwnershipFact {
    OwnershipFact(OwnedRecord(resource: "note", id: id), owner: owner)
}

private func facts(
    _ touch: OwnershipTouch, _ status: Int, _ content: String?, _ rule: OwnershipRule = ownershipRule()
) throws -> [OwnershipFact] {
    rule.facts(of: touch, status: status, content: try content.map { try document($0) })
}

@Suite struct `An answer says who owns` {
    @Test(arguments: [
        OwnershipTouch.reads(0, id: "5"), .change(0, id: "5"), .create(0),
    ])
    func `the record that was read, changed or created`(touch: OwnershipTouch) throws {
        let record = #"{"id":5,"title":"a","staff_id":7}"#
        #expect(try facts(touch, 200, record) == [fact("5", "7")])
        #expect(try facts(touch, 201, record) == [fact("5", "7")])
        #expect(try facts(touch, 200, #"{"id":"5","staff_id":"x"}"#) == [fact("5", "x")])
        for status in [202, 204, 206, 304, 400, 404, 500] { #expect(try facts(touch, status, record) == []) }
        #expect(try facts(touch, 200, nil) == [])
        #expect(try facts(touch, 200, "[\(record)]") == [])
    }

    @Test(arguments: [
        #"{"id":5}"#, #"{"staff_id":7}"#, #"{"id":5,"staff_id":true}"#, #"{"id":5,"staff_id":7.0}"#,
        #"{"id":5,"staff_id":""}"#, #"{"id":5,"staff_id":[7]}"#, #"{"id":5.0,"staff_id":7}"#,
        #"{"id":null,"staff_id":7}"#,
        #"{"note":{"id":5,"staff_id":7}}"#, "7", "null",
    ])
    func `nothing where id or owner can't be read`(content: String) throws {
        #expect(try facts(.reads(0, id: "5"), 200, content) == [])
        #expect(try facts(.create(0), 201, content) == [])
        #expect(try facts(.reads(0, id: nil), 200, "[\(content)]") == [])
    }

    @Test(arguments: [OwnershipTouch.reads(0, id: "5"), .change(0, id: "5")])
    func `nothing of another record than the one asked for`(touch: OwnershipTouch) throws {
        #expect(try facts(touch, 200, #"{"id":6,"staff_id":7}"#) == [])
        #expect(try facts(touch, 200, #"{"id":"05","staff_id":7}"#) == [])
    }

    @Test func `each record of a list`() throws {
        let list = #"[{"id":6,"staff_id":8},{"id":"x"},5,{"id":5,"staff_id":null}]"#
        #expect(try facts(.reads(0, id: nil), 200, list) == [fact("6", "8"), fact("5", "")])
        #expect(try facts(.reads(0, id: nil), 206, list) == [])
        #expect(try facts(.reads(0, id: nil), 200, #"{"id":6,"staff_id":8}"#) == [])
    }

    @Test func `a record without an owner: nobody`() throws {
        #expect(try facts(.reads(0, id: "5"), 200, #"{"id":5,"staff_id":null}"#) == [fact("5", "")])
    }

    @Test func `a record under other names`() throws {
        let rule = ownershipRule {
            $0.id = "no"
            $0.field = "by"
        }
        #expect(try facts(.create(0), 201, #"{"no":5,"by":7,"id":1,"staff_id":2}"#, rule) == [fact("5", "7")])
    }

    @Test func `a deleted record no more`() throws {
        for status in [200, 202, 204] { #expect(try facts(.delete(0, id: "5"), status, nil) == [fact("5", nil)]) }
        for status in [304, 401, 404, 500] { #expect(try facts(.delete(0, id: "5"), status, nil) == []) }
        #expect(try facts(.reads(0, id: "5"), 404, nil) == [])
    }

    @Test func `nothing of persons' own records, nor where nothing was touched`() throws {
        let record = #"{"id":5,"staff_id":7}"#
        let others = [OwnershipTouch.reads(1, id: "5"), .change(1, id: "5"), .create(1), .none, .everything(0)]
        for touch in others { #expect(try facts(touch, 200, record) == []) }
        #expect(try facts(.delete(1, id: "5"), 204, nil) == [])
    }
}

@Suite struct `The upstream is asked for a record` {
    private func owner(_ status: Int, _ content: String?) throws -> Owner {
        ownershipRule().owner(of: .delete(0, id: "5"), status: status, content: try content.map { try document($0) })
    }

    @Test func `and says whose it is, or that there is none, or nothing`() throws {
        #expect(try owner(200, #"{"id":5,"staff_id":7}"#) == .known("7"))
        #expect(try owner(200, #"{"id":5,"staff_id":null}"#) == .known(""))
        #expect(try owner(200, #"{"id":6,"staff_id":7}"#) == .unknown)
        #expect(try owner(200, #"{"id":5}"#) == .unknown)
        #expect(try owner(200, nil) == .unknown)
        #expect(try owner(404, nil) == .absent)
        for status in [201, 204, 401, 403, 410, 500] {
            #expect(try owner(status, #"{"id":5,"staff_id":7}"#) == .unknown)
        }
    }
}

@Suite struct `A record that is given away` {
    private func doubts(_ content: String, of owner: Owner, _ principal: String = "1") throws -> [OwnershipFact] {
        let rule = ownershipRule()
        let touch = OwnershipTouch.change(0, id: "5")
        let decision = rule.decide(
            touch, principal: Principal(id: principal, name: ""), owner: owner, content: try document(content))
        return rule.doubts(of: touch, decision, owner: owner)
    }

    @Test func `is nobody's for certain until an answer says whose it is`() throws {
        #expect(try doubts(#"{"staff_id":33}"#, of: .known("7")) == [fact("5", nil)])
        #expect(try doubts(#"{"staff_id":33}"#, of: .unknown) == [fact("5", nil)])
        #expect(try doubts(#"{"staff_id":7}"#, of: .known("7")) == [])
        #expect(try doubts(#"{"title":"a"}"#, of: .known("7")) == [])
        #expect(try doubts(#"{"staff_id":33}"#, of: .known("7"), "7") == [])
        #expect(ownershipRule().doubts(of: .create(0), .allow(.ownershipStamped), owner: .unknown) == [])
    }
}
