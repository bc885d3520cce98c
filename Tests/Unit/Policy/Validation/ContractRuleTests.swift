import StentModel
import StentPolicy
import Testing

@Suite struct `A query of the contract` {
    private let rule: ContractRule

    init() throws { rule = try ContractRule(hospSettings()) }

    @Test(arguments: [
        "", "?patient_id=7", "?patient_id=%37", "?page=2", "?patient_id=7&page=2", "?&patient_id=7&&", "?x=%20+a",
        "?x[]=1&x[a]=2", "?x=1&x=2", "?x", "?=1", "?x=1;y=2", "?PATIENT_ID=abc", "?x=%C3%A9", "?patient=1&_metho=d",
    ])
    func `goes upstream as it came where it changes nothing`(query: String) throws {
        #expect(try rule.judged("GET /notes.json\(query)").target == "/notes.json\(query)")
        #expect(try rule.judged("HEAD /notes/\(query)").target == "/notes\(query)")
    }

    @Test func `that is empty is none`() throws { #expect(try rule.judged("GET /notes?").target == "/notes") }

    @Test func `stands behind a path that the target leaves out`() throws {
        var head = try requestHead(target: "/?a=b")
        head.pathAndQuery = Slot(head.pathAndQuery.range.dropFirst())
        #expect(Judged(rule.judge(head)).target == "/?a=b")
    }

    @Test(arguments: [
        ("patient_id=", "must be an integer, not a string"), ("patient_id", "must be an integer, not a string"),
        ("patient_id=abc", "must be an integer, not a string"), ("patient_id=2abc", "must be an integer, not a string"),
        ("patient_id=02", "must be an integer, not a string"), ("patient_id=%2b2", "must be an integer, not a string"),
        ("patient_id=+2", "must be an integer, not a string"), ("patient_id=2%20", "must be an integer, not a string"),
        ("patient_id=2e0", "must be an integer, not a string"), ("patient_id=null", "must be an integer, not a string"),
        ("patient_id=%D9%A5", "must be an integer, not a string"),
        ("patient_id=-0", "must be an integer, not a string"),
        ("patient_id=1.5", "must be an integer, without fraction and exponent"),
        ("patient_id=true", "must be an integer, not a boolean"), ("patient_id=0", "must be at least 1"),
        ("patient_id=-1", "must be at least 1"), ("patient_id=1=2", "must be an integer, not a string"),
        ("patient_id=1&patient_id=1", "must not stand twice"),
        ("patient_id=1&x&patient%5fid=2", "must not stand twice"),
        ("patient_id[]=1", "must not have brackets in its name"),
        ("patient_id[x]=1", "must not have brackets in its name"),
        ("patient_id%5B%5D=1", "must not have brackets in its name"),
        ("[patient_id]=1", "must not have brackets in its name"),
        ("patient_id]=1", "must not have brackets in its name"),
        ("patient_id[=1", "must not have brackets in its name"),
        ("[]patient_id=1", "must not have brackets in its name"),
        ("x=1;patient_id=2", "must stand between `&`, not `;`"),
        ("patient_id=2;x=1", "must stand between `&`, not `;`"),
        ("patient_id=2;", "must stand between `&`, not `;`"),
    ])
    func `has each declared parameter once, as its schema says`(query: String, sentence: String) throws {
        let judged = try rule.judged("GET /notes?\(query)")
        #expect(judged.reason == .contractInvalidParameter)
        #expect(judged.sentences == [" the parameter patient_id \(sentence)"])
    }

    @Test(arguments: [
        "x=%00", "x=%0a", "%7f=1", "x=%1f", "x=%ff", "x=%C3", "%C3=%A9", "x=%ED%A0%80", "x=%4", "%zz", "patient_id=%",
    ])
    func `is text without control characters`(query: String) throws {
        #expect(try rule.judged("GET /notes?\(query)").reason == .contractInvalidParameter)
    }

    @Test(arguments: [
        "_method=delete", "x=1&_method=delete", "%5fmethod=x", "_method", "_method[]=x", "[_method]=x", "x;_method=x",
    ])
    func `does not override the method`(query: String) throws {
        for line in ["GET /notes", "GET /", "DELETE /notes/7", "POST /notes"] {
            #expect(try rule.judged("\(line)?\(query)").reason == .requestMethodOverride)
        }
    }

    @Test(arguments: ["x=1", "patient_id=1", "note[staff_id]=3", "staff_id=3", "=1", "x", "format=json"])
    func `of a write holds nothing that is not declared`(query: String) throws {
        for line in ["DELETE /notes/7", "POST /notes", "PATCH /notes/7"] {
            #expect(try rule.judged("\(line)?\(query)").reason == .contractUnknownParameter)
        }
        #expect(try rule.judged("DELETE /notes/7?").target == "/notes/7")
    }

    private func custom(_ method: Method) throws -> ContractRule {
        var book = SchemaBook()
        let text = book.add(.string)
        let flag = book.add(.boolean)
        let number = book.add(.number)
        var operation = ContractOperation(method: method)
        operation.query = [
            ContractParameter(name: "a b", schema: text, isRequired: true, allowsEmpty: true),
            ContractParameter(name: "flag", schema: flag, isRequired: false),
            ContractParameter(name: "n", schema: number, isRequired: false, allowsEmpty: true),
        ]
        return try ContractRule(
            hospSettings {
                $0.contract.schemas = book.schemas
                $0.contract.paths = [
                    ContractPath(template: "/x", segments: [.literal("x")], operations: [operation])
                ]
            })
    }

    @Test func `of a write is written anew`() throws {
        let rule = try custom(.post)
        #expect(
            try rule.judged("POST /x?%61+b=c+%64%26/&&flag=true&n=-1.5").target
                == "/x?a%20b=c%20d%26%2F&flag=true&n=-1.5")
        #expect(try rule.judged("POST /x/?n=&a%20b").target == "/x?n=&a%20b=")
        #expect(try custom(.get).judged("GET /x?%61+b=c+%64").target == "/x?%61+b=c+%64")
    }

