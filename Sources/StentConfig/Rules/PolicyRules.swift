import StentModel

/// What holds between the settings of identity, contract, ownership and the outbox.
extension Rules {
    func policies() -> [ConfigProblem] {
        names() + resources() + callers() + routeModes() + notes()
    }

    func contradiction(_ path: String, _ sentence: String, help: String? = nil) -> ConfigProblem {
        ConfigProblem(.contradiction, at: place(of: path), "`\(path)` \(sentence)", help: help)
    }

    private var hasIdentity: Bool { settings.identity != nil }

    // MARK: Ownership

    /// Two resources of one name, or of one path.
    private func names() -> [ConfigProblem] {
        var problems: [ConfigProblem] = []
        var names: Set<String> = []
        var items: Set<[RoutePattern.Segment]> = []
        for (index, resource) in settings.ownership.resources.enumerated() {
            let path = "ownership.resources[\(index)]"
            if isSound("\(path).name"), !names.insert(resource.name).inserted {
                problems.append(
                    ConfigProblem(
                        .duplicateValue, at: place(of: "\(path).name"),
                        "`\(path).name` is that of an earlier resource", help: "give each resource a name of its own"))
            }
            if isSound("\(path).item"), !items.insert(resource.collection).inserted {
                problems.append(
                    ConfigProblem(
                        .duplicateValue, at: place(of: "\(path).item"),
                        "`\(path).item` is that of an earlier resource", help: "a record has one owner; remove one"))
            }
        }
        return problems
    }

    private func resources() -> [ConfigProblem] {
        settings.ownership.resources.enumerated().flatMap { index, resource -> [ConfigProblem] in
            let path = "ownership.resources[\(index)]"
            guard isSound("\(path).mode"), isSound("\(path).item") else { return [] }
            let ownModes = settings.routes.filter { $0.match.mayWrite && $0.match.mayMatch(resource.collection) }
                .compactMap(\.ownership)
            let modes = Set([resource.mode] + ownModes)
            guard modes != [.off] else { return [] }
            var problems: [ConfigProblem] = []
            if !hasIdentity {
                problems.append(contradiction(path, "needs `identity`: an owner is a caller who is known"))
            }
            if modes.contains(.enforce) { problems += binding(resource, path) }
            if hasContract, !isInContract(resource.collection, isItem: true) {
                problems.append(
                    contradiction(
                        "\(path).item", "is no path of the contract",
                        help: "write it as the document has it, or add it there"))
            }
            return problems
        }
    }

    /// What is not judged by the contract reaches the upstream in spellings that can't be bound to a record.
    private func binding(_ resource: OwnedResourceSettings, _ path: String) -> [ConfigProblem] {
        guard let contract = settings.contract else {
            return [
                contradiction(
                    path, "needs `contract`: without it one record can be written in many spellings",
                    help: "set `contract`, or `mode: report` here")
            ]
        }
        guard isSound("contract") else { return [] }
        var problems: [ConfigProblem] = []
        if contract.requests != .enforce, isSound("contract.requests") {
            problems.append(
                contradiction(
                    path, "needs `contract.requests: enforce`: one record can be written in many spellings",
                    help: "enforce the contract, or set `mode: report` here"))
        }
        for (index, route) in settings.routes.enumerated() {
            guard let mode = route.contract, mode != .enforce, isSound("routes[\(index)].match"),
                route.match.mayWrite, route.match.mayMatch(resource.collection)
            else { continue }
            problems.append(
                contradiction(
                    "routes[\(index)].contract",
                    "is `\(mode.rawValue)` where `\(path)` is enforced: one record can be written in many spellings",
                    help: "enforce the contract on this route, or set `mode: report` there"))
        }
        return problems
    }

    private func callers() -> [ConfigProblem] {
        guard !hasIdentity else { return [] }
        var paths = settings.ownership.resources.indices
            .filter {
                !settings.ownership.resources[$0].admins.isEmpty && settings.ownership.resources[$0].mode == .off
            }
            .map { "ownership.resources[\($0)].admins" }
        if settings.ownership.breakGlass?.callers.isEmpty == false { paths.append("ownership.break_glass.callers") }
        return paths.map { contradiction($0, "needs `identity`: without it no caller is known") }
    }

    /// Whether the contract has a path of this shape, and an operation of that method where one is asked for.
    private func isInContract(
        _ literals: [RoutePattern.Segment], isItem: Bool = false, method: Method? = nil
    ) -> Bool {
        settings.contract?.contract.paths.contains { path in
            guard path.segments.count == literals.count + (isItem ? 1 : 0) else { return false }
            if isItem {
                guard case .parameter? = path.segments.last else { return false }
            }
            let isSame = zip(path.segments, literals).allSatisfy { segment, literal in
                guard case .literal(let text) = segment else { return false }
                return literal == .oneOf([text])
            }
            return isSame && (method == nil || path.operations.contains { $0.method == method })
        } ?? false
    }

    // MARK: Routes

