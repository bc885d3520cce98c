import StentModel

/// One value being judged: what has been found so far, and what it may still cost.
struct SchemaJudgement {
    /// Schemas inside one another and values inside one another, together: bounds the stack, and ends a schema that
    /// refers to itself.
    private static let deepest = 512
    private static let fewestSteps = 4_096
    private static let mostSteps = 1_000_000

    private(set) var finding = SchemaFinding()
    private let root: JSONValue
    private let plans: [SchemaPlan]
    private let undeclared: SchemaRule.Undeclared
    private let tracks: Bool
    private var stepsLeft: Int
    private var depth = 0
    /// Branches being tried: what is wrong in one is no problem yet.
    private var trials = 0
    private var isStopped = false
    /// By `JSONValue.index`.
    private var marks = SchemaMarks()
    /// Members of judged objects that have not been declared, as long as no branch has been tried.
    private var unmentioned = 0
    private var hasTried = false
    /// The marks made while branches are tried, to be taken back.
    private var trail: [(index: Int, mark: SchemaMarks.Mark)] = []

    init(_ plans: [SchemaPlan], of value: JSONValue, _ undeclared: SchemaRule.Undeclared) {
        root = value
        self.plans = plans
        self.undeclared = undeclared
        tracks = undeclared != .ignored
        stepsLeft = min(Self.fewestSteps + 16 * value.range.count, Self.mostSteps)
    }

    mutating func run(by schema: Int) {
        _ = judge(root, by: schema)
        guard tracks, finding.problems.isEmpty, unmentioned > 0 || hasTried else { return }
        collect(root)
        if !finding.problems.isEmpty { finding.undeclared = [] }
    }

    // MARK: A value and a schema

    private mutating func judge(_ value: JSONValue, by index: Int) -> Bool {
        guard depth < Self.deepest else { return exhausted() }
        guard spend(1) else { return false }
        let plan = plans[index]
        if let always = plan.source.always { return always || fail(value) { "is not accepted here" } }
        let kind = value.kind
        let text = kind == .number ? value.number ?? "" : ""
        guard plan.types == 0 || Self.fits(kind, text, plan.types) else {
            return fail(value) { SchemaWords.sentence(for: value, types: plan.types) }
        }
        if plan.saysTypesOnly { return true }
        depth += 1
        defer { depth -= 1 }
        var isGood = true
        switch kind {
        case .null, .true, .false: break
        case .number: isGood = number(value, text, plan)
        case .string: isGood = string(value, plan)
        case .array: isGood = array(value, plan)
        case .object: isGood = object(value, plan)
        }
        guard isGood || goesOn else { return false }
        if let allowed = plan.allowed {
            guard spend(value.range.count / 16) else { return false }
            if !allowed.contains(SchemaKey.of(value)) {
                isGood = fail(value) { SchemaWords.sentence(allowed: plan.source.allowed) }
            }
        }
        guard plan.isCombined else { return isGood }
        return combined(value, plan) && isGood
    }

    /// Whether further problems are of interest.
    private var goesOn: Bool { trials == 0 && !isStopped }

    private mutating func fail(_ value: JSONValue, missing name: String? = nil, _ sentence: () -> String) -> Bool {
        guard goesOn else { return false }
        finding.problems.append(
            ContractProblem(
                pointer: SchemaPointer.text(to: value, missing: name, in: root), sentence: sentence()))
        isStopped = finding.problems.count >= SchemaRule.mostProblems
        return false
    }

    /// Takes steps from what is left; stops everything where there are none.
    private mutating func spend(_ steps: Int) -> Bool {
        guard !isStopped else { return false }
        stepsLeft -= steps
        return stepsLeft >= 0 || exhausted()
    }

    private mutating func exhausted() -> Bool {
        guard !isStopped else { return false }
        isStopped = true
        if finding.problems.count < SchemaRule.mostProblems {
            finding.problems.append(ContractProblem(sentence: "takes too much work to be judged"))
        }
        return false
    }