    @Test func `has what is required, of the type that is meant`() throws {
        let rule = try custom(.get)
        #expect(try rule.judged("GET /x").sentences == [" the parameter a b is missing"])
        #expect(try rule.judged("GET /x?flag=true").reason == .contractInvalidParameter)
        #expect(
            try rule.judged("GET /x?a+b=5&flag=True").sentences == [
                " the parameter flag must be a boolean, not a string"
            ])
        #expect(try rule.judged("GET /x?a+b=5&n=1e3").reason == .contractInvalidParameter)
        #expect(try rule.judged("GET /x?a+b=5&n=1.50").reason == .contractInvalidParameter)
        #expect(try rule.judged("GET /x?a+b=5&n=&flag=").reason == .contractInvalidParameter)
    }
}

@Suite struct `Content of the contract` {
    private let rule: ContractRule

    init() throws { rule = try ContractRule(hospSettings()) }

    @Test(arguments: [
        "application/json", "Application/JSON", "application/json;charset=utf-8", "application/json; charset=UTF-8",
        "application/json ; charset=\"utf-8\"", "application/json;", "application/json; ;version=1",
        "application/json; charset=utf-8; profile=\"a;b\"",
    ])
    func `is of a declared media type, whose parameters are dropped`(type: String) throws {
        for length in ["Content-Length: 5", "Transfer-Encoding: chunked"] {
            let judged = try rule.judged("POST /notes", "Content-Type: \(type)", length)
            #expect(judged.contentType == "application/json")
            guard case .json? = judged.content else {
                Issue.record("\(judged)")
                return
            }
        }
    }

