import StentModel

/// What holds between the settings of the trail.
extension Rules {
    func audit() -> [ConfigProblem] { durability() + keeping() + sealing() }

    private func isWritten(_ path: String) -> Bool { places[path] != nil && isSound(path) }

    private func durability() -> [ConfigProblem] {
        guard settings.audit.durability != .interval, isWritten("audit.sync_interval"), isSound("audit.durability")
        else { return [] }
        return [
            contradiction(
                "audit.sync_interval", "has no effect with `durability: \(settings.audit.durability.rawValue)`")
        ]
    }

    private func keeping() -> [ConfigProblem] {
        let keep = settings.audit.keep
        var problems: [ConfigProblem] = []
        if let longest = keep.longest, keep.floor.age > longest, isWritten("audit.keep.for"),
            isWritten("audit.keep.floor.for")
        {
            problems.append(
                contradiction("audit.keep.for", "has no effect: `audit.keep.floor.for` keeps files for longer"))
        }
        if let segments = keep.segments, keep.floor.segments > segments, isWritten("audit.keep.segments"),
            isSound("audit.keep.floor.segments")
        {
            problems.append(
                contradiction(
                    "audit.keep.segments", "is below `audit.keep.floor.segments`, which keeps more",
                    help: "lower `audit.keep.floor.segments`, or remove this"))
        }
        if let most = keep.atMost, most < settings.audit.rotate.size, isWritten("audit.keep.at_most"),
            isSound("audit.rotate.size")
        {
            problems.append(
                contradiction(
                    "audit.keep.at_most", "is below `audit.rotate.size`: not even one closed file would be kept",
                    help: "raise it, or lower `audit.rotate.size`"))
        }
        return problems
    }

    private func sealing() -> [ConfigProblem] {
        let seal = settings.audit.seal
        if !seal.isEnabled, isSound("audit.seal.enabled") {
            return ["every", "key", "previous_key", "anchor"].filter { isWritten("audit.seal.\($0)") }
                .map { contradiction("audit.seal.\($0)", "has no effect with `enabled: false`") }
        }
        if let key = seal.key, key == seal.previousKey, isSound("audit.seal.key"), isWritten("audit.seal.previous_key")
        {
            return [contradiction("audit.seal.previous_key", "is the same file as `audit.seal.key`")]
        }
        return []
    }
}
