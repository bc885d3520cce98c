import StentModel
import StentPolicy
import Testing

/// Schemas that refer to one another, made one by one.
struct SchemaBook {
    var schemas: [ContractSchema] = []

    mutating func add(_ change: (inout ContractSchema) -> Void) -> SchemaIndex {
        var schema = ContractSchema()
        change(&schema)
        schemas.append(schema)
        return SchemaIndex(schemas.count - 1)
    }

    mutating func add(_ types: SchemaType...) -> SchemaIndex { add { $0.types = Set(types) } }

    mutating func object(_ properties: (String, SchemaIndex)..., required: [String] = []) -> SchemaIndex {
        add {
            $0.types = [.object]
            $0.properties = properties.map { .init(name: $0.0, schema: $0.1) }
            $0.required = required
        }
    }

    func finding(_ json: String, _ schema: SchemaIndex, _ undeclared: SchemaRule.Undeclared = .collected) throws
        -> SchemaFinding
    {
        let rule = try SchemaRule(Contract(schemas: schemas))
        return rule.judge(try JSONDocument(Array(json.utf8)).root, by: schema, undeclared: undeclared)
    }

    /// `pointer sentence` of each problem.
    func problems(_ json: String, _ schema: SchemaIndex, _ undeclared: SchemaRule.Undeclared = .ignored) throws
        -> [String]
    {
        try finding(json, schema, undeclared).problems.map { "\($0.pointer) \($0.sentence)" }
    }

    /// The value without what no schema mentions.
    func kept(_ json: String, _ schema: SchemaIndex) throws -> String {
        let finding = try finding(json, schema)
        #expect(finding.problems == [])
        return written { output in
            guard let document = try? JSONDocument(Array(json.utf8)) else { return }
            document.write(to: &output, dropping: finding.undeclared)
        }
    }
}

@Suite struct `A schema` {
    private func judge(_ json: String, _ change: (inout ContractSchema) -> Void) throws -> [String] {
        var book = SchemaBook()
        let schema = book.add(change)
        return try book.problems(json, schema)
    }

    @Test(arguments: [
        ("null", [SchemaType.null]), ("true", [.boolean]), ("false", [.boolean]), ("1", [.integer, .number]),
        ("-0", [.integer, .number]), ("12345678901234567890123", [.integer, .number]), ("1.5", [.number]),
        ("1.0", [.number]), ("1e2", [.number]), ("\"a\"", [.string]), ("[]", [.array]), ("{}", [.object]),
    ])
    func `tells types apart, an integer by its form`(json: String, types: [SchemaType]) throws {
        for type in SchemaType.allCases {
            #expect(try judge(json) { $0.types = [type] }.isEmpty == types.contains(type), "\(type)")
        }
        #expect(try judge(json) { _ in } == [])
    }

