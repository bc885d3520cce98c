import StentModel

/// What holds between the keywords of a schema, and between schemas.
extension ContractReading {
    mutating func checkTogether(_ schema: ContractSchema, _ written: [SchemaKeyword: YAMLNode.Entry]) {
        checkBounds(schema.members, written, .minProperties, .maxProperties)
        checkBounds(schema.elements, written, .minItems, .maxItems)
        checkBounds(schema.length, written, .minLength, .maxLength)
        checkNumbers(schema.minimum, .minimum, schema.maximum, .maximum, written, mayBeEqual: true)
        checkNumbers(schema.minimum, .minimum, schema.exclusiveMaximum, .exclusiveMaximum, written, mayBeEqual: false)
        checkNumbers(schema.exclusiveMinimum, .exclusiveMinimum, schema.maximum, .maximum, written, mayBeEqual: false)
        checkNumbers(
            schema.exclusiveMinimum, .exclusiveMinimum, schema.exclusiveMaximum, .exclusiveMaximum, written,
            mayBeEqual: false)
        checkTypes(schema, written)
        checkRequired(schema, written)
    }

    private mutating func checkBounds(
        _ bounds: ContractSchema.Bounds<Int>?, _ written: [SchemaKeyword: YAMLNode.Entry], _ lower: SchemaKeyword,
        _ upper: SchemaKeyword
    ) {
        guard let minimum = bounds?.minimum, let maximum = bounds?.maximum, minimum > maximum else { return }
        report(
            .contractConflict, at: written[lower]?.place ?? .start,
            "`\(lower.rawValue)` is above `\(upper.rawValue)`: no value fits")
    }

    private mutating func checkNumbers(
        _ minimum: String?, _ lower: SchemaKeyword, _ maximum: String?, _ upper: SchemaKeyword,
        _ written: [SchemaKeyword: YAMLNode.Entry], mayBeEqual: Bool
    ) {
        // Rounding keeps the order, so two that differ here differ; neighbours beyond 15 digits may pass.
        guard let minimum, let maximum, let low = Double(minimum), let high = Double(maximum),
            low > high || (!mayBeEqual && minimum == maximum)
        else { return }
        report(
            .contractConflict, at: written[lower]?.place ?? .start,
            "`\(lower.rawValue)` leaves nothing below `\(upper.rawValue)`: no value fits")
    }

    /// Keywords that say nothing about any value that the type allows, and values that it does not allow.
    private mutating func checkTypes(_ schema: ContractSchema, _ written: [SchemaKeyword: YAMLNode.Entry]) {
        guard !schema.types.isEmpty else { return }
        let names = SchemaType.allCases.filter(schema.types.contains).map(\.rawValue).joined(separator: " or ")
        for keyword in SchemaKeyword.allCases where !keyword.types.isEmpty {
            guard let entry = written[keyword], schema.types.isDisjoint(with: keyword.types) else { continue }
            report(
                .contractConflict, at: entry.place, "`\(keyword.rawValue)` says nothing about `type: \(names)`")
        }
        var values: [YAMLNode] = []
        if case .sequence(let elements)? = written[.enum]?.value.content { values = elements }
        if let value = written[.const]?.value { values.append(value) }
        for value in values where !Self.fits(value, schema.types) {
            let isQuotable = schema.types.contains(.string) && value.scalar != nil
            report(
                .contractConflict, at: value.place,
                "\(value.scalar?.kindName ?? value.kindName) is not of `type: \(names)`",
                help: isQuotable ? "write a text in quotes" : nil)
        }
    }

    private static func fits(_ value: YAMLNode, _ types: Set<SchemaType>) -> Bool {
        switch value.content {
        case .sequence: types.contains(.array)
        case .mapping: types.contains(.object)
        case .scalar:
            switch value.scalar {
            case .null, nil: types.contains(.null)
            case .boolean: types.contains(.boolean)
            case .number(let text):
                types.contains(.number) || types.contains(.integer) && !text.contains { ".eE".contains($0) }
            case .otherNumber: true  // reported already
            case .string: types.contains(.string)
            }
        }
    }

