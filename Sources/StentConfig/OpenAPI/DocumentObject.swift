/// Which keys an object of OpenAPI 3.1 has, and what becomes of each.
///
/// Keys that begin with `x-` are extensions and read over everywhere; those that begin with `x-stent-` are ours, and known
/// like any other.
struct DocumentObject: Sendable {
    /// With its article, for messages.
    var name: String
    /// Keys that mean something to stent.
    var read: [String]
    /// Keys that only describe, and are read over.
    var described: [String] = ["description"]
    /// Keys that OpenAPI has and stent does not enforce, and what to do about them.
    var refused: [String: String] = [:]
    var required: [String] = []

    var keys: [String] { read + described + refused.keys.sorted() }

    static let document = DocumentObject(
        name: "a document",
        read: ["openapi", "info", "servers", "paths", "components", "security", "jsonSchemaDialect"],
        described: ["tags", "externalDocs"],
        refused: [
            "webhooks": "they are requests that the service makes; remove them",
            "swagger": "the document is of OpenAPI 2; convert it to 3.1",
        ],
        required: ["openapi", "info", "paths"])

    static let info = DocumentObject(
        name: "`info`", read: [],
        described: ["title", "summary", "description", "termsOfService", "contact", "license", "version"],
        required: ["title", "version"])

    static let server = DocumentObject(
        name: "a server", read: ["url"], described: ["description", "variables"], required: ["url"])

    static let components = DocumentObject(
        name: "`components`", read: ["schemas", "parameters", "requestBodies", "responses", "securitySchemes"],
        described: ["headers", "examples", "links"],
        refused: [
            "callbacks": "they are requests that the service makes; remove them",
            "pathItems": "write each path out below `paths`",
        ])

    static let path = DocumentObject(
        name: "a path", read: DocumentMethods.all.map(\.key) + ["parameters", "servers"],
        described: ["summary", "description"],
        refused: ["trace": "TRACE is never passed on; remove it", "$ref": "write the path out here"])

    static let operation = DocumentObject(
        name: "an operation", read: ["operationId", "parameters", "requestBody", "responses", "security", "servers"],
        described: ["tags", "summary", "description", "externalDocs", "deprecated"],
        refused: ["callbacks": "they are requests that the service makes; remove them"])

    static let parameter = DocumentObject(
        name: "a parameter",
        read: ["name", "in", "required", "schema", "style", "explode", "allowEmptyValue", "allowReserved"],
        described: ["description", "deprecated", "example", "examples"],
        refused: ["content": "give it a `schema`"], required: ["name", "in", "schema"])

    static let requestBody = DocumentObject(
        name: "a request body", read: ["content", "required"], required: ["content"])

    static let media = DocumentObject(
        name: "a media type", read: ["schema", "x-stent-wrapper"], described: ["example", "examples"],
        refused: ["encoding": "forms are not looked into"])

    static let response = DocumentObject(
        name: "a response", read: ["content"], described: ["description", "headers", "links"])

    static let securityScheme = DocumentObject(
        name: "a security scheme", read: ["type", "scheme"],
        described: ["description", "name", "in", "bearerFormat", "flows", "openIdConnectUrl"], required: ["type"])

    static let reference = DocumentObject(
        name: "a reference", read: ["$ref"], described: ["summary", "description"], required: ["$ref"])
}