    @Test func `says which types are meant and which was found, and never the value`() throws {
        #expect(
            try judge("\"secret\"") { $0.types = [.integer, .null] } == [" must be null or an integer, not a string"])
        #expect(try judge("1.5") { $0.types = [.integer] } == [" must be an integer, without fraction and exponent"])
        #expect(try judge("{\"secret\":1}") { $0.types = [.array] } == [" must be an array, not an object"])
    }

    @Test func `takes everything or nothing where it is a boolean`() throws {
        #expect(try judge("[1]") { $0.always = true } == [])
        #expect(try judge("[1]") { $0.always = false } == [" is not accepted here"])
    }

    @Test(
        arguments: [
            ("\"\"", "must be at least 2 characters long"), ("\"a\"", "must be at least 2 characters long"),
            ("\"ab\"", nil), ("\"abc\"", nil), ("\"abcd\"", "must be at most 3 characters long"),
            ("\"\\u00e9\"", "must be at least 2 characters long"),
            ("\"\\ud83d\\ude00\"", "must be at least 2 characters long"),
            ("\"\\u00e9\\u00e9\\u00e9\"", nil), ("\"\u{1F600}\u{1F600}\u{1F600}\"", nil),
            ("\"\u{1F600}\u{1F600}\u{1F600}\u{1F600}\"", "must be at most 3 characters long"), ("7", nil),
        ] as [(String, String?)])
    func `counts the characters of a string, however they are written`(json: String, sentence: String?) throws {
        #expect(try judge(json) { $0.length = .init(minimum: 2, maximum: 3) } == (sentence.map { [" " + $0] } ?? []))
    }

    @Test func `names one character in the singular`() throws {
        #expect(
            try judge("\"\"") { $0.length = .init(minimum: 1) } == [" must be at least 1 character long"])
    }

    @Test func `asks a pattern of strings`() throws {
        #expect(try judge("\"b\"") { $0.pattern = "^a" } == [" must match the pattern ^a"])
        #expect(try judge("\"\\u0061b\"") { $0.pattern = "^a" } == [])
        #expect(throws: PatternFault.self) { try judge("1") { $0.pattern = "(" } }
    }

    @Test(arguments: [
        ("2024-02-29", true), ("2023-02-29", false), ("2000-02-29", true), ("1900-02-29", false), ("0000-02-29", true),
        ("2024-04-31", false), ("2024-12-31", true), ("2024-00-10", false), ("2024-13-10", false),
        ("2024-01-00", false), ("2024-01-32", false), ("2024-1-1", false), ("24-01-01", false), ("2024-01-01 ", false),
        (" 2024-01-01", false), ("2024-01-01T00:00:00Z", false), ("20240101", false), ("", false),
        ("2024-01-0a", false),
        ("+024-01-01", false), ("\u{FF12}024-01-01", false), ("12024-01-01", false),
    ])
    func `takes for dates the days that exist`(text: String, isDate: Bool) throws {
        #expect(
            try judge("\"\(text)\"") { $0.format = .date } == (isDate ? [] : [" is not a date (YYYY-MM-DD)"]))
    }

    @Test(arguments: [
        ("2024-02-29T23:59:59Z", true), ("2024-02-29t23:59:59z", true),
        ("2024-02-29T00:00:00.123456789012+23:59", true),
        ("2024-02-29T00:00:00-00:00", true), ("2023-02-29T00:00:00Z", false), ("2024-02-29T24:00:00Z", false),
        ("2024-02-29T23:60:00Z", false), ("2024-02-29T23:59:61Z", false), ("2024-02-29T00:00:00", false),
        ("2024-02-29 00:00:00Z", false), ("2024-02-29T00:00:00.Z", false), ("2024-02-29T00:00:00+24:00", false),
        ("2024-02-29T00:00:00+0100", false), ("2024-02-29T00:00:00+01:60", false), ("2024-02-29T00:00Z", false),
        ("2024-02-29", false), ("2024-02-29T00:00:00Zx", false),
        ("1990-12-31T23:59:60Z", true), ("1990-12-31T15:59:60-08:00", true), ("1991-01-01T00:59:60+01:00", true),
        ("2024-02-29T23:59:60.5Z", true), ("2024-03-01T08:59:60+09:00", true), ("1990-12-31T23:58:60Z", false),
        ("1990-12-31T22:59:60Z", false), ("1990-12-30T23:59:60Z", false), ("1990-12-31T23:59:60+01:00", false),
        ("1990-12-31T23:59:60-08:00", false), ("2023-02-27T23:59:60Z", false), ("2024-03-02T00:59:60+01:00", false),
    ])
    func `takes for times what RFC 3339 does, leap seconds where they can be`(text: String, isTime: Bool) throws {
        #expect(try judge("\"\(text)\"") { $0.format = .dateTime }.isEmpty == isTime)
    }

    @Test(
        arguments: [
            ("9007199254740993", nil), ("9007199254740992", "must be at least 9007199254740993"),
            ("9007199254740992.9999999999999999", "must be at least 9007199254740993"), ("9007199254740993.0", nil),
            ("9.007199254740993e15", nil), ("9007199254740993000e-3", nil), ("0.09007199254740993E+17", nil),
            ("9007199254740994", nil), ("9007199254740994.1", "must be at most 9007199254740994"),
            ("1e17", "must be at most 9007199254740994"), ("-9007199254740993", "must be at least 9007199254740993"),
            ("0", "must be at least 9007199254740993"), ("-0e9999999999999", "must be at least 9007199254740993"),
            ("1e99999999999999999999", "has an exponent beyond 99999"),
            ("1e-99999999999999999999", "has an exponent beyond 99999"),
            ("1e-99999", "must be at least 9007199254740993"), ("\"1\"", nil),
        ] as [(String, String?)])
    func `compares numbers exactly`(json: String, sentence: String?) throws {
        let problems = try judge(json) {
            $0.minimum = "9007199254740993"
            $0.maximum = "9007199254740994"
        }
        #expect(problems == (sentence.map { [" " + $0] } ?? []))
    }

    @Test(
        arguments: [
            ("-1.5", "must be greater than -1.5"), ("-1.50", "must be greater than -1.5"), ("-1.49", nil), ("-1", nil),
            ("-2", "must be greater than -1.5"), ("0.1", nil), ("0.25", "must be less than 0.25"),
            ("2.5e-1", "must be less than 0.25"), ("0.249999999999999999999", nil), ("-0.0", nil),
            ("3", "must be less than 0.25"),
        ] as [(String, String?)])
    func `knows bounds that are no longer in it`(json: String, sentence: String?) throws {
        let problems = try judge(json) {
            $0.exclusiveMinimum = "-1.5"
            $0.exclusiveMaximum = "0.25"
        }
        #expect(problems == (sentence.map { [" " + $0] } ?? []))
    }

    @Test(arguments: [
        ("\"a\"", true), ("\"\\u0061\"", true), ("\"A\"", false), ("\"\u{212A}\"", false), ("1", true), ("1.0", true),
        ("10e-1", true), ("\"1\"", false), ("true", false), ("null", true), ("{\"b\":[1,2],\"a\":0}", true),
        ("{\"a\":0,\"b\":[1.0,2]}", true), ("{\"a\":0,\"b\":[2,1]}", false), ("{\"a\":0}", false), ("[]", false),
    ])
    func `compares with the values of an enumeration as JSON Schema does`(json: String, isAllowed: Bool) throws {
        let problems = try judge(json) { $0.allowed = ["\"a\"", "\"K\"", "1", "null", "{\"a\":0,\"b\":[1,2]}"] }
        #expect(problems.isEmpty == isAllowed)
    }

    @Test func `lists the values of a short enumeration`() throws {
        #expect(try judge("1") { $0.allowed = ["\"a\"", "\"b\""] } == [" must be one of \"a\", \"b\""])
        #expect(try judge("1") { $0.allowed = ["\"a\""] } == [" must be \"a\""])
        #expect(
            try judge("1") { $0.allowed = (0..<100).map { "\"a\($0)\"" } }
                == [" is none of the values that are accepted here"])
    }

    @Test func `bounds the elements of an array and wants them unique`() throws {
        let bounds: (inout ContractSchema) -> Void = { $0.elements = .init(minimum: 1, maximum: 2) }
        #expect(try judge("[]", bounds) == [" must have at least 1 element"])
        #expect(try judge("[1,1]", bounds) == [])
        #expect(try judge("[1,2,3]", bounds) == [" must have at most 2 elements"])
        let unique: (inout ContractSchema) -> Void = { $0.elementsAreUnique = true }
        #expect(try judge("[1,\"1\",[1],{\"a\":1},null,true,{\"a\":2}]", unique) == [])
        for json in ["[1,1.0]", "[{\"a\":1,\"b\":2},{\"b\":2,\"a\":1}]", "[\"a\",\"\\u0061\"]", "[[],[]]"] {
            #expect(try judge(json, unique) == [" must not hold two equal elements"])
        }
    }

    @Test func `looks for equal elements without comparing each with each`() throws {
        let json = "[" + (0..<20_000).map(String.init).joined(separator: ",") + "]"
        #expect(try judge(json) { $0.elementsAreUnique = true } == [])
    }

    @Test func `points at what is wrong, with names escaped`() throws {
        var book = SchemaBook()
        let number = book.add(.integer)
        let list = book.add { $0.items = number }
        let schema = book.object(("a/b~c", list), ("", number), ("x", number), required: ["x", "y", "a/b~c"])
        #expect(
            try book.problems("{\"\":true,\"a\\/b~c\":[1,\"2\",3,4.5]}", schema) == [
                "/ must be an integer, not a boolean", "/a~1b~0c/1 must be an integer, not a string",
                "/a~1b~0c/3 must be an integer, without fraction and exponent", "/x is missing", "/y is missing",
            ])
    }

    @Test func `leads to a value around one whose pointer is too long`() throws {
        var book = SchemaBook()
        let number = book.add(.integer)
        let inner = book.add { $0.additional = number }
        let schema = book.object(("a", inner))
        let name = String(repeating: "x", count: 10_000)
        #expect(try book.problems("{\"a\":{\"\(name)\":true}}", schema) == ["/a must be an integer, not a boolean"])
    }

    @Test func `bounds the members of an object and judges those it does not list`() throws {
        let bounds: (inout ContractSchema) -> Void = { $0.members = .init(minimum: 1, maximum: 2) }
        #expect(try judge("{}", bounds) == [" must have at least 1 member"])
        #expect(try judge("{\"a\":1,\"b\":1,\"c\":1}", bounds) == [" must have at most 2 members"])
        var book = SchemaBook()
        let nothing = book.add { $0.always = false }
        let number = book.add(.integer)
        let closed = book.add {
            $0.properties = [.init(name: "a", schema: number)]
            $0.additional = nothing
        }
        #expect(try book.problems("{\"a\":1,\"b\":1}", closed) == ["/b is not known here"])
        let open = book.add {
            $0.properties = [.init(name: "a", schema: nothing)]
            $0.additional = number
        }
        #expect(
            try book.problems("{\"a\":1,\"b\":1,\"c\":\"\"}", open) == [
                "/a is not accepted here", "/c must be an integer, not a string",
            ])
    }

    @Test func `stops at twenty problems`() throws {
        var book = SchemaBook()
        let number = book.add(.integer)
        let list = book.add { $0.items = number }
        let problems = try book.problems(
            "[" + Array(repeating: "\"\"", count: 1_000).joined(separator: ",") + "]", list)
        #expect(problems.count == 20)
        #expect(problems.last == "/19 must be an integer, not a string")
    }
}