    private func routeModes() -> [ConfigProblem] {
        settings.routes.enumerated().flatMap { index, route -> [ConfigProblem] in
            var problems: [ConfigProblem] = []
            if route.contract != nil, settings.contract == nil {
                problems.append(contradiction("routes[\(index)].contract", "has no effect without `contract`"))
            }
            if route.ownership != nil, settings.ownership.resources.isEmpty, isSound("ownership") {
                problems.append(
                    contradiction("routes[\(index)].ownership", "has no effect without `ownership.resources`"))
            }
            return problems
        }
    }

    private func notes() -> [ConfigProblem] {
        var problems: [ConfigProblem] = []
        for (index, route) in settings.routes.enumerated() {
            guard let note = route.recordAsNote else { continue }
            let path = "routes[\(index)].record_as_note"
            if !hasIdentity {
                problems.append(contradiction(path, "needs `identity`: a record has an author"))
            }
            if isSound("routes[\(index)].match") { problems += places(of: note, route.match, path) }
            if isSound("\(path).to"), isSound("routes"), !isVerified(note.to) {
                problems.append(
                    contradiction(
                        "\(path).to",
                        "is no path of which a POST is verified, so that a record might be lost or doubled",
                        help: "give the route of `POST \(note.to)` a `resend`"))
            }
            if hasContract, isSound("\(path).to"), let to = try? RoutePatternParser.parse(note.to),
                !isInContract(to.segments, method: .post)
            {
                problems.append(
                    contradiction(
                        "\(path).to", "is no path of the contract with POST", help: "records are posted there"))
            }
        }
        if settings.outbox.account != nil, !settings.routes.contains(where: { $0.recordAsNote != nil }),
            isSound("routes")
        {
            problems.append(contradiction("outbox.account", "has no effect: no route has `record_as_note`"))
        }
        return problems
    }

    /// Whether a record that is posted there, and whose outcome is unclear, is looked for.
    private func isVerified(_ path: String) -> Bool {
        guard let post = try? RoutePatternParser.parse("POST \(path)") else { return true }  // reported as a path
        return settings.routes.first { $0.match.covers(post) }?.resend != nil
    }

    /// What a record takes from the path that was asked for.
    private func places(
        of note: RecordAsNoteSettings, _ match: RoutePattern, _ path: String
    ) -> [ConfigProblem] {
        var problems: [ConfigProblem] = []
        if match.methods != [.post] {
            problems.append(
                contradiction(path, "is about answers to POST", help: "put it on a route of POST alone"))
        }
        let names = match.segments.compactMap { segment -> String? in
            if case .parameter(let name) = segment { name } else { nil }
        }
        let known = names.map { "{\($0)}" }.joined(separator: ", ")
        if isSound("\(path).subject"), !names.contains(note.subject) {
            problems.append(
                contradiction(
                    "\(path).subject", "names no parameter of `\(match.text)`",
                    help: names.isEmpty ? "write the path with `{\(note.subject)}`" : "it has \(known)"))
        }
        guard isSound("\(path).title") else { return problems }
        for place in note.title.places where !(names + ["time", "reference"]).contains(place ?? "") {
            problems.append(
                contradiction(
                    "\(path).title",
                    place == nil ? "has a brace without the other" : "has a place that can't be filled",
                    help: "places are \((names + ["time", "reference"]).map { "{\($0)}" }.joined(separator: ", "))"))
        }
        return problems
    }
}

extension OwnedResourceSettings {
    /// The segments of the collection's path; empty where the item has a problem of its own.
    fileprivate var collection: [RoutePattern.Segment] {
        (try? RoutePatternParser.parse(item))?.segments.dropLast() ?? []
    }
}

extension RoutePattern {
    /// Whether it matches any method that changes something.
    fileprivate var mayWrite: Bool { methods.isEmpty || methods.contains { !$0.isSafe } }

    /// Whether it matches any path of a collection or of its items.
    fileprivate func mayMatch(_ collection: [Segment]) -> Bool {
        overlaps(collection) || overlaps(collection + [.parameter("id")])
    }

    /// Whether one path fits both.
    private func overlaps(_ other: [Segment]) -> Bool {
        var theirs = other[...]
        for segment in segments {
            if segment == .rest { return true }
            guard let their = theirs.popFirst() else { return false }
            guard case .oneOf(let mine) = segment, case .oneOf(let others) = their else { continue }
            guard others.contains(where: mine.contains) else { return false }
        }
        return theirs.isEmpty
    }
}

extension String {
    /// What stands in braces, in order; `nil` for a brace without the other.
    fileprivate var places: [String?] {
        var places: [String?] = []
        var rest = self[...]
        while let open = rest.firstIndex(where: { $0 == "{" || $0 == "}" }) {
            let inner = rest[rest.index(after: open)...]
            guard rest[open] == "{", let end = inner.firstIndex(where: { $0 == "{" || $0 == "}" }), inner[end] == "}"
            else {
                places.append(nil)
                return places
            }
            places.append(String(inner[..<end]))
            rest = inner[inner.index(after: end)...]
        }
        return places
    }
}
