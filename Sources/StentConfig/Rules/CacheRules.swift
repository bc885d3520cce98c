import StentModel

/// What holds between the settings of the cache.
extension Rules {
    func cache() -> [ConfigProblem] {
        sizesAndTimes()
            + settings.routes.indices.flatMap { index -> [ConfigProblem] in
                keeping(settings.routes[index], "routes[\(index)]") + invalidating(settings.routes[index], index)
            }
    }

    /// Both were written, and neither has a problem of its own.
    private func areWritten(_ paths: String...) -> Bool {
        paths.allSatisfy { places[$0] != nil && isSound($0) }
    }

    private func sizesAndTimes() -> [ConfigProblem] {
        guard let cache = settings.cache else { return [] }
        var problems: [ConfigProblem] = []
        if cache.entry > cache.largestEntry, areWritten("cache.entry"), isSound("cache.memory") {
            let origin = places["cache.memory"] == nil ? ", which has its default" : ""
            let text = Kind<ByteCount>.size(ByteCount(0) ... .gibibytes(64)).show
            problems.append(
                contradiction(
                    "cache.entry", "is above 1/32 of `cache.memory`\(origin), and no answer may take more than that",
                    help: "lower it to `\(text(cache.largestEntry))`, or raise `cache.memory`"))
        }
        if let deadline = settings.upstream.deadline,
            let problem = tooLarge("cache.collapse_wait", cache.collapseWait, "upstream.deadline", deadline)
        {
            problems.append(problem)
        }
        return problems
    }

    // MARK: What is kept

    private func keeping(_ route: RouteSettings, _ base: String) -> [ConfigProblem] {
        guard let cache = route.cache else { return [] }
        let path = "\(base).cache"
        guard settings.cache != nil else {
            return isSound("cache") ? [contradiction(path, "has no effect without `cache`", help: needsSection)] : []
        }
        if isSound("\(base).match"), !route.match.methods.isEmpty, !route.match.methods.contains(.get) {
            return [
                contradiction(
                    path, "has no effect: only answers to GET are kept",
                    help: "remove it; what a write makes invalid is `invalidates`, beside it")
            ]
        }
        guard isSound("\(path).scope") else { return times(cache, path) }
        if cache.scope == .off {
            return ["ttl", "stale_while_revalidate", "stale_if_error", "negative", "override", "tags"]
                .filter { areWritten("\(path).\($0)") }
                .map { contradiction("\(path).\($0)", "has no effect with `scope: off`") }
        }
        return scope(cache, path) + times(cache, path)
    }

    private var needsSection: String { "set `cache`, or remove it" }

    private func scope(_ cache: RouteCacheSettings, _ path: String) -> [ConfigProblem] {
        guard isSound("identity") else { return [] }
        let hasIdentity = settings.identity != nil
        switch cache.scope {
        case .off: return []
        case .caller, .proven:
            let origin = places["\(path).scope"] == nil ? ", which is the default," : ""
            let scope = "is `\(cache.scope.rawValue)`\(origin)"
            let help = "or write `scope: everyone` where anybody may have the answer"
            if !hasIdentity {
                return [
                    contradiction(
                        "\(path).scope", "\(scope) and needs `identity`: no caller is known",
                        help: "set `identity`; \(help)")
                ]
            }
            // What anybody may ask for proves nobody's password.
            guard settings.contract == nil, isSound("contract") else { return [] }
            return [
                contradiction(
                    "\(path).scope", "\(scope) and needs `contract`: it says which paths ask for a password",
                    help: "set `contract`; \(help)")
            ]
        case .everyone:
            guard hasIdentity, cache.mayLengthen else { return [] }
            return [
                contradiction(
                    "\(path).override", "gives everybody what the upstream says is for those who may ask for it",
                    help: "write `scope: proven`: one copy for all whose credentials are good")
            ]
        }
    }