    @Test(arguments: [
        "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/x-json", "text/json",
        "text/plain",
        "application/vnd.api+json", "application/jsonrequest", "application/xml", "application/json-patch+json",
        "application/json, text/html", "text/html, application/json", "application/json charset=utf-8",
        "application/json; a=1; a=1", "application",
        "application/", "/json", "application /json", "application/json;charset", "application/json;charset=",
        "application/json; charset=utf-16", "application/json; charset=latin1", "application/json; charset=\"utf-8",
        "application/json; charset=utf-8; charset=utf-16", "application/json; charset=utf-8; charset=utf-8",
        "application/json; charset = utf-8", "application/json;a=b c", "*/*",
        "\"application/json\"", "application/json\u{A0}",
    ])
    func `is of no other`(type: String) throws {
        for length in ["Content-Length: 5", "Transfer-Encoding: chunked"] {
            let judged = try rule.judged("POST /notes", "Content-Type: \(type)", length)
            #expect(judged.reason == .contractMediaType, "\(judged)")
            #expect(judged.sentences == [" must be application/json"])
        }
    }

    @Test func `says what it is`() throws {
        #expect(try rule.judged("POST /notes", "Content-Length: 5").reason == .contractMediaType)
        #expect(try rule.judged("POST /notes", "Content-Length: 5", "Content-Type:").reason == .contractMediaType)
    }

    @Test(arguments: [
        ("gzip", false), ("identity", true), ("Identity", true), ("", true), ("identity, gzip", false),
        ("gzip, identity", false),
        ("identity, identity", true), ("br", false), ("deflate", false), ("x", false),
    ])
    func `is not coded`(coding: String, passes: Bool) throws {
        let judged = try rule.judged(
            "POST /notes", "Content-Length: 5", "Content-Type: application/json", "Content-Encoding: \(coding)")
        #expect(judged.reason == (passes ? nil : .contractContentCoding))
    }

    @Test func `is judged by the last of several codings as by the first`() throws {
        let judged = try rule.judged(
            "POST /notes", "Content-Length: 5", "Content-Type: application/json", "Content-Encoding: identity",
            "Content-Encoding: gzip")
        #expect(judged.reason == .contractContentCoding)
    }

