import StentConfig
import StentModel
import Testing

@Suite struct ContractReaderTests {
    private static func read(_ text: String) throws -> Contract {
        try ContractReader.read(Array(text.utf8), path: "x.yaml").get()
    }

    private static func contract(_ rest: String) throws -> Contract {
        try read("openapi: 3.1.1\ninfo: { title: T, version: \"1\" }\n\(rest)")
    }

    /// A component's schema as it is enforced.
    private static func schema(_ text: String) throws -> ContractSchema {
        let contract = try contract("paths: {}\ncomponents: { schemas: { S: \(text) } }")
        return try #require(contract.schemas.first)
    }

    private static func operation(_ text: String, top: String = "") throws -> ContractOperation {
        let basic = "components: { securitySchemes: { basic: { type: http, scheme: basic } } }"
        let contract = try contract("\(top)\npaths: { /a: { post: \(text) } }\n\(basic)")
        return try #require(contract.paths.first?.operations.first)
    }

    // MARK: Paths

    @Test func `a template is literals and parameters`() throws {
        let contract = try Self.contract(
            """
            paths:
              /: { get: {} }
              /a%20b/{id}/C:
                parameters: [{ name: id, in: path, required: true, schema: { type: integer } }]
                delete: {}
            """)
        #expect(contract.paths.map(\.template) == ["/", "/a%20b/{id}/C"])
        #expect(contract.paths[0].segments == [])
        let id = ContractParameter(name: "id", schema: SchemaIndex(0), isRequired: true)
        #expect(contract.paths[1].segments == [.literal("a b"), .parameter(id), .literal("C")])
        #expect(contract.schemas[0].types == [.integer])
    }

    @Test func `every method but TRACE is an operation, and GET implies no other`() throws {
        let contract = try Self.contract(
            "paths: { /a: { options: {}, delete: {}, patch: {}, put: {}, post: {}, get: {} }, /b: { head: {} } }")
        #expect(contract.paths[0].operations.map(\.method) == [.get, .post, .put, .patch, .delete, .options])
        #expect(contract.paths[1].operations.map(\.method) == [.head])
    }

    @Test func `an operation's parameter of the query takes the place of the path's`() throws {
        let contract = try Self.contract(
            """
            paths:
              /a:
                parameters:
                  - { name: p, in: query, schema: { type: integer } }
                  - { name: q, in: query, schema: { type: integer } }
                get: { parameters: [{ name: q, in: query, required: true, allowEmptyValue: true, schema: { type: string } }] }
                put: {}
            """)
        let get = contract.paths[0].operations[0].query
        #expect(get.map(\.name) == ["p", "q"])
        #expect(contract.schemas[get[1].schema.value].types == [.string])
        #expect(get[1].isRequired && get[1].allowsEmpty)
        #expect(contract.paths[0].operations[1].query.map(\.isRequired) == [false, false])
    }

    @Test func `a component's parameter is the same schema wherever it is referred to`() throws {
        let reference = "parameters: [{ $ref: \"#/components/parameters/q\" }]"
        let contract = try Self.contract(
            """
            paths: { /a: { get: { \(reference) }, put: { \(reference) } } }
            components: { parameters: { q: { name: q, in: query, schema: { type: integer } } } }
            """)
        let operations = contract.paths[0].operations
        #expect(operations[0].query == operations[1].query)
        #expect(contract.schemas.count == 1)
    }

    // MARK: Contents and answers

