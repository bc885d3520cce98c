import StentModel

/// A schema of a contract, ready to be enforced: patterns compiled, numbers read, values of `enum` as keys.
final class SchemaPlan: Sendable {
    /// A member that the schema lists, or requires without listing it.
    struct Name: Sendable {
        let text: String
        /// `nil` where it is required only.
        let schema: Int?
        let isRequired: Bool
    }

    /// What a number is compared with.
    struct Limit: Sendable {
        let number: SchemaNumber
        /// The same, where it is small and whole.
        let small: Int?
        let text: String

        /// - Returns: `nil` where there is no limit, or one too large to be one.
        init?(_ text: String?) {
            guard let text, let number = SchemaNumber(text) else { return nil }
            self.number = number
            self.text = text
            small = text.utf8.count <= 18 ? Int(text) : nil
        }
    }

    /// As it was written, for sentences and for the keywords that need no preparation.
    let source: ContractSchema
    /// Bits of `SchemaType`; 0 for any.
    let types: UInt8
    /// Whether it says which members an object has, so that others are undeclared.
    let judgesObjects: Bool
    let names: [Name]
    let required: Int
    let pattern: SchemaPattern?
    let allowed: Set<[UInt8]>?
    let minimum: Limit?
    let maximum: Limit?
    let exclusiveMinimum: Limit?
    let exclusiveMaximum: Limit?
    /// Whether it applies further schemas to the same value.
    let isCombined: Bool
    /// Whether it says nothing but which types a value has.
    let saysTypesOnly: Bool

    init(_ source: ContractSchema) throws(PatternFault) {
        self.source = source
        types = source.types.reduce(0) { $0 | SchemaPlan.bit($1) }
        judgesObjects =
            source.types.contains(.object) || !source.properties.isEmpty || !source.required.isEmpty
            || source.additional != nil || source.members != nil
        let listed = source.properties.map { property in
            Name(
                text: property.name, schema: property.schema.value,
                isRequired: source.required.contains { $0.isSameText(as: property.name) })
        }
        let others = source.required.filter { name in !listed.contains { $0.text.isSameText(as: name) } }
        names = listed + others.map { Name(text: $0, schema: nil, isRequired: true) }
        required = names.count { $0.isRequired }
        if let text = source.pattern { pattern = try SchemaPattern(text) } else { pattern = nil }
        allowed = source.allowed.map { texts in Set(texts.compactMap(SchemaPlan.key)) }
        minimum = Limit(source.minimum)
        maximum = Limit(source.maximum)
        exclusiveMinimum = Limit(source.exclusiveMinimum)
        exclusiveMaximum = Limit(source.exclusiveMaximum)
        isCombined =
            source.reference != nil || source.not != nil || !source.allOf.isEmpty || !source.anyOf.isEmpty
            || !source.oneOf.isEmpty
        var bare = ContractSchema()
        bare.types = source.types
        bare.title = source.title
        saysTypesOnly = source == bare && !source.types.contains(.object)
    }

    private static func key(_ text: String) -> [UInt8]? {
        guard let document = try? JSONDocument(Array(text.utf8)) else { return nil }
        return SchemaKey.of(document.root)
    }

    /// The type of a value; a number is a `number`, whatever its form.
    static func type(of value: JSONValue) -> SchemaType {
        switch value.kind {
        case .null: .null
        case .true, .false: .boolean
        case .number: .number
        case .string: .string
        case .array: .array
        case .object: .object
        }
    }

    static func bit(_ type: SchemaType) -> UInt8 {
        switch type {
        case .null: 1
        case .boolean: 2
        case .integer: 4
        case .number: 8
        case .string: 16
        case .array: 32
        case .object: 64
        }
    }
}