@Suite struct `Schemas together` {
    @Test func `hold all at once through references and allOf`() throws {
        var book = SchemaBook()
        let number = book.add(.integer)
        let small = book.add { $0.maximum = "9" }
        let both = book.add { $0.allOf = [number, small] }
        let reference = book.add {
            $0.reference = both
            $0.minimum = "1"
        }
        #expect(try book.problems("5", reference) == [])
        #expect(try book.problems("0", reference) == [" must be at least 1"])
        #expect(try book.problems("10", reference) == [" must be at most 9"])
        #expect(try book.problems("true", reference) == [" must be an integer, not a boolean"])
    }

    @Test func `name the types of branches that do not fit, or the problem of the one that is meant`() throws {
        var book = SchemaBook()
        let null = book.add(.null)
        let date = book.add {
            $0.types = [.string]
            $0.format = .date
        }
        let reference = book.add { $0.reference = date }
        let other = book.add {
            $0.types = [.string]
            $0.length = .init(maximum: 1)
        }
        for schema in [book.add { $0.anyOf = [reference, null] }, book.add { $0.oneOf = [reference, null] }] {
            #expect(try book.problems("null", schema) == [])
            #expect(try book.problems("\"2024-01-01\"", schema) == [])
            #expect(try book.problems("5", schema) == [" must be null or a string, not a number"])
            #expect(try book.problems("\"x\"", schema) == [" is not a date (YYYY-MM-DD)"])
        }
        let unclear = book.add { $0.anyOf = [date, other] }
        #expect(try book.problems("\"xx\"", unclear) == [" fits none of the forms that are accepted here"])
    }

