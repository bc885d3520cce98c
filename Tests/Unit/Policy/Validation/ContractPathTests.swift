import StentModel
import StentPolicy
import Testing

@Suite struct `A path of the contract` {
    private let rule: ContractRule

    init() throws { rule = try ContractRule(hospSettings()) }

    @Test(
        arguments: [
            ("/", "/", "/", []), ("http://a", "/", "/", []), ("http://a/", "/", "/", []),
            ("/notes", "/notes", "/notes", []), ("/notes/", "/notes", "/notes", []),
            ("/notes.json", "/notes.json", "/notes", []), ("/notes.json/", "/notes.json", "/notes", []),
            ("/notes/7", "/notes/7", "/notes/{id}", ["7"]), ("/notes/7/", "/notes/7", "/notes/{id}", ["7"]),
            ("/notes/7.json", "/notes/7.json", "/notes/{id}", ["7"]),
            ("/notes/7.json/", "/notes/7.json", "/notes/{id}", ["7"]),
            ("/notes/5%2ejson", "/notes/5.json", "/notes/{id}", ["5"]),
            ("/notes/%35", "/notes/5", "/notes/{id}", ["5"]), ("/n%6Ftes/5", "/notes/5", "/notes/{id}", ["5"]),
            ("/%6e%6f%74%65%73.%6ason", "/notes.json", "/notes", []),
            ("http://a/notes/7", "/notes/7", "/notes/{id}", ["7"]),
            ("/staffs/me", "/staffs/me", "/staffs/me", []), ("/staffs/me.json", "/staffs/me.json", "/staffs/me", []),
            ("/staffs/3", "/staffs/3", "/staffs/{id}", ["3"]),
            ("/notes/123456789012345678", "/notes/123456789012345678", "/notes/{id}", ["123456789012345678"]),
            (
                "/notes/1234567890123456789012", "/notes/1234567890123456789012", "/notes/{id}",
                ["1234567890123456789012"]
            ),
        ] as [(String, String, String, [String])])
    func `has one form whatever its spelling`(
        target: String, upstream: String, template: String, values: [String]
    ) throws {
        let judged = try rule.judged("GET \(target)")
        #expect(judged.target == upstream, "\(judged)")
        #expect(judged.template == template)
        #expect(judged.values == values)
    }

    @Test(arguments: [
        "//", "///", "//notes/5", "/notes//5", "/notes/5//", "/notes//", "//notes", "/notes/05", "/notes/+5",
        "/notes/-5",
        "/notes/5abc", "/notes/abc", "/notes/5;x=1", "/notes;x/5", "/notes/5;", "/notes/%205", "/notes/5%20",
        "/notes/5%2",
        "/notes/5%00", "/notes/%00", "/notes/5%0a", "/notes/5%7f", "/notes/5.xml", "/notes/5.JSON",
        "/notes/5.json.json",
        "/notes/.json", "/notes/5.", "/notes/5.0", "/notes/5e0", "/notes/0x5", "/notes/0", "/notes/00", "/notes/%2B5",
        "/notes%2f5", "/notes/5%2f", "/notes%5c5", "/notes/5%3bx", "/notes/%2e", "/notes/..", "/notes/./5",
        "/notes/../notes/5", "/notes/%2e%2e/5", "/notes/5/..", "/notes/%C3%A9", "/notes/%ff", "/notes/%D9%A5",
        "/notes/%EF%BC%95", "/notes/%2535", "/notes/5/x", "/notes/5/screen", "/Notes", "/NOTES/5", "/note", "/notesx",
        "/note/5", "/patients/5/screen/x", "/patients/screen", "/patients/x/screen", "/patients.json/5",
        "/patients/5.json/screen", "/staffs/ME", "/staffs/me/x", "/staffs/mee", "/.json", "/json", "/notes%2ejsonx",
        "/notes/5?x".replacing("?x", with: "%3Fx"), "/notes/5%23", "/favicon.ico", "/rails/info", "/index.html", "/*",
    ])
    func `is not what only looks like one`(target: String) throws {
        for method in ["GET", "DELETE", "POST", "HEAD", "OPTIONS"] {
            #expect(try rule.judged("\(method) \(target)").reason == .contractUnknownPath)
        }
    }

    @Test func `is never an asterisk`() throws {
        #expect(try rule.judged("OPTIONS *").reason == .contractUnknownPath)
    }

    @Test(arguments: [
        ("DELETE /notes", [Method.get, .head, .post]), ("OPTIONS /notes", [.get, .head, .post]),
        ("POST /notes/5", [.get, .head, .put, .patch, .delete]),
        ("FOO /notes/5.json", [.get, .head, .put, .patch, .delete]),
        ("GET /patients/5/screen", [.post]), ("HEAD /patients/5/screen", [.post]),
        ("get /notes", [.get, .head, .post]),
        ("DELETE /staffs/me", [.get, .head]), ("POST /", [.get, .head]),
    ])
    func `says what can be done there`(line: String, allow: [Method]) throws {
        let judged = try rule.judged(line)
        #expect(judged.reason == .contractMethodNotAllowed)
        #expect(judged.allow == allow)
    }

