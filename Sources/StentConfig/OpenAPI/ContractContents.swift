import StentModel

/// Parameters, contents and answers of a document.
extension ContractReading {
    mutating func parameters(_ node: YAMLNode) -> [LocatedParameter] {
        var found: [LocatedParameter] = []
        var names: Set<String> = []
        for element in elements(node, "`parameters`") ?? [] {
            var parameter: LocatedParameter?
            switch reference(element, to: .parameters) {
            case .none: parameter = self.parameter(element)
            case .bad: continue
            case .to(let name): parameter = components.parameters[name] ?? nil
            }
            guard var parameter else { continue }
            parameter.place = element.place
            guard names.insert("\(parameter.location) \(parameter.parameter.name)").inserted else {
                report(
                    .contractConflict, at: element.place,
                    "`parameters` defines `\(DocumentText.shown(parameter.parameter.name))` twice")
                continue
            }
            found.append(parameter)
        }
        return found
    }

    /// - Returns: `nil` after a problem.
    mutating func parameter(_ node: YAMLNode) -> LocatedParameter? {
        guard let members = object(node, .parameter), let name = members["name"].flatMap({ text($0.value, "`name`") }),
            let word = members["in"]?.value, let location = location(word)
        else { return nil }
        let isRequired = members["required"].flatMap { flag($0.value, "`required`") }
        if location == .path, isRequired != true {
            report(
                .contractConflict, at: members["required"]?.value.place ?? node.place,
                "a parameter of a path is always required", help: "write `required: true`")
        }
        var allowsEmpty = false
        if let empty = members["allowEmptyValue"] {
            allowsEmpty = flag(empty.value, "`allowEmptyValue`") ?? false
            if location == .path, allowsEmpty {
                report(
                    .contractConflict, at: empty.place, "`allowEmptyValue` is about parameters of a query",
                    help: "a segment of a path is never empty")
            }
        }
        checkStyle(members, location)
        guard let schemaNode = members["schema"]?.value else { return nil }
        let schema = schema(schemaNode)
        if !types(of: schema).isDisjoint(with: [.array, .object]) {
            report(
                .contractUnsupported, at: schemaNode.place, "lists and objects in a parameter are not read",
                help: "give it the type of one value")
        }
        return LocatedParameter(
            parameter: ContractParameter(
                name: name, schema: schema, isRequired: isRequired ?? false, allowsEmpty: allowsEmpty),
            location: location, place: node.place)
    }

    private mutating func location(_ node: YAMLNode) -> LocatedParameter.Location? {
        guard let word = text(node, "`in`") else { return nil }
        switch word {
        case "path": return .path
        case "query": return .query
        case "header", "cookie":
            report(
                .contractUnsupported, at: node.place, "parameters in a \(word) are not enforced",
                help: "say it in a `description`")
        case _:
            report(
                .contractWrongType, at: node.place, "`in` must be `path` or `query`, not `\(DocumentText.shown(word))`",
                help: suggestion(for: word, among: ["path", "query"]))
        }
        return nil
    }

    /// Only the default styles (OpenAPI 3.1.1 §4.8.12.2); for a single value `explode` makes no difference.
    private mutating func checkStyle(_ members: [String: YAMLNode.Entry], _ location: LocatedParameter.Location) {
        let initial =
            switch location {
            case .path: "simple"
            case .query: "form"
            }
        if let style = members["style"], let word = text(style.value, "`style`"), word != initial {
            report(
                .contractUnsupported, at: style.value.place, "the style `\(DocumentText.shown(word))` is not read",
                help: "leave it out for `\(initial)`")
        }
        if let explode = members["explode"] { _ = flag(explode.value, "`explode`") }
        if let reserved = members["allowReserved"], flag(reserved.value, "`allowReserved`") == true {
            report(.contractUnsupported, at: reserved.place, "`allowReserved` is not enforced", help: "leave it out")
        }
    }

    // MARK: Contents

    mutating func requestBody(_ node: YAMLNode) -> ContractContent? {
        switch reference(node, to: .requestBodies) {
        case .none: content(node)
        case .bad: nil
        case .to(let name): components.requestBodies[name] ?? nil
        }
    }

