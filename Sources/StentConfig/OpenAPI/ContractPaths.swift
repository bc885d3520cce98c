import StentModel

/// Paths and operations of a document.
extension ContractReading {
    /// - Parameter isOpen: what holds for operations that say nothing of `security`.
    mutating func paths(of node: YAMLNode, isOpen: Bool) -> [ContractPath] {
        var paths: [ContractPath] = []
        var shapes: [[String?]: String] = [:]
        for entry in entries(node, "`paths`") ?? [] where !entry.key.hasPrefix("x-") {
            guard let template = template(of: entry) else { continue }
            let shape = template.map(\.literal)
            if let other = shapes[shape] {
                report(
                    .contractConflict, at: entry.place,
                    "`\(DocumentText.shown(entry.key))` is the same path as `\(DocumentText.shown(other))`",
                    help: "names of parameters are no difference; write both as one")
            }
            shapes[shape] = entry.key
            guard let path = path(entry, template, isOpen: isOpen) else { continue }
            paths.append(path)
        }
        return paths
    }

    private enum TemplateSegment {
        case literal(String)
        case parameter(String)

        /// `nil` for a parameter.
        var literal: String? {
            switch self {
            case .literal(let text): text
            case .parameter: nil
            }
        }
    }

    /// The segments of `/notes/{id}`; `nil` after a problem.
    private mutating func template(of entry: YAMLNode.Entry) -> [TemplateSegment]? {
        func refused(_ sentence: String, help: String? = nil) {
            report(
                .contractBadTemplate, at: entry.place, "`\(DocumentText.shown(entry.key))` \(sentence)", help: help)
        }
        guard entry.key.hasPrefix("/") else {
            refused("is no path", help: "paths begin with `/`")
            return nil
        }
        guard !entry.key.contains("?"), !entry.key.contains("#") else {
            refused("holds a query or a fragment", help: "parameters of the query stand below `parameters`")
            return nil
        }
        guard entry.key != "/" else { return [] }
        var segments: [TemplateSegment] = []
        var names: Set<String> = []
        let parts = entry.key.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated() {
            guard !part.isEmpty else {
                refused(
                    index == parts.count - 1 ? "ends in a slash" : "has an empty segment",
                    help: "a path with and without a final slash is one resource; leave it out")
                return nil
            }
            guard part.contains("{") || part.contains("}") else {
                do throws(Fault) {
                    segments.append(.literal(try RoutePatternParser.literal(part)))
                } catch {
                    refused("has the segment `\(DocumentText.shown(String(part)))`, which no request may have")
                    return nil
                }
                continue
            }
            let name = String(part.dropFirst().dropLast())
            guard part.hasPrefix("{"), part.hasSuffix("}"), !name.isEmpty, !name.contains("{"), !name.contains("}")
            else {
                refused("mixes text and braces in one segment", help: "`{name}` stands for a whole segment")
                return nil
            }
            guard names.insert(name).inserted else {
                refused("uses the name `\(DocumentText.shown(name))` twice")
                return nil
            }
            segments.append(.parameter(name))
        }
        return segments
    }

    private mutating func path(
        _ entry: YAMLNode.Entry, _ template: [TemplateSegment], isOpen: Bool
    ) -> ContractPath? {
        guard let members = object(entry.value, .path) else { return nil }
        checkServers(members["servers"])
        let shared = members["parameters"].map { parameters($0.value) } ?? []
        var operations: [ContractOperation] = []
        var ofOperations: [(name: String, parameters: [LocatedParameter])] = []
        for (key, method) in DocumentMethods.all {
            guard let operation = members[key],
                let (read, own) = self.operation(operation, method, shared: shared, isOpen: isOpen)
            else { continue }
            operations.append(read)
            ofOperations.append((key, own.filter { $0.location == .path }))
        }
        let inPath = shared.filter { $0.location == .path }
        let names = Set(
            template.compactMap { segment -> String? in
                if case .parameter(let name) = segment { name } else { nil }
            })
        for parameter in inPath + ofOperations.flatMap(\.parameters) where !names.contains(parameter.parameter.name) {
            report(
                .contractBadTemplate, at: parameter.place,
                "`\(DocumentText.shown(parameter.parameter.name))` is no parameter of "
                    + "`\(DocumentText.shown(entry.key))`",
                help: suggestion(for: parameter.parameter.name, among: names.sorted()))
        }
        let segments = template.compactMap { segment -> ContractPath.Segment? in
            switch segment {
            case .literal(let text): return .literal(text)
            case .parameter(let name):
                return parameter(name, shared: inPath, ofOperations, at: entry).map { .parameter($0) }
            }
        }
        return ContractPath(template: entry.key, segments: segments, operations: operations)
    }

