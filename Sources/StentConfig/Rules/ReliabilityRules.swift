import StentModel

/// What holds between the settings of limits, breaker, budget and repeated writes.
extension Rules {
    func reliability() -> [ConfigProblem] {
        var problems = [
            tooLarge(
                "retry.budget.outage_ratio", settings.retry.budgetOutageRatio, "retry.budget.ratio",
                settings.retry.budgetRatio)
        ]
        if let breaker = settings.breaker {
            problems.append(
                tooLarge(
                    "breaker.probe_every", breaker.probeEvery, "breaker.probe_maximum", breaker.probeMaximum))
        }
        if let limit = settings.upstream.concurrency {
            problems += [
                tooLarge(
                    "upstream.concurrency.minimum", limit.minimum, "upstream.concurrency.initial", limit.initial),
                tooLarge(
                    "upstream.concurrency.initial", limit.initial, "upstream.concurrency.maximum", limit.maximum),
            ]
        }
        return problems.compactMap(\.self) + health()
    }

    private func health() -> [ConfigProblem] {
        guard let health = settings.upstream.health else { return [] }
        var problems: [ConfigProblem] = []
        if settings.upstream.servers.count == 1, isSound("upstream.servers") {
            problems.append(
                ConfigProblem(
                    .contradiction, at: place(of: "upstream.health"),
                    "`upstream.health` has no effect: the only server is never left out",
                    help: "remove it, or name more servers"))
        }
        if let problem = tooLarge(
            "upstream.health.timeout", health.timeout, "upstream.health.every", health.every)
        {
            problems.append(problem)
        }
        return problems
    }

    /// Routes that say how their writes are repeated.
    func routeWrites() -> [ConfigProblem] {
        settings.routes.indices.flatMap { index -> [ConfigProblem] in
            let route = settings.routes[index]
            let path = "routes[\(index)]"
            guard isSound("\(path).match") else { return [] }
            var problems: [ConfigProblem] = []
            func contradict(_ key: String, _ sentence: String, help: String) {
                problems.append(
                    ConfigProblem(
                        .contradiction, at: place(of: "\(path).\(key)"), "`\(path).\(key)` \(sentence)", help: help))
            }
            if route.repeatable, route.match.methods.isEmpty {
                contradict(
                    "repeatable", "is on a route of every method", help: "name the methods that may be repeated")
            }
            if route.hedge != nil, !route.match.methods.isEmpty, !route.match.methods.contains(where: \.isSafe) {
                contradict("hedge", "has no effect: only safe methods are sent twice at once", help: "remove it")
            }
            guard let resend = route.resend else { return problems }
            if route.match.methods != [.post] {
                contradict("resend", "is about creating records", help: "put it on a route of POST alone")
            }
            if route.repeatable {
                contradict(
                    "resend", "has no effect: the route is repeatable", help: "remove one of the two")
            }
            if (route.attempts ?? settings.retry.attempts) < 2, isSound("\(path).attempts"), isSound("retry.attempts") {
                contradict("resend", "has no effect with one attempt", help: "raise `retry.attempts`")
            }
            if let deadline = route.deadline ?? settings.upstream.deadline, resend.settle >= deadline,
                isSound("\(path).resend.settle"), isSound("\(path).deadline"), isSound("upstream.deadline")
            {
                contradict(
                    "resend.settle", "is not below the deadline, so nothing is ever sent again",
                    help: "lower it, or raise the deadline")
            }
            return problems
        }
    }
}
