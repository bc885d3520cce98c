/// A regular expression of JSON Schema's `pattern`, matched in time linear in the text.
///
/// What JSON Schema recommends for interoperability (2020-12 core §6.4), of ECMA-262 §22.2.1 with the flag `u`: literals,
/// `.`, classes, `\d \w \s` and their opposites, escapes, `^ $`, groups, `|` and all quantifiers, of which lazy ones mean
/// the same as greedy ones since only whether there is a match is asked for. Look-around, back-references, named groups,
/// `\b` and `\p` are refused: the former two can't be matched in linear time.
///
/// The simulation of K. Thompson, "Regular Expression Search Algorithm", 1968: all states that a text can have led to are
/// kept at once, so that nothing a sender writes makes it try again from before.
package struct SchemaPattern: Sendable {
    /// Largest program, counts expanded: each instruction may cost a step for each scalar of a text.
    package static let largestProgram = 2_000

    private enum Instruction: Sendable {
        case one(ScalarSet)
        case start
        case end
        case jump(Int)
        case either(Int, Int)
        case match
    }

    private var program: [Instruction] = []
    /// Steps that a scalar of a text may cost.
    var size: Int { program.count }
    /// No match begins but at the start of a text.
    private var isAnchored = false
    /// Nodes that may still be compiled; a repetition of nothing makes no instructions.
    private var nodesLeft = largestProgram * 4

    /// - Throws: the first fault of the pattern.
    package init(_ text: String) throws(PatternFault) {
        try compile(try PatternParser.parse(text))
        program.append(.match)
        var threads = Threads(count: program.count)
        follow(0, isStart: false, isEnd: true, &threads)
        isAnchored = threads.waiting.isEmpty && !threads.isMatch
    }

    // MARK: Matching

    /// Whether there is a match anywhere in the text.
    package func matches(_ text: String) -> Bool {
        var threads = Threads(count: program.count)
        var places = [0]
        var scalars = text.unicodeScalars.makeIterator()
        var isStart = true
        while true {
            let next = scalars.next()
            threads.removeAll()
            for place in places { follow(place, isStart: isStart, isEnd: next == nil, &threads) }
            if threads.isMatch { return true }
            guard let next else { return false }
            places.removeAll(keepingCapacity: true)
            for place in threads.waiting {
                guard case .one(let set) = program[place], set.contains(next.value) else { continue }
                places.append(place + 1)
            }
            isStart = false
            if !isAnchored { places.append(0) } else if places.isEmpty { return false }
        }
    }

    /// The places that a text can have led to.
    private struct Threads {
        /// Where a scalar is waited for.
        var waiting: [Int] = []
        var isMatch = false
        /// The round in which a place was last reached.
        private var reached: [UInt32]
        private var round: UInt32 = 1
        var open: [Int] = []

        init(count: Int) { reached = Array(repeating: 0, count: count) }

        mutating func removeAll() {
            waiting.removeAll(keepingCapacity: true)
            isMatch = false
            if round == .max {
                for index in reached.indices { reached[index] = 0 }
                round = 0
            }
            round += 1
        }

        /// - Returns: whether the place is new in this round.
        mutating func reach(_ place: Int) -> Bool {
            guard reached[place] != round else { return false }
            reached[place] = round
            return true
        }
    }

    /// Adds the place and all that are reached from it without a scalar.
    private func follow(_ place: Int, isStart: Bool, isEnd: Bool, _ threads: inout Threads) {
        threads.open.append(place)
        while let place = threads.open.popLast() {
            guard threads.reach(place) else { continue }
            switch program[place] {
            case .one: threads.waiting.append(place)
            case .start: if isStart { threads.open.append(place + 1) }
            case .end: if isEnd { threads.open.append(place + 1) }
            case .jump(let target): threads.open.append(target)
            case .either(let first, let second):
                threads.open.append(second)
                threads.open.append(first)
            case .match: threads.isMatch = true
            }
        }
    }

    // MARK: Compiling

    private mutating func compile(_ node: PatternNode) throws(PatternFault) {
        nodesLeft -= 1
        guard nodesLeft > 0 else { throw Self.tooLarge }
        switch node {
        case .one(let set): try append(.one(set))
        case .start: try append(.start)
        case .end: try append(.end)
        case .sequence(let nodes): for node in nodes { try compile(node) }
        case .choice(let nodes): try compile(choice: nodes)
        case .repeated(let node, let least, let most): try compile(node, least: least, most: most)
        }
    }

    private mutating func compile(choice nodes: [PatternNode]) throws(PatternFault) {
        var ends: [Int] = []
        for (index, node) in nodes.enumerated() {
            guard index < nodes.count - 1 else {
                try compile(node)
                continue
            }
            let fork = try append(.match)  // replaced below
            try compile(node)
            ends.append(try append(.match))  // replaced below
            program[fork] = .either(fork + 1, program.count)
        }
        for end in ends { program[end] = .jump(program.count) }
    }

    private mutating func compile(_ node: PatternNode, least: Int, most: Int?) throws(PatternFault) {
        for _ in 0..<least { try compile(node) }
        guard let most else {
            let fork = try append(.match)  // replaced below
            try compile(node)
            try append(.jump(fork))
            program[fork] = .either(fork + 1, program.count)
            return
        }
        var forks: [Int] = []
        for _ in least..<most {
            forks.append(try append(.match))  // replaced below
            try compile(node)
        }
        for fork in forks { program[fork] = .either(fork + 1, program.count) }
    }

    @discardableResult
    private mutating func append(_ instruction: Instruction) throws(PatternFault) -> Int {
        guard program.count < Self.largestProgram else { throw Self.tooLarge }
        program.append(instruction)
        return program.count - 1
    }

    private static let tooLarge = PatternFault("repeats so much that it takes too many steps; use maxLength", at: 0)
}