    /// The one definition of a path's parameter: requests are read by it before their method counts.
    private mutating func parameter(
        _ name: String, shared: [LocatedParameter], _ operations: [(name: String, parameters: [LocatedParameter])],
        at entry: YAMLNode.Entry
    ) -> ContractParameter? {
        let common = shared.first { $0.parameter.name == name }
        let own = operations.map { (name: $0.name, found: $0.parameters.first { $0.parameter.name == name }) }
        guard let first = common ?? own.lazy.compactMap(\.found).first else {
            report(
                .contractBadTemplate, at: entry.place,
                "`{\(DocumentText.shown(name))}` of `\(DocumentText.shown(entry.key))` is not among the `parameters`",
                help: "define it below the path: `- { name: \(DocumentText.shown(name)), in: path, required: true, "
                    + "schema: { ... } }`")
            return nil
        }
        for operation in own {
            guard let found = operation.found else {
                guard common == nil else { continue }
                report(
                    .contractBadTemplate, at: entry.place,
                    "`{\(DocumentText.shown(name))}` is not among the `parameters` of `\(operation.name)`",
                    help: "define it once, below the path")
                continue
            }
            guard !isSame(found.parameter.schema, first.parameter.schema) else { continue }
            report(
                .contractUnsupported, at: found.place,
                "`{\(DocumentText.shown(name))}` has another schema elsewhere on this path",
                help: "define it once, below the path")
        }
        return first.parameter
    }

    private func isSame(_ left: SchemaIndex, _ right: SchemaIndex) -> Bool {
        left == right || schemas[left.value] == schemas[right.value]
    }

    // MARK: Operations

    private mutating func operation(
        _ entry: YAMLNode.Entry, _ method: Method, shared: [LocatedParameter], isOpen: Bool
    ) -> (ContractOperation, parameters: [LocatedParameter])? {
        guard let members = object(entry.value, .operation) else { return nil }
        checkServers(members["servers"])
        if let name = members["operationId"] { checkName(name.value) }
        let own = members["parameters"].map { parameters($0.value) } ?? []
        var operation = ContractOperation(method: method)
        // Those of the operation take the place of those of the path (OpenAPI 3.1.1 §4.8.10).
        let inherited = shared.filter { parameter in
            !own.contains { $0.location == .query && $0.parameter.name == parameter.parameter.name }
        }
        operation.query = (inherited + own).filter { $0.location == .query }.map(\.parameter)
        if let body = members["requestBody"] { operation.content = requestBody(body.value) }
        if let responses = members["responses"] { operation.answers = answers(responses.value) }
        operation.isOpen = members["security"].flatMap { security(of: $0) } ?? isOpen
        return (operation, own)
    }

    private mutating func checkName(_ node: YAMLNode) {
        guard let name = text(node, "`operationId`") else { return }
        if let other = operationNames[name] {
            report(
                .contractConflict, at: node.place,
                "`\(DocumentText.shown(name))` names two operations; the first is at \(other.line):\(other.column)")
        }
        operationNames[name] = node.place
    }

    // MARK: Security

    mutating func readSecuritySchemes(_ node: YAMLNode) {
        for entry in entries(node, "`components.securitySchemes`") ?? [] {
            components.securitySchemes.insert(entry.key)
            guard let members = object(entry.value, .securityScheme), let type = members["type"]?.value else {
                continue
            }
            let scheme = members["scheme"]?.value
            guard case .string("http")? = type.scalar, case .string(let word)? = scheme?.scalar,
                word.lowercased() == "basic"
            else {
                report(
                    .contractUnsupported, at: entry.place,
                    "the security scheme `\(DocumentText.shown(entry.key))` is not enforced",
                    help: "`type: http` and `scheme: basic` is")
                continue
            }
        }
    }

    /// Whether no credentials are asked for: only where the document says so, by `security: []`.
    mutating func security(of entry: YAMLNode.Entry) -> Bool? {
        guard let requirements = elements(entry.value, "`security`") else { return nil }
        var isOpen = requirements.isEmpty
        for requirement in requirements {
            guard let schemes = entries(requirement, "an element of `security`") else { continue }
            if schemes.isEmpty {
                if requirements.count == 1 {
                    isOpen = true
                } else {
                    report(
                        .contractUnsupported, at: requirement.place,
                        "credentials that may be left out are not enforced",
                        help: "`security: []` asks for none")
                }
            }
            for scheme in schemes {
                if !components.securitySchemes.contains(scheme.key) {
                    report(
                        .contractBadReference, at: scheme.place,
                        "`components.securitySchemes` has no `\(DocumentText.shown(scheme.key))`",
                        help: suggestion(for: scheme.key, among: components.securitySchemes.sorted()))
                }
                guard let scopes = elements(scheme.value, "what a scheme asks for"), let first = scopes.first else {
                    continue
                }
                report(
                    .contractUnsupported, at: first.place, "scopes are not enforced", help: "write `[]`")
            }
        }
        return isOpen
    }
}