    private func times(_ cache: RouteCacheSettings, _ path: String) -> [ConfigProblem] {
        var problems: [ConfigProblem] = []
        if let ttl = cache.ttl, let negative = cache.negative, negative > ttl, areWritten("\(path).negative"),
            isSound("\(path).ttl")
        {
            problems.append(
                contradiction(
                    "\(path).negative", "is above `ttl`: that nothing is there would be believed longer than what is",
                    help: "lower it, or raise `ttl`"))
        }
        if let window = cache.staleWhileRevalidate, let failing = cache.staleIfError, failing < window,
            areWritten("\(path).stale_if_error"), isSound("\(path).stale_while_revalidate")
        {
            problems.append(
                contradiction(
                    "\(path).stale_if_error",
                    "has no effect: for longer than that `stale_while_revalidate` gives a copy, whatever the upstream does",
                    help: "raise it, or lower `stale_while_revalidate`"))
        }
        if cache.mayLengthen, cache.freshness == nil, isSound(path),
            ["ttl", "stale_while_revalidate", "stale_if_error", "negative"].allSatisfy({ isSound("\(path).\($0)") })
        {
            problems.append(
                contradiction("\(path).override", "has no effect: no time is set that could hold", help: "set `ttl`"))
        }
        if cache.tags.count > RouteCacheSettings.mostTags, isSound("\(path).tags") {
            problems.append(
                ConfigProblem(
                    .outOfRange, at: place(of: "\(path).tags"),
                    "`\(path).tags` must hold at most \(RouteCacheSettings.mostTags)"))
        }
        return problems
    }

    // MARK: What is made invalid

    private func invalidating(_ route: RouteSettings, _ index: Int) -> [ConfigProblem] {
        let base = "routes[\(index)]"
        guard !route.invalidates.isEmpty, isSound("\(base).invalidates") else { return [] }
        let path = "\(base).invalidates"
        guard settings.cache != nil else {
            return isSound("cache") ? [contradiction(path, "has no effect without `cache`", help: needsSection)] : []
        }
        guard isSound("\(base).match") else { return [] }
        if !route.match.methods.isEmpty, route.match.methods.allSatisfy(\.isSafe) {
            return [contradiction(path, "has no effect: only writes make anything invalid", help: "remove it")]
        }
        let names = route.match.segments.compactMap { segment -> String? in
            if case .parameter(let name) = segment { name } else { nil }
        }
        return route.invalidates.enumerated().flatMap { position, template in
            filling(template, names, route.match.text, "\(path)[\(position)]")
        }
    }

    /// Places that the route can't fill, and a path that nobody can ask for.
    private func filling(
        _ template: PathTemplate, _ names: [String], _ match: String, _ path: String
    ) -> [ConfigProblem] {
        let known = names.map { "{\($0)}" }.joined(separator: ", ")
        let unknown = template.segments.compactMap { segment -> ConfigProblem? in
            guard case .place(let name) = segment, !names.contains(name) else { return nil }
            return contradiction(
                path, "has the place `{\(name)}`, which `\(match)` has not",
                help: names.isEmpty ? "write `{\(name)}` into `match`, or a path without it" : "it has \(known)")
        }
        guard unknown.isEmpty, hasContract, !isRead(template) else { return unknown }
        return [
            contradiction(
                path, "is no path of the contract with GET", help: "nothing is kept of what can't be asked for")
        ]
    }

    /// Whether the contract has a path of this shape that can be read.
    private func isRead(_ template: PathTemplate) -> Bool {
        settings.contract?.contract.paths.contains { path in
            guard path.segments.count == template.segments.count else { return false }
            let isSame = zip(path.segments, template.segments).allSatisfy { declared, segment in
                switch (declared, segment) {
                case (.literal(let text), .literal(let other)): text == other
                case (.parameter, .place), (.parameter, .literal): true
                case (.literal, .place): false
                }
            }
            return isSame && path.operations.contains { $0.method == .get }
        } ?? false
    }
}