    /// - Parameter number: the text of a number.
    private static func fits(_ kind: JSONValue.Kind, _ number: String, _ types: UInt8) -> Bool {
        let bits =
            switch kind {
            case .null: SchemaPlan.bit(.null)
            case .true, .false: SchemaPlan.bit(.boolean)
            case .number: SchemaPlan.bit(.number)
            case .string: SchemaPlan.bit(.string)
            case .array: SchemaPlan.bit(.array)
            case .object: SchemaPlan.bit(.object)
            }
        if types & bits != 0 { return true }
        guard kind == .number, types & SchemaPlan.bit(.integer) != 0 else { return false }
        return number.utf8.allSatisfy { $0 &- 0x30 < 10 || $0 == UInt8(ascii: "-") }
    }

    // MARK: Numbers and strings

    private mutating func number(_ value: JSONValue, _ text: String, _ plan: SchemaPlan) -> Bool {
        if text.utf8.count <= 18, let small = Int(text), isBetween(small, plan) { return true }
        guard spend(text.utf8.count / 16) else { return false }
        guard let number = SchemaNumber(text) else {
            return fail(value) { "has an exponent beyond \(SchemaNumber.largestExponent)" }
        }
        var isGood = true
        if let limit = plan.minimum, number < limit.number { isGood = fail(value) { "must be at least \(limit.text)" } }
        if let limit = plan.maximum, limit.number < number { isGood = fail(value) { "must be at most \(limit.text)" } }
        if let limit = plan.exclusiveMinimum, !(limit.number < number) {
            isGood = fail(value) { "must be greater than \(limit.text)" }
        }
        if let limit = plan.exclusiveMaximum, !(number < limit.number) {
            isGood = fail(value) { "must be less than \(limit.text)" }
        }
        return isGood
    }

    /// Whether that is certain without reading decimals.
    private func isBetween(_ number: Int, _ plan: SchemaPlan) -> Bool {
        guard plan.exclusiveMinimum == nil, plan.exclusiveMaximum == nil else { return false }
        if let limit = plan.minimum {
            guard let small = limit.small, small <= number else { return false }
        }
        if let limit = plan.maximum {
            guard let small = limit.small, number <= small else { return false }
        }
        return true
    }

    private mutating func string(_ value: JSONValue, _ plan: SchemaPlan) -> Bool {
        var isGood = true
        if let bounds = plan.source.length { isGood = length(of: value, bounds) }
        guard plan.pattern != nil || plan.source.format != nil else { return isGood }
        guard isGood else { return false }  // what is too long is not looked into
        let text = value.string ?? ""
        if let pattern = plan.pattern {
            // A step of the pattern's machine is far less work than one of ours.
            let work = text.utf8.count.multipliedReportingOverflow(by: pattern.size)
            guard !work.overflow, spend(work.partialValue / 64) else { return exhausted() }
            if !pattern.matches(text) { isGood = fail(value) { SchemaWords.sentence(pattern: plan.source.pattern) } }
        }
        switch plan.source.format {
        case .date where !SchemaTime.isDate(text): isGood = fail(value) { "is not a date (YYYY-MM-DD)" }
        case .dateTime where !SchemaTime.isDateTime(text):
            isGood = fail(value) { "is not a date with time (YYYY-MM-DDThh:mm:ssZ)" }
        case .date, .dateTime, nil: break
        }
        return isGood
    }

    private mutating func length(of value: JSONValue, _ bounds: ContractSchema.Bounds<Int>) -> Bool {
        // A character takes one byte of the text at least, and twelve at most: two escapes.
        let bytes = value.range.count - 2
        if bytes >= (bounds.minimum ?? 0).multipliedClamped(by: 12), bytes <= bounds.maximum ?? .max { return true }
        let length = value.string?.unicodeScalars.count ?? 0
        if let minimum = bounds.minimum, length < minimum {
            return fail(value) { "must be at least \(SchemaWords.count(minimum, "character")) long" }
        }
        if let maximum = bounds.maximum, length > maximum {
            return fail(value) { "must be at most \(SchemaWords.count(maximum, "character")) long" }
        }
        return true
    }

