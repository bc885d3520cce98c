import StentModel

/// The keywords of JSON Schema 2020-12 that are enforced.
enum SchemaKeyword: String, Sendable, CaseIterable {
    case type, `enum`, const
    case properties, required, additionalProperties, minProperties, maxProperties
    case items, minItems, maxItems, uniqueItems
    case minLength, maxLength, pattern, format
    case minimum, maximum, exclusiveMinimum, exclusiveMaximum
    case allOf, anyOf, oneOf, not
    case reference = "$ref"

    /// Types that it says something about; empty for every type.
    var types: Set<SchemaType> {
        switch self {
        case .properties, .required, .additionalProperties, .minProperties, .maxProperties: [.object]
        case .items, .minItems, .maxItems, .uniqueItems: [.array]
        case .minLength, .maxLength, .pattern, .format: [.string]
        case .minimum, .maximum, .exclusiveMinimum, .exclusiveMaximum: [.integer, .number]
        case .type, .enum, .const, .allOf, .anyOf, .oneOf, .not, .reference: []
        }
    }

    /// Keywords that only describe, and are read over.
    static let described: Set = [
        "title", "description", "default", "deprecated", "readOnly", "writeOnly", "examples", "example", "$comment",
        "externalDocs",
    ]

    /// Keywords that are known and not enforced, and what to write instead.
    static let refused: [String: String?] = [
        "nullable": "OpenAPI 3.1 writes `type: [string, \"null\"]`",
        "discriminator": "what it chooses is enforced by `oneOf` or `anyOf` alone",
        "xml": nil, "contentEncoding": nil, "contentMediaType": nil, "contentSchema": nil,
        "multipleOf": nil, "prefixItems": nil, "additionalItems": nil, "contains": nil, "minContains": nil,
        "maxContains": nil, "patternProperties": nil, "propertyNames": nil, "dependentRequired": nil,
        "dependentSchemas": nil, "dependencies": nil, "unevaluatedItems": nil,
        "unevaluatedProperties": "write `additionalProperties: false` beside `properties`",
        "if": "say it by `anyOf`", "then": nil, "else": nil,
        "$defs": "put it below `components/schemas`", "definitions": "put it below `components/schemas`",
        "$id": nil, "$schema": nil, "$anchor": nil, "$dynamicRef": nil, "$dynamicAnchor": nil, "$recursiveRef": nil,
        "$recursiveAnchor": nil, "$vocabulary": nil,
    ]
}

/// The methods of a path.
enum DocumentMethods {
    static let all: [(key: String, method: Method)] = [
        ("get", .get), ("head", .head), ("post", .post), ("put", .put), ("patch", .patch), ("delete", .delete),
        ("options", .options),
    ]
}
