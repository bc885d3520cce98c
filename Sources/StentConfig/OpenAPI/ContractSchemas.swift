import StentModel

/// Schemas of a document.
extension ContractReading {
    /// Inline schemas inside one another.
    static let deepestSchema = 64

    /// `components.schemas`: each has its index before any is read, since they may refer to one another.
    mutating func readSchemas(_ node: YAMLNode) {
        guard let entries = entries(node, "`components.schemas`") else { return }
        for entry in entries {
            components.schemas[entry.key] = newSchema(at: entry.value.place)
        }
        for entry in entries {
            guard let index = components.schemas[entry.key] else { continue }
            schemas[index.value] = read(entry.value, depth: 0)
        }
    }

    private mutating func newSchema(at place: Place) -> SchemaIndex {
        schemas.append(ContractSchema())
        schemaPlaces.append(place)
        return SchemaIndex(schemas.count - 1)
    }

    /// Reads a schema that stands inside something else.
    mutating func schema(_ node: YAMLNode, depth: Int = 0) -> SchemaIndex {
        let index = newSchema(at: node.place)
        schemas[index.value] = read(node, depth: depth)
        return index
    }

    private mutating func read(_ node: YAMLNode, depth: Int) -> ContractSchema {
        var schema = ContractSchema()
        if case .boolean(let value)? = node.scalar {
            schema.always = value
            return schema
        }
        guard depth <= Self.deepestSchema else {
            report(
                .contractUnsupported, at: node.place, "schemas stand inside one another more than 64 deep",
                help: "put some of them below `components/schemas`")
            return schema
        }
        guard case .mapping(let entries) = node.content else {
            wrongType("a schema", "a mapping, `true` or `false`", node)
            return schema
        }
        var written: [SchemaKeyword: YAMLNode.Entry] = [:]
        for entry in entries {
            if let keyword = SchemaKeyword(rawValue: entry.key) {
                written[keyword] = entry
                read(keyword, entry.value, into: &schema, depth: depth)
            } else if entry.key == "title" || entry.key == "description" && schema.title == nil {
                if case .string(let text)? = entry.value.scalar { schema.title = text }
            } else if !SchemaKeyword.described.contains(entry.key), !entry.key.hasPrefix("x-") {
                refuse(entry)
            }
        }
        checkTogether(schema, written)
        return schema
    }

    private mutating func refuse(_ entry: YAMLNode.Entry) {
        guard let help = SchemaKeyword.refused[entry.key] else {
            report(
                .contractUnknownKey, at: entry.place,
                "`\(DocumentText.shown(entry.key))` is no keyword of a schema",
                help: suggestion(
                    for: entry.key, among: SchemaKeyword.allCases.map(\.rawValue) + SchemaKeyword.described.sorted()))
            return
        }
        report(.contractUnsupported, at: entry.place, "the keyword `\(entry.key)` is not enforced", help: help)
    }

    private mutating func read(
        _ keyword: SchemaKeyword, _ node: YAMLNode, into schema: inout ContractSchema, depth: Int
    ) {
        let name = "`\(keyword.rawValue)`"
        switch keyword {
        case .type: schema.types = types(node)
        case .enum: allow(values(node), in: &schema, node)
        case .const: allow([node.json], in: &schema, node)
        case .properties: schema.properties = properties(node, depth: depth)
        case .required: schema.required = required(node)
        case .additionalProperties: schema.additional = self.schema(node, depth: depth + 1)
        case .minProperties: bound(&schema.members, \.minimum, node, name)
        case .maxProperties: bound(&schema.members, \.maximum, node, name)
        case .items: schema.items = self.schema(node, depth: depth + 1)
        case .minItems: bound(&schema.elements, \.minimum, node, name)
        case .maxItems: bound(&schema.elements, \.maximum, node, name)
        case .uniqueItems: schema.elementsAreUnique = flag(node, name) ?? false
        case .minLength: bound(&schema.length, \.minimum, node, name)
        case .maxLength: bound(&schema.length, \.maximum, node, name)
        case .pattern: schema.pattern = pattern(node)
        case .format: schema.format = format(node)
        case .minimum: schema.minimum = number(node, name)
        case .maximum: schema.maximum = number(node, name)
        case .exclusiveMinimum: schema.exclusiveMinimum = exclusive(node, name, "minimum")
        case .exclusiveMaximum: schema.exclusiveMaximum = exclusive(node, name, "maximum")
        case .allOf: schema.allOf = alternatives(node, name, depth: depth)
        case .anyOf: schema.anyOf = alternatives(node, name, depth: depth)
        case .oneOf: schema.oneOf = alternatives(node, name, depth: depth)
        case .not: schema.not = self.schema(node, depth: depth + 1)
        case .reference:
            if case .to(let name) = target(of: node, .schemas) { schema.reference = components.schemas[name] }
        }
    }

    // MARK: Keywords