    // MARK: Arrays and objects

    private mutating func array(_ value: JSONValue, _ plan: SchemaPlan) -> Bool {
        var isGood = true
        let count = value.count
        if let minimum = plan.source.elements?.minimum, count < minimum {
            isGood = fail(value) { "must have at least \(SchemaWords.count(minimum, "element"))" }
        }
        if let maximum = plan.source.elements?.maximum, count > maximum {
            return fail(value) { "must have at most \(SchemaWords.count(maximum, "element"))" }
        }
        if let items = plan.source.items?.value {
            for element in value.elements {
                if !judge(element, by: items) { isGood = false }
                guard isGood || goesOn else { return false }
            }
        }
        guard plan.source.elementsAreUnique else { return isGood }
        guard spend(count + value.range.count / 16) else { return false }
        var keys: Set<[UInt8]> = []
        for element in value.elements where !keys.insert(SchemaKey.of(element)).inserted {
            return fail(value) { "must not hold two equal elements" }
        }
        return isGood
    }

    private mutating func object(_ value: JSONValue, _ plan: SchemaPlan) -> Bool {
        guard plan.judgesObjects else { return true }
        if mark(value.index, .judged) { unmentioned += value.count }
        var isGood = true
        if let minimum = plan.source.members?.minimum, value.count < minimum {
            isGood = fail(value) { "must have at least \(SchemaWords.count(minimum, "member"))" }
        }
        if let maximum = plan.source.members?.maximum, value.count > maximum {
            isGood = fail(value) { "must have at most \(SchemaWords.count(maximum, "member"))" }
        }
        let names = plan.names
        var found = 0
        var next = 0  // members mostly come in the order in which they are listed
        for member in value.members {
            guard isGood || goesOn, spend(1 + names.count / 4) else { return false }
            let name = Self.find(member, names, from: next)
            if let name {
                next = name + 1
                if names[name].isRequired { found += 1 }
            }
            let additional = plan.source.additional?.value
            guard name != nil || additional != nil else { continue }
            if mark(member.value.index, .declared) { unmentioned -= 1 }
            guard let schema = name.flatMap({ names[$0].schema }) ?? additional else { continue }
            if !judge(member.value, by: schema, isListed: name != nil) { isGood = false }
        }
        if found < plan.required, !isStopped {
            for name in names where name.isRequired && value[name: name.text] == nil {
                guard spend(1 + value.count) else { return false }
                isGood = fail(value, missing: name.text) { "is missing" }
            }
        }
        return isGood
    }

    private mutating func judge(_ value: JSONValue, by schema: Int, isListed: Bool) -> Bool {
        guard !isListed, plans[schema].source.always == false else { return judge(value, by: schema) }
        return fail(value) { "is not known here" }
    }

    private static func find(_ member: JSONMember, _ names: [SchemaPlan.Name], from start: Int) -> Int? {
        var index = start
        for _ in names.indices {
            if index >= names.count { index = 0 }
            if member.isNamed(names[index].text) { return index }
            index += 1
        }
        return nil
    }

    // MARK: Combinations