    @Test func `fit one and only one of oneOf, and not what not says`() throws {
        var book = SchemaBook()
        let low = book.add { $0.maximum = "5" }
        let high = book.add { $0.minimum = "5" }
        let one = book.add { $0.oneOf = [low, high] }
        #expect(try book.problems("4", one) == [])
        #expect(try book.problems("5", one) == [" fits more than one of the forms of which one is accepted here"])
        let not = book.add { $0.not = low }
        #expect(try book.problems("6", not) == [])
        #expect(try book.problems("4", not) == [" is of a form that is not accepted here"])
    }

    @Test func `end where they refer to themselves without end, and where they try too much`() throws {
        var book = SchemaBook()
        let loop = book.add { $0.reference = SchemaIndex(0) }
        #expect(try book.problems("1", loop) == [" takes too much work to be judged"])
        // Each level tries the next one twice.
        var bomb = SchemaBook()
        _ = bomb.add { $0.always = false }
        for level in 0..<40 { _ = bomb.add { $0.anyOf = [SchemaIndex(level), SchemaIndex(level)] } }
        #expect(try bomb.problems("1", SchemaIndex(40)) == [" takes too much work to be judged"])
        let negated = bomb.add { $0.not = SchemaIndex(40) }
        #expect(try bomb.problems("1", negated) == [" takes too much work to be judged"])
    }

