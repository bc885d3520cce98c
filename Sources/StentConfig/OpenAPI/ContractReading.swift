import StentModel

/// One pass over a document: it turns nodes into a contract and gathers every problem on the way.
///
/// A part with a problem is left out or stands for anything; the contract counts only where there is no problem.
struct ContractReading {
    /// Beyond so many problems nothing is looked up that might have been meant: it costs time for each.
    private static let helpedProblems = 100

    private(set) var problems: [ConfigProblem] = []
    /// The schemas by index, and where each stands.
    var schemas: [ContractSchema] = []
    var schemaPlaces: [Place] = []
    var components = Components()
    /// The patterns that have been read.
    var patterns: Set<[UInt8]> = []
    /// Where each `operationId` stands.
    var operationNames: [String: Place] = [:]

    /// What `components` holds, by name; `nil` for what has a problem of its own.
    struct Components {
        var schemas: [String: SchemaIndex] = [:]
        var parameters: [String: LocatedParameter?] = [:]
        var requestBodies: [String: ContractContent?] = [:]
        var responses: [String: [ContractMedia]] = [:]
        var securitySchemes: Set<String> = []
    }

    /// A parameter, where it is sent, and where it is written.
    struct LocatedParameter: Sendable {
        enum Location: Sendable { case path, query }

        var parameter: ContractParameter
        var location: Location
        var place: Place
    }

    mutating func contract(of root: YAMLNode) -> Contract {
        guard let members = object(root, .document), isReadable(members["openapi"]?.value) else { return Contract() }
        if let info = members["info"] { _ = object(info.value, .info) }
        if let dialect = members["jsonSchemaDialect"] { checkDialect(dialect) }
        checkServers(members["servers"])
        readComponents(members["components"])
        let isOpen = members["security"].flatMap { security(of: $0) } ?? false
        let paths = members["paths"].map { self.paths(of: $0.value, isOpen: isOpen) } ?? []
        checkApplications()
        return Contract(paths: paths, schemas: schemas)
    }

    /// Whether the document is of a version that is read; nothing else is worth saying about another.
    private mutating func isReadable(_ node: YAMLNode?) -> Bool {
        guard let node else { return false }
        if case .number? = node.scalar {
            wrongType("`openapi`", "a version", node, help: "versions have three parts: `3.1.1`")
            return false
        }
        guard let version = text(node, "`openapi`") else { return false }
        let parts = version.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "3", parts[1] == "1", Int(parts[2]) != nil else {
            report(
                .contractUnsupported, at: node.place,
                "the document is of OpenAPI \(DocumentText.shown(version)), and stent reads 3.1",
                help: version.hasPrefix("3.0") ? "schemas differ: `nullable`, `exclusiveMinimum`, `example`" : nil)
            return false
        }
        return true
    }

    private mutating func checkDialect(_ entry: YAMLNode.Entry) {
        let known = [
            "https://spec.openapis.org/oas/3.1/dialect/base", "https://json-schema.org/draft/2020-12/schema",
        ]
        guard let dialect = text(entry.value, "`jsonSchemaDialect`"), !known.contains(dialect) else { return }
        report(
            .contractUnsupported, at: entry.value.place, "schemas are read as JSON Schema 2020-12 only",
            help: "remove `jsonSchemaDialect`")
    }

    /// The paths of the document are those that are asked for, so a server may not add to them.
    mutating func checkServers(_ entry: YAMLNode.Entry?) {
        guard let entry, let servers = elements(entry.value, "`servers`") else { return }
        for server in servers {
            guard let url = object(server, .server)?["url"], let written = text(url.value, "`url`") else { continue }
            var rest = written[...]
            if let scheme = rest.firstRange(of: "://") {
                rest = rest[scheme.upperBound...]
                rest = rest[(rest.firstIndex(of: "/") ?? rest.endIndex)...]
            }
            guard !rest.isEmpty, rest != "/" else { continue }
            report(
                .contractUnsupported, at: url.value.place,
                "the path of a server is not put in front of the paths of the document",
                help: "write it out in each path, and the server without it")
        }
    }