    private mutating func combined(_ value: JSONValue, _ plan: SchemaPlan) -> Bool {
        var isGood = true
        if let reference = plan.source.reference { isGood = judge(value, by: reference.value) }
        for schema in plan.source.allOf {
            guard isGood || goesOn else { return false }
            if !judge(value, by: schema.value) { isGood = false }
        }
        if !plan.source.anyOf.isEmpty, isGood || goesOn {
            // What fits further forms as well may be declared there: of what has no members, one is enough.
            let mayDeclare = tracks && (value.kind == .object || value.kind == .array)
            if fitting(plan.source.anyOf, value, until: mayDeclare ? .max : 1) == 0 {
                isGood = explain(plan.source.anyOf, value)
            }
        }
        if !plan.source.oneOf.isEmpty, isGood || goesOn {
            switch fitting(plan.source.oneOf, value, until: 2) {
            case 0: isGood = explain(plan.source.oneOf, value)
            case 1: break
            case _: isGood = fail(value) { "fits more than one of the forms of which one is accepted here" }
            }
        }
        if let not = plan.source.not, isGood || goesOn {
            let start = trail.count
            trials += 1
            let isOther = !judge(value, by: not.value)
            trials -= 1
            takeBack(to: start)
            if !isOther { isGood = fail(value) { "is of a form that is not accepted here" } }
        }
        return isGood && !isStopped
    }

    /// How many of the schemas the value fits; stops at `enough`.
    private mutating func fitting(_ schemas: [SchemaIndex], _ value: JSONValue, until enough: Int) -> Int {
        var count = 0
        for schema in schemas {
            let start = trail.count
            trials += 1
            let fits = judge(value, by: schema.value)
            trials -= 1
            if fits { count += 1 } else { takeBack(to: start) }
            guard count < enough, !isStopped else { break }
        }
        if trials == 0 { trail.removeAll(keepingCapacity: true) }
        return count
    }

    /// Says what is wrong with a value that fits none of the schemas: by the one that is meant, where its type tells.
    private mutating func explain(_ schemas: [SchemaIndex], _ value: JSONValue) -> Bool {
        guard goesOn else { return false }
        var likely: [Int] = []
        var types: UInt8 = 0
        var isAny = false
        for schema in schemas {
            let admitted = Self.types(of: schema.value, plans)
            types |= admitted
            isAny = isAny || admitted == 0
            if admitted == 0 || Self.fits(value.kind, value.number ?? "", admitted) { likely.append(schema.value) }
        }
        if likely.isEmpty, !isAny { return fail(value) { SchemaWords.sentence(for: value, types: types) } }
        if likely.count == 1 {
            let known = finding.problems.count
            _ = judge(value, by: likely[0])
            if finding.problems.count > known { return false }
        }
        return fail(value) { "fits none of the forms that are accepted here" }
    }

    static func types(of schema: Int, _ plans: [SchemaPlan]) -> UInt8 {
        var schema = schema
        for _ in 0..<8 {
            guard plans[schema].types == 0, let reference = plans[schema].source.reference else { break }
            schema = reference.value
        }
        return plans[schema].types
    }

    // MARK: Members that nobody mentions

    /// - Returns: whether it was not there.
    private mutating func mark(_ index: Int, _ mark: SchemaMarks.Mark) -> Bool {
        guard tracks, marks.insert(mark, index) else { return false }
        if trials > 0 {
            hasTried = true
            trail.append((index, mark))
        }
        return true
    }

    private mutating func takeBack(to count: Int) {
        while trail.count > count {
            guard let (index, mark) = trail.popLast() else { return }
            marks.remove(mark, index)
        }
    }

    /// Walks the value once all schemas have been heard. Values without any mark below are walked too: they are few
    /// in what fits a contract.
    private mutating func collect(_ value: JSONValue) {
        switch value.kind {
        case .null, .true, .false, .number, .string: return
        case .array:
            for element in value.elements {
                guard !isStopped else { return }
                collect(element)
            }
        case .object:
            let isJudged = marks.has(.judged, value.index)
            for member in value.members {
                guard !isStopped else { return }
                if !isJudged || marks.has(.declared, member.value.index) {
                    collect(member.value)
                } else if undeclared == .refused {
                    _ = fail(member.value) { "is not known here" }
                } else {
                    finding.undeclared.insert(member.value.index)
                }
            }
        }
    }
}

extension Int {
    fileprivate func multipliedClamped(by other: Int) -> Int {
        let (product, overflow) = multipliedReportingOverflow(by: other)
        return overflow ? .max : product
    }
}