    private mutating func types(_ node: YAMLNode) -> Set<SchemaType> {
        var nodes = [node]
        if case .sequence(let elements) = node.content {
            guard !elements.isEmpty else {
                wrongType("`type`", "one of the types or more", node)
                return []
            }
            nodes = elements
        }
        var types: Set<SchemaType> = []
        for node in nodes {
            guard case .string(let word)? = node.scalar else {
                wrongType("`type`", "a type, or a list of them", node, help: node.isNull ? "write \"null\"" : nil)
                continue
            }
            guard let type = SchemaType(rawValue: word) else {
                report(
                    .contractWrongType, at: node.place, "`\(DocumentText.shown(word))` is no type",
                    help: suggestion(for: word, among: SchemaType.allCases.map(\.rawValue)))
                continue
            }
            if !types.insert(type).inserted {
                report(.contractConflict, at: node.place, "`type` names `\(word)` twice")
            }
        }
        return types
    }

    private mutating func values(_ node: YAMLNode) -> [String] {
        guard let elements = elements(node, "`enum`") else { return [] }
        guard !elements.isEmpty else {
            wrongType("`enum`", "a list of at least one value", node)
            return []
        }
        var seen: Set<String> = []
        return elements.map { element in
            let text = element.json
            if !seen.insert(text).inserted {
                report(.contractConflict, at: element.place, "`enum` has the same value twice")
            }
            return text
        }
    }

    private mutating func allow(_ values: [String], in schema: inout ContractSchema, _ node: YAMLNode) {
        checkNumbers(in: node)
        guard let others = schema.allowed else {
            schema.allowed = values
            return
        }
        let common = values.filter(others.contains)
        if common.isEmpty {
            report(.contractConflict, at: node.place, "`enum` and `const` have no value in common")
        }
        schema.allowed = common
    }

    /// What YAML takes for a number and JSON does not would be compared with a text.
    private mutating func checkNumbers(in node: YAMLNode) {
        switch node.content {
        case .scalar:
            guard case .otherNumber(let text)? = node.scalar else { return }
            report(
                .contractWrongType, at: node.place, "`\(DocumentText.shown(text))` is not a number as JSON writes it",
                help: "write it in quotes if it is a text")
        case .sequence(let elements): for element in elements { checkNumbers(in: element) }
        case .mapping(let entries): for entry in entries { checkNumbers(in: entry.value) }
        }
    }

    private mutating func properties(_ node: YAMLNode, depth: Int) -> [ContractSchema.Property] {
        (entries(node, "`properties`") ?? []).map { entry in
            ContractSchema.Property(name: entry.key, schema: schema(entry.value, depth: depth + 1))
        }
    }

    private mutating func required(_ node: YAMLNode) -> [String] {
        if case .boolean? = node.scalar {
            wrongType("`required`", "a list of names", node, help: "it stands beside `properties`, and names them")
            return []
        }
        var names: [String] = []
        var seen: Set<String> = []
        for element in elements(node, "`required`") ?? [] {
            guard let name = text(element, "a name in `required`") else { continue }
            if !seen.insert(name).inserted {
                report(
                    .contractConflict, at: element.place, "`required` names `\(DocumentText.shown(name))` twice")
            }
            names.append(name)
        }
        return names
    }

    private mutating func bound(
        _ bounds: inout ContractSchema.Bounds<Int>?, _ side: WritableKeyPath<ContractSchema.Bounds<Int>, Int?>,
        _ node: YAMLNode, _ name: String
    ) {
        guard let value = count(node, name) else { return }
        var both = bounds ?? ContractSchema.Bounds()
        both[keyPath: side] = value
        bounds = both
    }

    private mutating func exclusive(_ node: YAMLNode, _ name: String, _ other: String) -> String? {
        guard case .boolean? = node.scalar else { return number(node, name) }
        wrongType(name, "a number", node, help: "OpenAPI 3.1 writes the bound here, and no `\(other)`")
        return nil
    }

    private mutating func alternatives(_ node: YAMLNode, _ name: String, depth: Int) -> [SchemaIndex] {
        guard let elements = elements(node, name) else { return [] }
        if elements.isEmpty { wrongType(name, "a list of at least one schema", node) }
        return elements.map { schema($0, depth: depth + 1) }
    }

    private mutating func pattern(_ node: YAMLNode) -> String? {
        guard let pattern = text(node, "`pattern`") else { return nil }
        checkPattern(pattern, at: node.place)
        return pattern
    }

    private mutating func format(_ node: YAMLNode) -> ContractSchema.Format? {
        guard let word = text(node, "`format`") else { return nil }
        if let format = ContractSchema.Format(rawValue: word) { return format }
        report(
            .contractUnsupported, at: node.place, "the format `\(DocumentText.shown(word))` is not enforced",
            help: suggestion(for: word, among: ContractSchema.Format.allCases.map(\.rawValue))
                ?? "`date` and `date-time` are; leave it out, or write a `pattern`")
        return nil
    }
}
