/// One pass over a document: it turns nodes into values and gathers every problem on the way.
struct Decoding {
    private(set) var problems: [ConfigProblem] = []
    /// Where each setting that was written stands; `routes[2].match` for what is in lists.
    private(set) var places: [String: Place] = [:]
    /// Settings with a problem of their own: what they would be compared with is not known.
    private(set) var failed: Set<String> = []
    /// The written text of settings whose value came from a file, which is how secrets are given.
    private(set) var veiled: [String: String] = [:]

    private let expansion: Expansion

    init(expansion: Expansion) { self.expansion = expansion }

    mutating func report(_ problem: ConfigProblem) { problems.append(problem) }

    // MARK: Sections

    /// Reads a mapping by its rows: unknown keys, then every known one, then those that are missing.
    mutating func section<Owner>(_ rows: [Row<Owner>], _ node: YAMLNode, _ path: String, _ owner: inout Owner) {
        guard case .mapping(let entries) = node.content else {
            fail(
                path,
                ConfigProblem(
                    .wrongType, at: node.place,
                    "\(Self.named(path)) must be a mapping of settings, not \(node.kindName)",
                    help: node.isNull ? "remove the key, or set something below it" : nil))
            return
        }
        for entry in entries {
            let inner = path.isEmpty ? entry.key : "\(path).\(entry.key)"
            guard let row = rows.first(where: { $0.setting.key == entry.key }) else {
                problems.append(unknown(entry, path: inner, known: rows.map(\.setting.key)))
                continue
            }
            places[inner] = entry.value.place
            row.decode(entry.value, inner, &owner, &self)
        }
        for row in rows where row.setting.isRequired && !entries.contains(where: { $0.key == row.setting.key }) {
            let inner = path.isEmpty ? row.setting.key : "\(path).\(row.setting.key)"
            fail(inner, ConfigProblem(.missingKey, at: node.place, "`\(inner)` must be set", help: nil))
        }
    }

    private func unknown(_ entry: YAMLNode.Entry, path: String, known: [String]) -> ConfigProblem {
        var help: String?
        if let nearest = Suggestion.nearest(to: entry.key, among: known) {
            help = "did you mean `\(nearest)`?"
        } else if let elsewhere = SettingsTable.path(endingIn: entry.key) {
            help =
                elsewhere == entry.key
                ? "write each part of the path on a level of its own" : "there is `\(elsewhere)`"
        }
        return ConfigProblem(.unknownKey, at: entry.place, "`\(path)` is not a setting", help: help)
    }

    // MARK: Values

    /// Reads one scalar as a kind; `nil` after a problem.
    mutating func value<Value>(_ kind: Kind<Value>, _ node: YAMLNode, _ path: String) -> Value? {
        guard let scalar = scalar(kind.expected, node, path) else { return nil }
        do {
            return try kind.read(scalar)
        } catch {
            fail(path, problem(error, kind, scalar, at: node.place, path))
            return nil
        }
    }

    /// Reads a list of scalars without repetitions; `nil` after a problem.
    mutating func list<Value: Hashable>(
        _ kind: Kind<Value>, minimum: Int, _ node: YAMLNode, _ path: String
    ) -> [Value]? {
        guard let elements = elements(minimum: minimum, node, path) else { return nil }
        var values: [Value] = []
        var isWhole = true
        for (index, element) in elements.enumerated() {
            let inner = "\(path)[\(index)]"
            places[inner] = element.place
            guard let value = value(kind, element, inner) else {
                isWhole = false
                continue
            }
            if values.contains(value) {
                problems.append(
                    ConfigProblem(.duplicateValue, at: element.place, "\(Self.named(path)) names the same twice"))
            }
            values.append(value)
        }
        if !isWhole { failed.insert(path) }
        return isWhole ? values : nil
    }

    /// The nodes of a list; `nil` after a problem.
    mutating func elements(minimum: Int, _ node: YAMLNode, _ path: String) -> [YAMLNode]? {
        guard case .sequence(let elements) = node.content else {
            let help = node.isNull ? "remove the key, or write `[]`" : "write `[...]`, or a line with `- ` for each"
            fail(
                path,
                ConfigProblem(
                    .wrongType, at: node.place, "\(Self.named(path)) must be a list, not \(node.kindName)", help: help))
            return nil
        }
        guard elements.count >= minimum else {
            fail(path, ConfigProblem(.outOfRange, at: node.place, "\(Self.named(path)) must hold at least \(minimum)"))
            return nil
        }
        return elements
    }

    /// The text of a scalar with its variables replaced; `nil` after a problem.
    private mutating func scalar(_ expected: String, _ node: YAMLNode, _ path: String) -> Scalar? {
        guard case .scalar(let written, let isPlain) = node.content, !node.isNull else {
            fail(
                path,
                ConfigProblem(
                    .wrongType, at: node.place, "\(Self.named(path)) must be \(expected), not \(node.kindName)",
                    help: node.isNull ? "remove the key to take the default" : nil))
            return nil
        }
        let expanded = expansion.expand(written, at: node.place)
        if expanded.isFromFile { veiled[path] = written }
        guard expanded.problems.isEmpty else {
            problems += expanded.problems
            failed.insert(path)
            return nil
        }
        return Scalar(
            text: expanded.text, written: written, isQuoted: !isPlain && !expanded.isExpanded,
            isExpanded: expanded.isExpanded)
    }

    // MARK: Sentences

    private func problem<Value>(
        _ fault: Fault, _ kind: Kind<Value>, _ scalar: Scalar, at place: Place, _ path: String
    ) -> ConfigProblem {
        let name = Self.named(path)
        let read = scalar.text.isEmpty ? "" : ", not `\(scalar.echo)`"
        switch fault {
        case .wrongType(let help, let isQuoting):
            return ConfigProblem(
                .wrongType, at: place, "\(name) must be \(kind.expected)\(read)",
                help: scalar.isExpanded && isQuoting ? Self.veil : help)
        case .outOfRange:
            return ConfigProblem(.outOfRange, at: place, "\(name) is `\(scalar.echo)`; it must be \(kind.range)")
        case .unknownValue:
            let nearest = Suggestion.nearest(to: scalar.text, among: kind.words)
            return ConfigProblem(
                .unknownValue, at: place, "\(name) must be \(kind.expected)\(read)",
                help: scalar.isExpanded ? Self.veil : nearest.map { "did you mean `\($0)`?" })
        case .refused(let code, _, _, quoting: true) where scalar.isExpanded:
            return ConfigProblem(code, at: place, "\(name) must be \(kind.expected)\(read)", help: Self.veil)
        case .refused(let code, let what, let help, _):
            return ConfigProblem(code, at: place, "\(name) \(what)", help: help)
        }
    }

    private static let veil = "its value comes from a variable and is not shown; it may be a secret"

    private mutating func fail(_ path: String, _ problem: ConfigProblem) {
        failed.insert(path)
        problems.append(problem)
    }

    private static func named(_ path: String) -> String { path.isEmpty ? "the file" : "`\(path)`" }
}
