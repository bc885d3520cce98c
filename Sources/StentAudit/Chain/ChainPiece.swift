/// Where a line stands.
struct ChainPlace: Sendable, Equatable {
    /// Of those that were given, from 0 on.
    var segment: Int
    /// In its segment, from 1 on.
    var line: Int
    /// Among all lines, from 0 on.
    var ordinal: Int

    /// The same place, of which the block that it was found in knew only the line.
    func moved(to base: ChainPlace) -> ChainPlace {
        ChainPlace(segment: base.segment, line: base.line + line, ordinal: base.ordinal + ordinal)
    }
}

/// Lines straight one behind another of which each fits itself and the one before.
struct ChainRun: Sendable {
    /// Which trail its seals and its beginning name.
    enum Trail: Sendable, Equatable {
        case unnamed
        case own
        case foreign(TrailID)
    }

    var first: Int
    var last: Int
    /// What the first line takes for the hash of the line before it.
    var previous: ChainHash
    var head: ChainHash
    var start: ChainPlace
    var end: ChainPlace
    var trail: Trail = .unnamed
}

/// Lines straight one behind another that are not good in themselves, all in the same way.
struct BrokenLines: Sendable {
    enum Fault: Sendable, Equatable {
        /// The hash is not that of the bytes. The line says that it has this number.
        case altered(claim: Int)
        case torn(AuditFinding.Torn)
        /// Of a schema from before there was a chain.
        case unchained
    }

    var fault: Fault
    var start: ChainPlace
    var lines: Int

    /// The numbers that altered lines give themselves.
    var claims: ClosedRange<Int>? {
        guard case .altered(let claim) = fault else { return nil }
        return claim...claim + lines - 1
    }

    /// Whether these lines go on where the others end.
    fileprivate func continues(_ other: BrokenLines) -> Bool {
        guard start.segment == other.start.segment, start.line == other.start.line + other.lines else { return false }
        switch (other.fault, fault) {
        case (.altered(let before), .altered(let claim)): return claim == before + other.lines
        case (.torn(let before), .torn(let reason)): return before == reason && reason != .unfinished
        case (.unchained, .unchained): return true
        case (.altered, .torn), (.altered, .unchained), (.torn, .altered), (.torn, .unchained), (.unchained, .altered),
            (.unchained, .torn):
            return false
        }
    }
}

/// A trail that is whole is one run; every fault costs a few pieces more.
///
/// Which pieces there are depends on the lines alone: blocks can be cut anywhere between lines and their pieces put
/// together again.
enum ChainPiece: Sendable {
    case run(ChainRun)
    case broken(BrokenLines)

    /// Takes the lines of a piece that comes straight behind this one.
    ///
    /// - Returns: whether they go on with what this one has; otherwise nothing was done.
    mutating func absorb(_ next: ChainPiece) -> Bool {
        switch (self, next) {
        case (.run(var run), .run(let other)):
            guard other.first == run.last + 1, other.previous == run.head else { return false }
            run.last = other.last
            run.head = other.head
            run.end = other.end
            self = .run(run)
            return true
        case (.broken(var lines), .broken(let other)):
            guard other.continues(lines) else { return false }
            lines.lines += other.lines
            self = .broken(lines)
            return true
        case (.run, .broken), (.broken, .run): return false
        }
    }

    func moved(to base: ChainPlace) -> ChainPiece {
        switch self {
        case .run(var run):
            run.start = run.start.moved(to: base)
            run.end = run.end.moved(to: base)
            return .run(run)
        case .broken(var lines):
            lines.start = lines.start.moved(to: base)
            return .broken(lines)
        }
    }

    var start: ChainPlace {
        switch self {
        case .run(let run): run.start
        case .broken(let lines): lines.start
        }
    }

    var run: ChainRun? {
        switch self {
        case .run(let run): run
        case .broken: nil
        }
    }

    var broken: BrokenLines? {
        switch self {
        case .run: nil
        case .broken(let lines): lines
        }
    }
}