    @Test func `takes HEAD for GET`() throws {
        let match = try rule.match("HEAD /notes/7")
        #expect(match.operation == (try rule.match("GET /notes/7")).operation)
        #expect(match.parameter("id") == "7")
        #expect(match.parameter("x") == nil)
    }

    @Test func `is open where the contract asks no credentials`() throws {
        #expect(try rule.match("GET /").isOpen)
        #expect(try !rule.match("GET /notes").isOpen)
    }
}

@Suite struct `Path templates` {
    /// One contract of these templates; parameters are strings unless their name says otherwise.
    private func rule(_ templates: [String], suffixes: [String] = [".json"]) throws -> ContractRule {
        var book = SchemaBook()
        let text = book.add(.string)
        let word = book.add {
            $0.types = [.string]
            $0.pattern = "^[a-z]+$"
        }
        let number = book.add(.number)
        return try ContractRule(
            hospSettings { settings in
                settings.suffixes = suffixes
                settings.contract.schemas = book.schemas
                settings.contract.paths = templates.map { template in
                    let segments = template.split(separator: "/").map { segment -> ContractPath.Segment in
                        guard segment.first == "{" else { return .literal(String(segment)) }
                        let name = segment.dropFirst().dropLast()
                        let schema = name == "word" ? word : name == "number" ? number : text
                        return .parameter(ContractParameter(name: String(name), schema: schema, isRequired: true))
                    }
                    return ContractPath(
                        template: template, segments: segments, operations: [ContractOperation(method: .get)])
                }
            })
    }

    @Test func `with text are preferred, and left again where they lead nowhere`() throws {
        let rule = try rule(["/{a}/{b}/c", "/{a}/x", "/a/{b}/d", "/a/b", "/{word}/{n}", "/{number}/y/z"])
        for (target, template) in [
            ("/a/b/d", "/a/{b}/d"), ("/a/b/c", "/{a}/{b}/c"), ("/a/b", "/a/b"), ("/a/x", "/{a}/x"),
            ("/q/x", "/{a}/x"), ("/q/y", "/{word}/{n}"), ("/4/y/z", "/{number}/y/z"), ("/4/b/c", "/{a}/{b}/c"),
        ] {
            #expect(try rule.judged("GET \(target)").template == template)
        }
        #expect(try rule.judged("GET /Q/y").reason == .contractUnknownPath)
    }

    @Test func `write strings anew so that nothing in them is syntax`() throws {
        let rule = try rule(["/a b/{text}"])
        #expect(
            try rule.judged("GET /a%20b/x%3f%23%25%26=@:%7e%41%c3%a9").target == "/a%20b/x%3F%23%25%26%3D%40%3A~A%C3%A9"
        )
        #expect(try rule.judged("GET /a%20b/x%3f").values == ["x?"])
        for value in ["%2e%2e", "..", ".", "..%2ejson", "...json", "%ff", "x%2fy", "x;y", "x%5c", "x%01"] {
            #expect(try rule.judged("GET /a%20b/\(value)").reason == .contractUnknownPath, "\(value)")
        }
    }

    @Test func `take a suffix off a parameter, and off text that does not have it`() throws {
        let rule = try rule(["/f/{text}", "/openapi.json", "/openapi"], suffixes: [".json", ".xml"])
        #expect(try rule.judged("GET /f/a.json").values == ["a"])
        #expect(try rule.judged("GET /f/a.xml").target == "/f/a.xml")
        #expect(try rule.judged("GET /f/a.txt").values == ["a.txt"])
        #expect(try rule.judged("GET /f/a.json.json").values == ["a.json"])
        #expect(try rule.judged("GET /openapi.json").template == "/openapi.json")
        #expect(try rule.judged("GET /openapi.xml").template == "/openapi")
        #expect(try self.rule(["/notes"], suffixes: []).judged("GET /notes.json").reason == .contractUnknownPath)
    }

    @Test(arguments: [
        ("0", true), ("5", true), ("1.5", true), ("0.05", true), ("1.50", false), ("1.", false), ("1.0", false),
        (".5", false), ("1e2", false), ("-1", false), ("-0", false), ("01", false), ("00.5", false), ("+1", false),
    ])
    func `know one spelling of a number`(text: String, fits: Bool) throws {
        #expect(
            try rule(["/{number}"], suffixes: []).judged("GET /\(text)").reason == (fits ? nil : .contractUnknownPath))
    }
}