    private mutating func readComponents(_ entry: YAMLNode.Entry?) {
        guard let entry, let members = object(entry.value, .components) else { return }
        if let schemes = members["securitySchemes"] { readSecuritySchemes(schemes.value) }
        if let schemas = members["schemas"] { readSchemas(schemas.value) }
        for component in named(members["parameters"], .parameters) {
            components.parameters[component.key] = .some(parameter(component.value))
        }
        for component in named(members["requestBodies"], .requestBodies) {
            components.requestBodies[component.key] = .some(content(component.value))
        }
        for component in named(members["responses"], .responses) {
            components.responses[component.key] = response(component.value)
        }
    }

    /// The entries of one kind of component. One that is nothing but a reference is refused: so none leads in circles.
    private mutating func named(_ entry: YAMLNode.Entry?, _ kind: Components.Kind) -> [YAMLNode.Entry] {
        guard let entry, let entries = entries(entry.value, "`components.\(kind.rawValue)`") else { return [] }
        return entries.filter { component in
            guard let reference = component.value.entry("$ref") else { return true }
            report(
                .contractBadReference, at: reference.place,
                "a component of `\(kind.rawValue)` can't be a reference to another", help: "refer to that one itself")
            // Known, so that no reference to it is reported too.
            switch kind {
            case .parameters: components.parameters[component.key] = .some(nil)
            case .requestBodies: components.requestBodies[component.key] = .some(nil)
            case .responses: components.responses[component.key] = []
            case .schemas: break  // may refer to one another
            }
            return false
        }
    }

    // MARK: Problems

    mutating func report(_ code: ConfigProblem.Code, at place: Place, _ sentence: String, help: String? = nil) {
        problems.append(ConfigProblem(code, at: place, sentence, help: help))
    }

    /// A question for what was probably meant.
    func suggestion(for word: String, among known: [String]) -> String? {
        guard problems.count < Self.helpedProblems, known.count <= 500 else { return nil }
        return Suggestion.nearest(to: word, among: known).map { "did you mean `\($0)`?" }
    }

    // MARK: Nodes

    /// The members of an object that mean something, by key; `nil` where it is none.
    mutating func object(_ node: YAMLNode, _ kind: DocumentObject) -> [String: YAMLNode.Entry]? {
        guard let entries = entries(node, kind.name) else { return nil }
        var members: [String: YAMLNode.Entry] = [:]
        for entry in entries where !entry.key.hasPrefix("x-") || entry.key.hasPrefix("x-stent-") {
            if kind.read.contains(entry.key) || kind.described.contains(entry.key) {
                members[entry.key] = entry
            } else if let help = kind.refused[entry.key] {
                report(.contractUnsupported, at: entry.place, "`\(entry.key)` is not enforced", help: help)
            } else {
                report(
                    .contractUnknownKey, at: entry.place,
                    "`\(DocumentText.shown(entry.key))` is no key of \(kind.name)",
                    help: suggestion(for: entry.key, among: kind.keys))
            }
        }
        for key in kind.required where members[key] == nil {
            report(.contractMissingKey, at: node.place, "\(kind.name) needs `\(key)`")
        }
        return members
    }

    mutating func entries(_ node: YAMLNode, _ name: String) -> [YAMLNode.Entry]? {
        guard case .mapping(let entries) = node.content else {
            wrongType(name, "a mapping", node)
            return nil
        }
        return entries
    }

    mutating func elements(_ node: YAMLNode, _ name: String) -> [YAMLNode]? {
        guard case .sequence(let elements) = node.content else {
            wrongType(name, "a list", node)
            return nil
        }
        return elements
    }

    mutating func text(_ node: YAMLNode, _ name: String) -> String? {
        guard case .string(let text)? = node.scalar else {
            let isQuotable =
                switch node.scalar {
                case .boolean, .number, .otherNumber: true
                case .null, .string, nil: false
                }
            wrongType(name, "a text", node, help: isQuotable ? "write it in quotes" : nil)
            return nil
        }
        return text
    }

