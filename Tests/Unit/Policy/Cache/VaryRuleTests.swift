import StentModel
import StentPolicy
import Testing

private func reuse(_ vary: String, _ first: [String], _ second: [String]) throws -> Reuse {
    let head = try answer(200, ["Cache-Control: max-age=5000", "Last-Modified: {-3000}", "Date: {0}", "Vary: \(vary)"])
    return try Reuse(head, to: first, then: second)
}

@Suite struct `Which requests a response fits (RFC 9111 §4.1)` {
    @Test(
        arguments: [
            ("Foo", ["Foo: 1"], ["Foo: 1"]), ("Foo", ["foo: 1"], ["FOO:   1 "]),
            ("Foo", ["Foo: 1"], ["Foo: 1", "Other: 3"]),
            ("Foo, Bar", ["Foo: 1", "Bar: abc"], ["Bar: abc", "Foo: 1"]),
            ("Foo, Bar, Baz", ["Foo: 1", "Baz: 789"], ["Foo: 1", "Baz: 789"]), ("Foo", [], []), ("", ["Foo: 1"], []),
            ("Foo", ["Foo: 1, 2"], ["Foo: 1", "Foo: 2"]), ("Foo", ["Foo: 1,2"], ["Foo:  1, 2 "]),
            ("Foo", ["Foo: 1 ,\t2"], ["Foo: 1,2"]), ("Cookie", ["Cookie: a=1"], ["Cookie: a=1"]),
            ("Accept-Language", ["Accept-Language: en, de"], ["Accept-Language: de, en"]),
            ("Accept-Language", ["Accept-Language: en, de"], ["Accept-Language: eN, De"]),
            ("Accept-Language", ["Accept-Language: en, de"], ["Accept-Language:  en ,   de"]),
            (
                "Accept-Language", ["Accept-Language: en, de;q=0.5"],
                ["Accept-Language: de; q=0.5", "Accept-Language: en"]
            ),
        ] as [(String, [String], [String])])
    func `is told by the fields that Vary names, in one form`(vary: String, first: [String], second: [String]) throws {
        #expect(try reuse(vary, first, second) == .fresh)
    }

    @Test(
        arguments: [
            ("Foo", ["Foo: 1"], ["Foo: 2"]), ("Foo", [], ["Foo: 1"]), ("Foo", ["Foo: 1"], []), ("Foo", ["Foo:"], []),
            ("Foo", ["Foo: a"], ["Foo: A"]), ("foo, bar", ["Foo: 1", "Bar: abc"], ["Foo: 2", "Bar: abc"]),
            ("Foo, Bar", ["Foo: 1"], ["Bar: 1"]),
            ("Foo, Bar, Baz", ["Foo: 1", "Bar: abc", "Baz: 789"], ["Foo: 1", "Baz: 789", "Bar: abcde"]),
            ("Foo", ["Foo: \"1, 2\""], ["Foo: \"1,2\""]), ("Foo", ["Foo: 12"], ["Foo: 1 2"]),
            ("Foo", ["Foo: 1,2"], ["Foo: 1"]),
            ("Cookie", ["Cookie: a,b"], ["Cookie: a, b"]),
            ("Accept-Language", ["Accept-Language: en, de"], ["Accept-Language: en, de;q=0.1"]),
            ("Accept-Language", ["Accept-Language: "], []), ("Foo", ["Foo: 1, "], ["Foo: 1"]),
        ] as [(String, [String], [String])])
    func `is none where one of them differs`(vary: String, first: [String], second: [String]) throws {
        #expect(try reuse(vary, first, second) == .otherVariant)
    }

    @Test func `depends on neither the order nor the case nor the number of the names`() throws {
        let names = VaryRule.Fields.names(Array("accept,foo,".utf8))
        #expect(VaryRule.fields(of: try answer(200, ["Vary: Foo, accept"]).fields) == names)
        #expect(VaryRule.fields(of: try answer(200, ["Vary: ACCEPT,, fOO", "Vary: foo"]).fields) == names)
        #expect(VaryRule.fields(of: try answer(200, ["Vary: ,"]).fields) == .none)
        let most = "Vary: " + (0..<32).map { "a\($0)" }.joined(separator: ",")
        guard case .names = VaryRule.fields(of: try answer(200, [most]).fields) else {
            Issue.record("thirty-two names are not too many")
            return
        }
    }

    @Test func `is answered with the newest of several`() throws {
        let old = try validators(["Date: {-5}"])
        let new = try validators(["Date: {0}"])
        #expect(new.isNewer(than: old))
        #expect(!old.isNewer(than: new))
        #expect(try validators([]) == validators(["Date: {0}"]))
    }
}
