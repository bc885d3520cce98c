/// Which schema of a contract.
package struct SchemaIndex: Sendable, Hashable {
    package var value: Int

    package init(_ value: Int) { self.value = value }
}

/// A JSON Schema (2020-12) of the keywords that stent enforces. A document with others is refused, so that nothing is
/// written in a contract that does not hold.
///
/// A keyword that is absent is `nil` or empty and says nothing.
package struct ContractSchema: Sendable, Equatable {
    /// The boolean schemas: `true` takes everything, `false` nothing; `nil` for any other schema.
    package var always: Bool?
    /// `type`; empty: any. A number without fraction and exponent is an `integer`.
    package var types: Set<SchemaType> = []
    /// `enum`, and `const` as its only value: canonical JSON texts.
    package var allowed: [String]?

    // Objects.
    package var properties: [Property] = []
    package var required: [String] = []
    /// `additionalProperties`; `nil` where the schema does not mention members of other names.
    package var additional: SchemaIndex?
    package var members: Bounds<Int>?

    // Arrays.
    package var items: SchemaIndex?
    package var elements: Bounds<Int>?
    package var elementsAreUnique = false

    // Strings; lengths in Unicode scalars.
    package var length: Bounds<Int>?
    /// `pattern`, as it was written: an ECMA-262 expression of the supported subset, not anchored.
    package var pattern: String?
    package var format: Format?

    // Numbers: JSON texts, compared exactly.
    package var minimum: String?
    package var maximum: String?
    package var exclusiveMinimum: String?
    package var exclusiveMaximum: String?

    // Combinations.
    package var allOf: [SchemaIndex] = []
    package var anyOf: [SchemaIndex] = []
    package var oneOf: [SchemaIndex] = []
    package var not: SchemaIndex?
    /// `$ref`: holds beside the other keywords.
    package var reference: SchemaIndex?

    /// `title` or `description`, for sentences about a value.
    package var title: String?

    package init() {}

    package struct Property: Sendable, Equatable {
        package var name: String
        package var schema: SchemaIndex

        package init(name: String, schema: SchemaIndex) {
            self.name = name
            self.schema = schema
        }
    }

    /// How many there may be.
    package struct Bounds<Value: Comparable & Sendable>: Sendable, Equatable {
        package var minimum: Value?
        package var maximum: Value?

        package init(minimum: Value? = nil, maximum: Value? = nil) {
            self.minimum = minimum
            self.maximum = maximum
        }
    }

    /// `format`, which is enforced and not only noted.
    package enum Format: String, Sendable, CaseIterable {
        /// RFC 3339 `full-date`, a day that exists.
        case date
        /// RFC 3339 `date-time`.
        case dateTime = "date-time"
    }
}

/// `type` of JSON Schema.
package enum SchemaType: String, Sendable, CaseIterable {
    case null, boolean, integer, number, string, array, object
}