    @Test func `may refer to themselves for values that end`() throws {
        var book = SchemaBook()
        let tree = book.object(("left", SchemaIndex(0)), ("right", SchemaIndex(0)))
        #expect(
            try book.problems("{\"left\":{\"right\":{}},\"right\":{\"left\":1}}", tree) == [
                "/right/left must be an object, not a number"
            ])
    }

    @Test func `do not let a pattern cost more than the text is worth`() throws {
        var book = SchemaBook()
        let schema = book.add { $0.pattern = "(a?){500}(a?){400}b" }
        let text = String(repeating: "a", count: 1_000_000)
        #expect(try book.problems("\"\(text)\"", schema) == [" takes too much work to be judged"])
    }
}

@Suite struct `Members that no schema mentions` {
    @Test func `are found at any depth`() throws {
        var book = SchemaBook()
        let number = book.add(.integer)
        let inner = book.object(("a", number))
        let list = book.add { $0.items = inner }
        let schema = book.object(("a", number), ("in", inner), ("list", list))
        #expect(
            try book.kept(
                "{\"x\":1,\"a\":1,\"in\":{\"a\":2,\"x\":{\"a\":1}},\"list\":[{\"x\":0},{\"a\":1,\"y\":[]},{}],\"\":0}",
                schema)
                == "{\"a\":1,\"in\":{\"a\":2},\"list\":[{},{\"a\":1},{}]}")
    }

    @Test func `are told by what their names mean, not how they are written`() throws {
        var book = SchemaBook()
        let number = book.add(.integer)
        let schema = book.object(("staff_id", number))
        #expect(try book.kept("{\"staff\\u005fid\":1,\"staff_id \":2,\"Staff_id\":3}", schema) == "{\"staff_id\":1}")
    }

    @Test func `are none where additionalProperties covers them, nor below`() throws {
        var book = SchemaBook()
        let number = book.add(.integer)
        let anything = book.add { $0.always = true }
        let inner = book.object(("a", number))
        let schema = book.add {
            $0.properties = [.init(name: "in", schema: inner)]
            $0.additional = anything
        }
        #expect(try book.kept("{\"x\":{\"y\":1},\"in\":{\"x\":1}}", schema) == "{\"x\":{\"y\":1},\"in\":{}}")
    }

    @Test func `are none in a value for which there is no schema, all in an object whose schema lists none`() throws {
        var book = SchemaBook()
        let silent = book.add { $0.title = "anything" }
        let list = book.add(.array)
        let bare = book.add(.object)
        #expect(try book.kept("{\"x\":{\"y\":1}}", silent) == "{\"x\":{\"y\":1}}")
        #expect(try book.kept("[{\"x\":{\"y\":1}}]", list) == "[{\"x\":{\"y\":1}}]")
        #expect(try book.kept("{\"x\":{\"y\":1}}", bare) == "{}")
    }

    @Test func `are not those that are required without being listed`() throws {
        var book = SchemaBook()
        let schema = book.add { $0.required = ["a"] }
        #expect(try book.kept("{\"x\":1,\"a\":{\"y\":1}}", schema) == "{\"a\":{\"y\":1}}")
    }

    @Test func `are those that no part of allOf and no reference mentions`() throws {
        var book = SchemaBook()
        let number = book.add(.integer)
        let left = book.object(("a", number))
        let right = book.object(("b", number))
        let deepLeft = book.object(("in", left))
        let deepRight = book.object(("in", right))
        let schema = book.add {
            $0.allOf = [left, deepLeft]
            $0.reference = deepRight
            $0.properties = [.init(name: "c", schema: number)]
        }
        #expect(
            try book.kept("{\"a\":1,\"b\":1,\"c\":1,\"in\":{\"a\":1,\"b\":1,\"c\":1}}", schema)
                == "{\"a\":1,\"c\":1,\"in\":{\"a\":1,\"b\":1}}")
    }

    @Test func `are mentioned by the branches that fit, not by others, and not by not`() throws {
        var book = SchemaBook()
        let number = book.add(.integer)
        let text = book.add(.string)
        let left = book.object(("a", number), ("x", text))
        let right = book.object(("b", number), ("x", number))
        let third = book.object(("c", number), ("x", text))
        let any = book.add { $0.anyOf = [left, right, third] }
        let one = book.add { $0.oneOf = [left, right] }
        #expect(try book.kept("{\"a\":1,\"b\":1,\"c\":1,\"x\":\"\"}", any) == "{\"a\":1,\"c\":1,\"x\":\"\"}")
        #expect(try book.kept("{\"a\":1,\"b\":1,\"c\":1,\"x\":2}", any) == "{\"b\":1,\"x\":2}")
        #expect(try book.kept("{\"a\":1,\"b\":1,\"x\":2}", one) == "{\"b\":1,\"x\":2}")
        let nested = book.add { $0.anyOf = [one, third] }
        #expect(try book.kept("{\"b\":1,\"c\":1,\"x\":2}", nested) == "{\"b\":1,\"x\":2}")
        let not = book.add {
            $0.types = [.object]
            $0.not = right
        }
        #expect(try book.kept("{\"b\":1,\"x\":\"\"}", not) == "{}")
    }

    @Test func `are problems where they are refused, and nothing where nobody asks`() throws {
        var book = SchemaBook()
        let number = book.add(.integer)
        let inner = book.object(("a", number))
        let list = book.add { $0.items = inner }
        let schema = book.object(("list", list))
        let json = "{\"list\":[{},{\"a/b\":1}],\"y\":1}"
        #expect(
            try book.problems(json, schema, .refused) == ["/list/1/a~1b is not known here", "/y is not known here"])
        #expect(try book.finding(json, schema, .ignored) == SchemaFinding())
        let many = "{" + (0..<50).map { "\"x\($0)\":1" }.joined(separator: ",") + "}"
        #expect(try book.problems(many, schema, .refused).count == 20)
    }
}

