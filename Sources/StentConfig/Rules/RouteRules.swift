import StentModel

extension Rules {
    /// Routes that never match, because one earlier route matches whatever they do.
    func shadowedRoutes() -> [ConfigProblem] {
        let routes = settings.routes
        return routes.indices.compactMap { index in
            guard let earlier = routes[..<index].firstIndex(where: { $0.match.covers(routes[index].match) }) else {
                return nil
            }
            return ConfigProblem(
                .shadowedRoute, at: place(of: "routes[\(index)].match"),
                "`\(routes[index].match.text)` never matches: `\(routes[earlier].match.text)` comes first",
                help: "put the narrower route first")
        }
    }
}

extension RoutePattern {
    /// Whether every request that `other` matches is matched by this one.
    func covers(_ other: RoutePattern) -> Bool {
        guard methods.isEmpty || (!other.methods.isEmpty && other.methods.isSubset(of: methods)) else { return false }
        var theirs = other.segments[...]
        for segment in segments {
            if segment == .rest { return true }
            guard let their = theirs.popFirst() else { return false }
            switch (segment, their) {
            case (.parameter, .parameter), (.parameter, .oneOf): continue
            case (.oneOf(let mine), .oneOf(let others)) where others.allSatisfy(mine.contains): continue
            case (.oneOf, _), (.parameter, .rest), (.rest, _): return false
            }
        }
        return theirs.isEmpty
    }
}
