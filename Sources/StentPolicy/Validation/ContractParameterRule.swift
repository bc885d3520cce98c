import StentModel

/// A parameter's text, judged by its schema.
///
/// A text is read as what its schema can mean: `5` is a number for a schema of numbers and a string for one of strings.
/// Numbers have one spelling only, since other servers read `05`, `+5` and `5e0` as 5 too.
struct ContractParameterRule: Sendable {
    let name: String
    let isRequired: Bool
    private let schema: SchemaIndex
    private let allowsEmpty: Bool
    private let allowsSign: Bool
    /// Where the schema is one of plain integers.
    private let integers: ClosedRange<Int>?
    private let schemas: SchemaRule

    init(_ parameter: ContractParameter, _ schemas: SchemaRule, allowsSign: Bool) {
        name = parameter.name
        isRequired = parameter.isRequired
        schema = parameter.schema
        allowsEmpty = parameter.allowsEmpty
        self.allowsSign = allowsSign
        self.schemas = schemas
        integers = schemas.integers(of: parameter.schema)
    }

    /// Whether two parameters take the same texts.
    func isSame(as other: ContractParameterRule) -> Bool {
        schema == other.schema && allowsEmpty == other.allowsEmpty
    }

    /// - Parameter bytes: decoded.
    /// - Returns: what is wrong; empty where nothing is.
    func problems(of bytes: Span<UInt8>) -> [ContractProblem] {
        if bytes.isEmpty, allowsEmpty { return [] }
        if let integers, let number = Self.integer(bytes), integers.contains(number) { return [] }
        return problems(of: bytes.withUnsafeBufferPointer { String(validating: $0, as: UTF8.self) })
    }

    /// An integer without sign in its one spelling.
    private static func integer(_ bytes: Span<UInt8>) -> Int? {
        guard (1...18).contains(bytes.count), bytes[0] != 0x30 || bytes.count == 1 else { return nil }
        var number = 0
        for index in bytes.indices {
            let digit = bytes[index] &- 0x30
            guard digit < 10 else { return nil }
            number = number &* 10 &+ Int(digit)
        }
        return number
    }

    private func problems(of text: String?) -> [ContractProblem] {
        guard let text else { return [ContractProblem(sentence: "is not UTF-8")] }
        var readings: [(type: SchemaType, json: String)] = []
        if let type = numberType(of: text) { readings.append((type, text)) }
        if text.isSameText(as: "true") || text.isSameText(as: "false") { readings.append((.boolean, text)) }
        readings.append((.string, JSONString.json(text)))
        var problems: [ContractProblem] = []
        var isMeant = false  // the problems are those of a reading that the schema's types allow
        for reading in readings {
            guard let document = try? JSONDocument(Array(reading.json.utf8)) else { continue }
            let found = schemas.judge(document.root, by: schema, undeclared: .ignored).problems
            guard !found.isEmpty else { return [] }
            guard problems.isEmpty || !isMeant && schemas.admits(reading.type, by: schema) else { continue }
            problems = found
            isMeant = schemas.admits(reading.type, by: schema)
        }
        return problems
    }

    /// Which number the text is in its one spelling: `-?(0|[1-9][0-9]*)(\.[0-9]*[1-9])?`, and not `-0`.
    private func numberType(of text: String) -> SchemaType? {
        var rest = text.utf8[...]
        let isNegative = rest.first == UInt8(ascii: "-")
        guard allowsSign || !isNegative else { return nil }
        if isNegative { rest.removeFirst() }
        let whole = rest.prefix { $0 &- 0x30 < 10 }
        guard let first = whole.first, first != 0x30 || whole.count == 1 else { return nil }
        rest = rest[whole.endIndex...]
        guard !rest.isEmpty else { return isNegative && first == 0x30 ? nil : .integer }
        guard rest.removeFirst() == UInt8(ascii: "."), let last = rest.last, last != 0x30,
            rest.allSatisfy({ $0 &- 0x30 < 10 })
        else { return nil }
        return .number
    }
}