    @Test func `is missing where it is required, known at once or when it has come`() throws {
        for fields in [["Content-Length: 0"], [], ["Content-Type: application/json"]] {
            let judged = Judged(rule.judge(try requestHead(lines: ["POST /notes HTTP/1.1", "Host: a"] + fields)))
            #expect(judged.reason == .contractInvalidContent)
            #expect(judged.sentences == [" is missing"])
        }
        let match = try rule.match("POST /notes", "Transfer-Encoding: chunked", "Content-Type: application/json")
        #expect(
            refusal(rule.judge(content: [], of: match))
                == ContractRefusal(
                    .contractInvalidContent,
                    problems: [
                        ContractProblem(sentence: "is missing")
                    ]))
    }

    @Test func `is dropped where none is asked for, whatever it is`() throws {
        for line in ["GET /notes", "DELETE /notes/7", "HEAD /"] {
            for fields in [
                ["Content-Length: 5", "Content-Type: text/html"],
                ["Transfer-Encoding: chunked", "Content-Encoding: gzip"],
                ["Content-Length: 5"],
            ] {
                let judged = Judged(rule.judge(try requestHead(lines: [line + " HTTP/1.1", "Host: a"] + fields)))
                #expect(judged.content == ContractMatch.Content.none)
                #expect(judged.contentType == nil)
            }
        }
        let match = try rule.match("DELETE /notes/7", "Content-Length: 5")
        guard case .nothingToRead = rule.judge(content: Array("{\"x\":".utf8), of: match) else {
            Issue.record("was read")
            return
        }
    }

    @Test func `of a type that is not looked into is passed on unread`() throws {
        var operation = ContractOperation(method: .post)
        operation.content = ContractContent(
            isRequired: false,
            media: [
                ContractMedia(type: "image/png", schema: SchemaIndex(0)),
                ContractMedia(type: "application/json", schema: nil),
                ContractMedia(type: "application/x+json", schema: SchemaIndex(0)),
            ])
        let rule = try ContractRule(
            hospSettings {
                $0.contract.paths = [ContractPath(template: "/x", segments: [.literal("x")], operations: [operation])]
            })
        let image = try rule.judged("POST /x", "Content-Length: 5", "Content-Type: image/png; a=b")
        #expect(image.content == .opaque && image.contentType == nil)
        let json = try rule.judged("POST /x", "Content-Length: 5", "Content-Type: application/json; charset=utf-8")
        #expect(json.content == .opaque && json.contentType == "application/json")
        let suffixed = try rule.judged("POST /x", "Content-Length: 5", "Content-Type: application/x+json")
        #expect(suffixed.content == .json(SchemaIndex(0)))
        #expect(try rule.judged("POST /x").content == ContractMatch.Content.none)
        let text = try rule.judged("POST /x", "Content-Length: 5", "Content-Type: text/plain")
        #expect(text.sentences == [" must be image/png or application/json or application/x+json"])
    }

    private func refusal(_ verdict: ContractContentVerdict) -> ContractRefusal? {
        switch verdict {
        case .refused(let refusal): return refusal
        case .passes, .nothingToRead: return nil
        }
    }

    private func judge(_ line: String, _ content: String, _ settings: ContractSettings = hospSettings()) throws
        -> Result<String, ContractRefusalError>
    {
        let rule = try ContractRule(settings)
        let match = try rule.match(line, "Content-Length: 5", "Content-Type: application/json")
        switch rule.judge(content: Array(content.utf8), of: match) {
        case .passes(let document, let undeclared):
            return .success(written { document.write(to: &$0, dropping: undeclared) })
        case .nothingToRead: return .success("")
        case .refused(let refusal): return .failure(ContractRefusalError(refusal: refusal))
        }
    }

    private struct ContractRefusalError: Error, Equatable { var refusal: ContractRefusal }

    @Test func `goes upstream without members that are not declared, wrapped ones too`() throws {
        let note = "{ \"title\":\"a\", \"note\":{\"staff_id\":33}, \"patient_id\":2, \"staff\\u005fid\":1, \"x\":[] }"
        #expect(try judge("POST /notes", note).get() == "{\"title\":\"a\",\"patient_id\":2,\"staff_id\":1}")
        #expect(
            try judge("POST /notes", note, hospSettings { $0.undeclared = .pass }).get()
                == "{\"title\":\"a\",\"note\":{\"staff_id\":33},\"patient_id\":2,\"staff_id\":1,\"x\":[]}")
        #expect(
            try judge("POST /notes", note, hospSettings { $0.undeclared = .refuse })
                == .failure(
                    ContractRefusalError(
                        refusal: ContractRefusal(
                            .contractInvalidContent,
                            problems: [
                                ContractProblem(pointer: "/note", sentence: "is not known here"),
                                ContractProblem(pointer: "/x", sentence: "is not known here"),
                            ]))))
    }

    @Test func `is refused with what is wrong and where, and without what it holds`() throws {
        #expect(
            try judge("POST /notes", "{\"staff_id\":\"2abc\",\"title\":\"\"}")
                == .failure(
                    ContractRefusalError(
                        refusal: ContractRefusal(
                            .contractInvalidContent,
                            problems: [
                                ContractProblem(pointer: "/patient_id", sentence: "is missing"),
                                ContractProblem(pointer: "/staff_id", sentence: "must be an integer, not a string"),
                                ContractProblem(pointer: "/title", sentence: "must be at least 1 character long"),
                            ]))))
        #expect(
            try judge("PATCH /patients/5", "{\"birthdate\":\"2023-02-29\"}")
                == .failure(
                    ContractRefusalError(
                        refusal: ContractRefusal(
                            .contractInvalidContent,
                            problems: [
                                ContractProblem(pointer: "/birthdate", sentence: "is not a date (YYYY-MM-DD)")
                            ]))))
        #expect(try judge("PATCH /notes/5", "{}").get() == "{}")
        #expect(
            try judge("POST /notes", "[{\"title\":\"a\"}]")
                == .failure(
                    ContractRefusalError(
                        refusal: ContractRefusal(
                            .contractInvalidContent,
                            problems: [
                                ContractProblem(sentence: "must be an object, not an array")
                            ]))))
    }

    @Test(arguments: [
        (#"{"note":{"title":"a","patient_id":3}}"#, #"{"title":"a","patient_id":3}"#),
        (#" { "n\u006fte" : { "title" : "a", "patient_id":3, "x":1 } } "#, #"{"title":"a","patient_id":3}"#),
        (#"{"title":"a","patient_id":3,"note":{"staff_id":33}}"#, #"{"title":"a","patient_id":3}"#),
        (#"{"title":"a","patient_id":3,"note":null}"#, #"{"title":"a","patient_id":3}"#),
    ])
    func `may stand in a wrapper, and goes upstream without it`(content: String, sent: String) throws {
        #expect(try judge("POST /notes", content) == .success(sent))
    }

    @Test func `in a wrapper has its problems where the client finds them`() throws {
        guard case .failure(let error) = try judge("POST /notes", #"{"note":{"title":5,"patient_id":3}}"#) else {
            Issue.record("passed")
            return
        }
        #expect(error.refusal.problems.map(\.pointer) == ["/note/title"])
        guard case .failure(let other) = try judge("POST /notes", #"{"note":[]}"#) else {
            Issue.record("passed")
            return
        }
        #expect(other.refusal.problems.map(\.pointer) == ["/title", "/patient_id"])
    }

    @Test(arguments: [
        ("{\"title\":\"a\"", "ends too early, at byte 12"),
        ("{\"a\":1,\"\\u0061\":2}", "has a name twice in one object, at byte 7"),
        (" ", "ends too early, at byte 1"), ("\u{FEFF}{}", "begins with a byte order mark, at byte 0"),
        ("{}{}", "goes on behind its value, at byte 2"),
        ("note[staff_id]=21", "has a byte that is not JSON, at byte 1"),
        (String(repeating: "[", count: 100), "has too many arrays and objects inside one another, at byte 64"),
    ])
    func `is one JSON text that is read in one way only`(content: String, sentence: String) throws {
        #expect(
            try judge("POST /notes", content)
                == .failure(
                    ContractRefusalError(
                        refusal: ContractRefusal(
                            .contractMalformedJSON,
                            problems: [
                                ContractProblem(sentence: sentence)
                            ]))))
    }
}

@Suite struct `An answer of the contract` {
    private func problems(_ status: Int, _ type: String?, _ json: String?) throws -> [String] {
        let rule = try ContractRule(hospSettings())
        let match = try rule.match("POST /patients/5/screen", "Content-Length: 5", "Content-Type: application/json")
        return rule.problems(
            status: status, mediaType: type.flatMap { MediaType($0) },
            document: try json.map { try JSONDocument(Array($0.utf8)) }, of: match
        ).map { "\($0.pointer) \($0.sentence)" }
    }

    @Test func `is as its status says`() throws {
        let good = "{\"overall\":\"fine\",\"results\":[\"a\"],\"more\":1}"
        #expect(try problems(200, "application/json; charset=utf-8", good) == [])
        #expect(
            try problems(200, "application/json", "{\"overall\":1}") == [
                "/overall must be a string, not a number", "/results is missing",
            ])
        #expect(try problems(404, "application/json", "[]") == [])
        #expect(try problems(500, "text/html", nil) == [" the status 500 is not one that the contract knows"])
        #expect(try problems(200, "text/html", nil) == [])
        #expect(try problems(200, nil, nil) == [])
        #expect(try problems(200, "application/json", nil) == [])
        #expect(
            try problems(200, "application/problem+json", "{}") == [
                " is JSON, which the contract does not know for the status 200"
            ])
    }
}