    @Test func `content may stand in a wrapper`() throws {
        let operation = try Self.operation(
            "{ requestBody: { content: { application/json: { schema: {}, x-stent-wrapper: note, x-other: 1 } } } }")
        #expect(operation.content?.media.map(\.wrapper) == ["note"])
        #expect(throws: ConfigProblems.self) {
            try Self.operation(
                "{ requestBody: { content: { application/json: { schema: {}, x-stent-wraper: note } } } }")
        }
    }

    @Test func `content is by media type, in lower case`() throws {
        let post = try Self.operation(
            "{ requestBody: { required: true, content: { Application/JSON: { schema: true }, image/png: {} } } }")
        let content = try #require(post.content)
        #expect(content.isRequired)
        #expect(content.media.map(\.type) == ["application/json", "image/png"])
        #expect(content.media.map { $0.schema == nil } == [false, true])
        #expect(try Self.operation("{ requestBody: { content: { a/b: {} } } }").content?.isRequired == false)
        #expect(try Self.operation("{}").content == nil)
    }

    @Test func `the narrowest answer comes first`() throws {
        let post = try Self.operation("{ responses: { default: {}, 4XX: {}, \"404\": {}, \"200\": {} } }")
        #expect(post.answers.map(\.statuses) == [404...404, 200...200, 400...499, 0...999])
    }

    @Test(arguments: [
        ("", "{}", false), ("security: [{ basic: [] }]", "{}", false), ("security: []", "{}", true),
        ("security: []", "{ security: [{ basic: [] }] }", false),
        ("security: [{ basic: [] }]", "{ security: [] }", true), ("", "{ security: [{}] }", true),
    ])
    func `an operation is open only where the document says so`(top: String, operation: String, isOpen: Bool) throws {
        #expect(try Self.operation(operation, top: top).isOpen == isOpen)
    }

    // MARK: Schemas

    @Test func `a number and a text that looks like one are two values`() throws {
        let schema = try Self.schema(
            "{ enum: [1, \"1\", true, \"true\", ~, \"null\", 1.50, a, { b: [x, 2] }, \"\\t\\\"\"] }")
        #expect(
            schema.allowed == [
                "1", "\"1\"", "true", "\"true\"", "null", "\"null\"", "1.50", "\"a\"", "{\"b\":[\"x\",2]}",
                "\"\\t\\\"\"",
            ])
        #expect(try Self.schema("{ const: no }").allowed == ["\"no\""])
        #expect(try Self.schema("{ const: 2020-01-01 }").allowed == ["\"2020-01-01\""])
        #expect(try Self.schema("{ enum: [a, b], const: b }").allowed == ["\"b\""])
        #expect(try Self.schema("{}").allowed == nil)
    }

    @Test func `every keyword is kept as it was written`() throws {
        let schema = try Self.schema(
            """
            { type: [string, "null"], minLength: 1, maxLength: 2, pattern: "^a", format: date-time, title: t, description: d }
            """)
        #expect(schema.types == [.string, .null])
        #expect(schema.length == ContractSchema.Bounds(minimum: 1, maximum: 2))
        #expect(schema.pattern == "^a")
        #expect(schema.format == .dateTime)
        #expect(schema.title == "t")
        let number = try Self.schema(
            "{ minimum: 1, maximum: 1e3, exclusiveMinimum: -0.5, exclusiveMaximum: 9007199254740993, description: d }")
        #expect(number.minimum == "1")
        #expect(number.maximum == "1e3")
        #expect(number.exclusiveMinimum == "-0.5")
        #expect(number.exclusiveMaximum == "9007199254740993")
        #expect(number.title == "d")
        let array = try Self.schema("{ items: false, minItems: 1, uniqueItems: true }")
        #expect(array.elements == ContractSchema.Bounds(minimum: 1))
        #expect(array.elementsAreUnique)
        #expect(array.items == SchemaIndex(1))
        let object = try Self.schema(
            "{ properties: { b: true, a: {} }, required: [a, b], additionalProperties: false, maxProperties: 3 }")
        #expect(object.properties.map(\.name) == ["b", "a"])
        #expect(object.required == ["a", "b"])
        #expect(object.additional == SchemaIndex(3))
        #expect(object.members == ContractSchema.Bounds(maximum: 3))
        let combined = try Self.schema("{ allOf: [true], anyOf: [true, {}], oneOf: [true], not: false }")
        #expect([combined.allOf.count, combined.anyOf.count, combined.oneOf.count] == [1, 2, 1])
        #expect(combined.not == SchemaIndex(5))
    }

    @Test func `boolean schemas are told from texts`() throws {
        #expect(try Self.schema("true").always == true)
        #expect(try Self.schema("false").always == false)
        #expect(throws: ConfigProblems.self) { try Self.schema("\"true\"") }
    }

    @Test func `a schema may refer to itself and to later ones, beside other keywords`() throws {
        let contract = try Self.contract(
            """
            paths: {}
            components:
              schemas:
                A: { title: a, properties: { next: { $ref: "#/components/schemas/A" } }, $ref: "#/components/schemas/B" }
                B: { type: object }
            """)
        #expect(contract.schemas[0].reference == SchemaIndex(1))
        let next = try #require(contract.schemas[0].properties.first?.schema)
        #expect(contract.schemas[next.value].reference == SchemaIndex(0))
    }

    // MARK: Forms

    @Test func `JSON and YAML say the same`() throws {
        let yaml =
            "paths: { /a: { get: { responses: { \"200\": { content: { application/json: { schema: { const: 1 } } } } } } } }"
        let json = """
            {"openapi": "3.1.1", "info": {"title": "T", "version": "1"}, "paths": {"/a": {"get": {"responses": {"200":
            {"content": {"application/json": {"schema": {"const": 1}}}}}}}}}
            """
        #expect(try Self.contract(yaml) == Self.read(json))
    }
}