    /// - Returns: `nil` after a problem.
    mutating func content(_ node: YAMLNode) -> ContractContent? {
        guard let members = object(node, .requestBody) else { return nil }
        let isRequired = members["required"].flatMap { flag($0.value, "`required`") } ?? false
        guard let content = members["content"] else { return nil }
        let media = media(content.value)
        if media.isEmpty, case .mapping(let entries) = content.value.content, entries.isEmpty {
            report(
                .contractConflict, at: content.place, "`content` names no media type",
                help: "leave `requestBody` out where a request has no content")
        }
        return ContractContent(isRequired: isRequired, media: media)
    }

    private mutating func media(_ node: YAMLNode) -> [ContractMedia] {
        var seen: Set<String> = []
        return (entries(node, "`content`") ?? []).compactMap { entry -> ContractMedia? in
            guard let type = mediaType(entry), let members = object(entry.value, .media) else { return nil }
            if !seen.insert(type).inserted {
                report(.contractConflict, at: entry.place, "`content` names `\(type)` twice")
            }
            let wrapper = members["x-stent-wrapper"].flatMap { text($0.value, "`x-stent-wrapper`") }
            guard let schemaNode = members["schema"] else {
                if let place = members["x-stent-wrapper"]?.place {
                    report(
                        .contractConflict, at: place, "there is no `schema` for what is in the wrapper",
                        help: "say what it looks like, or remove it")
                }
                return ContractMedia(type: type, schema: nil)
            }
            let schema = schema(schemaNode.value)
            if type != "application/json", !type.hasSuffix("+json") {
                report(
                    .contractUnsupported, at: schemaNode.place, "only JSON is looked into, and `\(type)` is not",
                    help: "leave the `schema` out")
            }
            return ContractMedia(type: type, schema: schema, wrapper: wrapper)
        }
    }

    /// In lower case (RFC 9110 §8.3.1); `nil` after a problem.
    private mutating func mediaType(_ entry: YAMLNode.Entry) -> String? {
        let shown = DocumentText.shown(entry.key)
        guard !entry.key.contains("*") else {
            report(
                .contractUnsupported, at: entry.place, "`\(shown)` is a range of media types",
                help: "name each type that is taken")
            return nil
        }
        guard !entry.key.contains(";") else {
            report(
                .contractUnsupported, at: entry.place, "parameters of a media type are not enforced",
                help: "write the type alone")
            return nil
        }
        let parts = entry.key.lowercased().split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy(Self.isToken) else {
            report(
                .contractWrongType, at: entry.place, "`\(shown)` is no media type",
                help: "as in `application/json`")
            return nil
        }
        return parts.joined(separator: "/")
    }

    /// RFC 9110 §5.6.2.
    private static func isToken(_ text: Substring) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
                case _: "!#$%&'+-.^_`|~".utf8.contains(byte)
                }
            }
    }

    // MARK: Answers

    mutating func response(_ node: YAMLNode) -> [ContractMedia] {
        guard let content = object(node, .response)?["content"] else { return [] }
        return media(content.value)
    }

    /// Those of one status first, then ranges, then `default`: the first that fits is meant (OpenAPI 3.1.1 §4.8.16).
    mutating func answers(_ node: YAMLNode) -> [ContractAnswer] {
        var answers: [ContractAnswer] = []
        for entry in entries(node, "`responses`") ?? [] where !entry.key.hasPrefix("x-") {
            var media: [ContractMedia] = []
            switch reference(entry.value, to: .responses) {
            case .none: media = response(entry.value)
            case .bad: break
            case .to(let name): media = components.responses[name] ?? []
            }
            guard let statuses = statuses(entry) else { continue }
            answers.append(ContractAnswer(statuses: statuses, media: media))
        }
        return answers.enumerated()
            .sorted { ($0.element.statuses.count, $0.offset) < ($1.element.statuses.count, $1.offset) }
            .map(\.element)
    }

    private mutating func statuses(_ entry: YAMLNode.Entry) -> ClosedRange<Int>? {
        if entry.key == "default" { return 0...999 }
        let isShort = entry.key.utf8.count == 3
        if isShort, let status = Int(entry.key), (100...599).contains(status) { return status...status }
        if isShort, entry.key.hasSuffix("XX"), let family = Int(entry.key.prefix(1)), (1...5).contains(family) {
            return family * 100...family * 100 + 99
        }
        report(
            .contractWrongType, at: entry.place,
            "`\(DocumentText.shown(entry.key))` is no status",
            help: entry.key.hasSuffix("xx") ? "a range is written `2XX`" : "as in `200`, `4XX` or `default`")
        return nil
    }
}