@Suite struct `Any value and any schemas` {
    /// - Parameter place: its own; schemas of the same value come behind it, so that none refers to itself without end.
    private static func schema(at place: Int, of count: Int, _ random: inout SeededRandom) -> ContractSchema {
        var schema = ContractSchema()
        func index() -> SchemaIndex { SchemaIndex(Int.random(in: 0..<count, using: &random)) }
        func later() -> SchemaIndex { SchemaIndex(Int.random(in: place + 1..<count, using: &random)) }
        func some() -> [SchemaIndex] { (0..<Int.random(in: 1...3, using: &random)).map { _ in later() } }
        if random.once(in: 8) { schema.always = random.once(in: 2) }
        if random.once(in: 2) { schema.types = Set(SchemaType.allCases.filter { _ in random.once(in: 2) }) }
        if random.once(in: 2) {
            schema.properties = ["a", "b"].filter { _ in random.once(in: 2) }.map { .init(name: $0, schema: index()) }
        }
        if random.once(in: 8) { schema.required = ["a"] }
        if random.once(in: 6) { schema.additional = index() }
        if random.once(in: 3) { schema.items = index() }
        if random.once(in: 8) { schema.elementsAreUnique = true }
        if random.once(in: 8) { schema.maximum = "5" }
        guard place + 1 < count else { return schema }
        if random.once(in: 8) { schema.allOf = some() }
        if random.once(in: 5) { schema.anyOf = some() }
        if random.once(in: 8) { schema.oneOf = some() }
        if random.once(in: 8) { schema.reference = later() }
        return schema
    }

    private static func json(depth: Int, _ random: inout SeededRandom) -> String {
        func inner() -> String { json(depth: depth - 1, &random) }
        switch random.next() % (depth > 0 ? 8 : 5) {
        case 0: return "null"
        case 1: return "true"
        case 2: return String(Int.random(in: -9...9, using: &random))
        case 3: return "1.5"
        case 4: return "\"x\""
        case 5: return "[\(inner()),\(inner())]"
        case _:
            let names = ["a", "b", "c"].filter { _ in random.once(in: 2) }
            return "{" + names.map { "\"\($0)\":\(inner())" }.joined(separator: ",") + "}"
        }
    }

    @Test(arguments: 0..<4) func `lead to the same answer whatever becomes of undeclared members`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var good = 0
        for _ in 0..<200 {
            var book = SchemaBook()
            book.schemas = (0..<6).map { Self.schema(at: $0, of: 6, &random) }
            for _ in 0..<4 {
                let json = Self.json(depth: 3, &random)
                let finding = try book.finding(json, SchemaIndex(0))
                #expect(try book.finding(json, SchemaIndex(0), .ignored).problems == finding.problems)
                guard finding.problems.isEmpty else { continue }
                good += 1
                let refused = try book.finding(json, SchemaIndex(0), .refused)
                #expect(refused.problems.count == finding.undeclared.count, "\(json), seed \(seed)")
            }
        }
        #expect(good > 50)
    }
}