    mutating func flag(_ node: YAMLNode, _ name: String) -> Bool? {
        guard case .boolean(let value)? = node.scalar else {
            wrongType(name, "`true` or `false`", node)
            return nil
        }
        return value
    }

    /// A whole number from zero.
    mutating func count(_ node: YAMLNode, _ name: String) -> Int? {
        guard case .number(let text)? = node.scalar, let value = Int(text), value >= 0, !text.hasPrefix("-") else {
            wrongType(name, "a whole number from 0", node)
            return nil
        }
        return value
    }

    /// A number as it was written, of a size that is compared exactly at little cost.
    mutating func number(_ node: YAMLNode, _ name: String) -> String? {
        guard case .number(let text)? = node.scalar else {
            wrongType(name, "a number", node, help: "numbers are written as in JSON: `5`, `0.5`, `1e3`")
            return nil
        }
        guard text.utf8.count <= 64, Double(text)?.isFinite == true else {
            wrongType(name, "a number of at most 64 digits, below 1e308", node)
            return nil
        }
        return text
    }

    mutating func wrongType(_ name: String, _ expected: String, _ node: YAMLNode, help: String? = nil) {
        var found = node.scalar?.kindName ?? node.kindName
        if case .sequence(let elements) = node.content, elements.isEmpty { found = "an empty list" }
        report(.contractWrongType, at: node.place, "\(name) must be \(expected), not \(found)", help: help)
    }

    // MARK: References

    enum Reference {
        /// It is the thing itself.
        case none
        /// It leads nowhere; that has been reported.
        case bad
        case to(String)
    }

    /// The component that an object refers to in place of being one.
    mutating func reference(_ node: YAMLNode, to kind: Components.Kind) -> Reference {
        guard let entry = node.entry("$ref") else { return .none }
        guard object(node, .reference) != nil else { return .bad }
        return target(of: entry.value, kind)
    }

    /// The component that the text of a `$ref` names.
    mutating func target(of node: YAMLNode, _ kind: Components.Kind) -> Reference {
        guard let text = text(node, "`$ref`") else { return .bad }
        let prefix = "#/components/\(kind.rawValue)/"
        guard text.hasPrefix(prefix), !text.dropFirst(prefix.count).contains("/") else {
            report(
                .contractBadReference, at: node.place,
                "`\(DocumentText.shown(text))` does not name a component of `\(kind.rawValue)`",
                help: text.hasPrefix("#")
                    ? "references are written `\(prefix)Name`" : "references to other documents are not followed")
            return .bad
        }
        let name = String(text.dropFirst(prefix.count))
        guard components.has(kind, name) else {
            report(
                .contractBadReference, at: node.place,
                "`components.\(kind.rawValue)` has no `\(DocumentText.shown(name))`",
                help: components.count(of: kind) <= 500
                    ? suggestion(for: name, among: components.names(of: kind)) : nil)
            return .bad
        }
        return .to(name)
    }
}

extension ContractReading.Components {
    enum Kind: String, Sendable { case schemas, parameters, requestBodies, responses }

    func has(_ kind: Kind, _ name: String) -> Bool {
        switch kind {
        case .schemas: schemas[name] != nil
        case .parameters: parameters[name] != nil
        case .requestBodies: requestBodies[name] != nil
        case .responses: responses[name] != nil
        }
    }

    func count(of kind: Kind) -> Int {
        switch kind {
        case .schemas: schemas.count
        case .parameters: parameters.count
        case .requestBodies: requestBodies.count
        case .responses: responses.count
        }
    }

    func names(of kind: Kind) -> [String] {
        switch kind {
        case .schemas: schemas.keys.sorted()
        case .parameters: parameters.keys.sorted()
        case .requestBodies: requestBodies.keys.sorted()
        case .responses: responses.keys.sorted()
        }
    }
}

extension YAMLNode {
    /// The entry of a mapping; `nil` where there is none, and for anything but a mapping.
    func entry(_ key: String) -> Entry? {
        guard case .mapping(let entries) = content else { return nil }
        return entries.first { $0.key == key }
    }
}