    /// Names that no object can have, or that are written wrongly.
    private mutating func checkRequired(_ schema: ContractSchema, _ written: [SchemaKeyword: YAMLNode.Entry]) {
        guard !schema.required.isEmpty, let entry = written[.required] else { return }
        let names = Dictionary(schema.properties.map { ($0.name, $0.schema) }, uniquingKeysWith: { first, _ in first })
        let isClosed = schema.additional.map { schemas[$0.value].always == false } ?? false
        for name in schema.required {
            if let property = names[name] {
                guard schemas[property.value].always == false else { continue }
                report(
                    .contractConflict, at: entry.place,
                    "`required` names `\(DocumentText.shown(name))`, which `properties` forbids")
            } else if isClosed {
                report(
                    .contractConflict, at: entry.place,
                    "`required` names `\(DocumentText.shown(name))`, which `additionalProperties` forbids",
                    help: suggestion(for: name, among: Array(names.keys.sorted())))
            }
        }
    }

    // MARK: Schemas that apply others to the same value

    /// Schemas that one value may have to pass, each as often as it is reached.
    private static var mostApplications: Int { 1_000 }
    /// Schemas that lead to one another by `$ref`, `allOf`, `anyOf`, `oneOf` and `not`.
    private static var longestApplication: Int { 32 }

    /// Refuses schemas whose cost for one value has no bound, or none that is small.
    ///
    /// Depth first without recursion: a chain of references may be as long as the document.
    mutating func checkApplications() {
        enum Mark { case new, open, done }
        var marks = [Mark](repeating: .new, count: schemas.count)
        var costs = [Int](repeating: 0, count: schemas.count)
        var heights = [Int](repeating: 0, count: schemas.count)
        for root in schemas.indices where marks[root] == .new {
            var stack = [(index: root, targets: schemas[root].applied, next: 0)]
            marks[root] = .open
            while let (index, targets, next) = stack.last {
                if next < targets.count {
                    stack[stack.count - 1].next += 1
                    let target = targets[next].value
                    switch marks[target] {
                    case .new:
                        marks[target] = .open
                        stack.append((target, schemas[target].applied, 0))
                    case .open:
                        report(
                            .contractBadReference, at: schemaPlaces[target],
                            "the schema applies itself to the same value, without end",
                            help: "a cycle must pass through `properties`, `items` or `additionalProperties`")
                    case .done: break
                    }
                    continue
                }
                stack.removeLast()
                marks[index] = .done
                costs[index] = min(1 + targets.reduce(0) { $0 + costs[$1.value] }, Self.mostApplications + 1)
                heights[index] = 1 + (targets.map { heights[$0.value] }.max() ?? 0)
                let isFirst =
                    !targets.contains {
                        costs[$0.value] > Self.mostApplications || heights[$0.value] > Self.longestApplication
                    }
                if isFirst, costs[index] > Self.mostApplications || heights[index] > Self.longestApplication {
                    report(
                        .contractUnsupported, at: schemaPlaces[index],
                        "one value would have to pass more than 1,000 schemas, or a chain of more than 32",
                        help: "combine fewer schemas by `$ref`, `allOf`, `anyOf`, `oneOf` and `not`")
                }
            }
        }
    }

    /// The types of a schema or of the one that it refers to; empty: any.
    func types(of index: SchemaIndex) -> Set<SchemaType> {
        var index = index
        for _ in 0..<Self.longestApplication {
            let schema = schemas[index.value]
            guard schema.types.isEmpty, let reference = schema.reference else { return schema.types }
            index = reference
        }
        return []
    }
}

extension ContractSchema {
    /// The schemas that the same value must be judged by.
    fileprivate var applied: [SchemaIndex] {
        allOf + anyOf + oneOf + (not.map { [$0] } ?? []) + (reference.map { [$0] } ?? [])
    }
}

extension ContractReading {
    /// TODO(#4): read it by SchemaPattern, and report its fault, once that is here.
    mutating func checkPattern(_ pattern: String, at place: Place) {}
}
