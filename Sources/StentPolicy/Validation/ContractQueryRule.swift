import StentModel

/// The query of an operation, read as every server might read it.
///
/// Rails takes `patient_id[]=1` and `patient_id[x]=1` for `patient_id` too, older ones `[patient_id]=1`, and split at
/// `;` as well as at `&`. What names a declared parameter in such a way is refused, so that what was judged is what is
/// meant.
struct ContractQueryRule: Sendable {
    enum Verdict {
        /// The query as it goes upstream stands in the target.
        case passes
        case refused(ContractRefusal)
    }

    private struct Parameter: Sendable {
        let name: [UInt8]
        let rule: ContractParameterRule
    }

    private let parameters: [Parameter]
    private let isAnyRequired: Bool
    private let isSafe: Bool
    /// Older Rails reads it from the query as well as from a form.
    private static let override = Array("_method".utf8)

    init(_ operation: ContractOperation, _ schemas: SchemaRule) {
        parameters = operation.query.map {
            Parameter(name: Array($0.name.utf8), rule: ContractParameterRule($0, schemas, allowsSign: true))
        }
        isAnyRequired = operation.query.contains { $0.isRequired }
        isSafe = operation.method.isSafe
    }

    /// - Parameters:
    ///   - query: behind the `?`, empty where there is none.
    ///   - target: the path that goes upstream; the query is appended.
    func judge(_ bytes: Span<UInt8>, _ query: Range<Int>, appendingTo target: inout [UInt8]) -> Verdict {
        guard !query.isEmpty || isAnyRequired else { return .passes }
        var seen = [Bool](repeating: false, count: parameters.count)
        var scratch: [UInt8] = []
        let path = target.count
        var start = query.lowerBound
        var isAfterSemicolon = false
        var unknown: ContractRefusal?  // said unless something worse follows
        while start < query.upperBound {
            var stop = start
            while stop < query.upperBound, bytes[stop] != 0x26, bytes[stop] != 0x3B { stop += 1 }
            let isBeforeSemicolon = stop < query.upperBound && bytes[stop] == 0x3B
            if stop > start {
                let refusal = judge(
                    bytes, start..<stop, isApart: !isAfterSemicolon && !isBeforeSemicolon, path: path, &seen, &scratch,
                    &target)
                if let refusal {
                    guard refusal.reason == .contractUnknownParameter else { return .refused(refusal) }
                    unknown = unknown ?? refusal
                }
            }
            isAfterSemicolon = isBeforeSemicolon
            start = stop + 1
        }
        if let unknown { return .refused(unknown) }
        for index in parameters.indices where parameters[index].rule.isRequired && !seen[index] {
            return .refused(Self.invalid(parameters[index], "is missing"))
        }
        if isSafe, !query.isEmpty {
            target.append(0x3F)
            for index in query { target.append(bytes[index]) }
        }
        return .passes
    }

    /// One `name=value`, at `range`.
    private func judge(
        _ bytes: Span<UInt8>, _ range: Range<Int>, isApart: Bool, path: Int, _ seen: inout [Bool],
        _ scratch: inout [UInt8], _ target: inout [UInt8]
    ) -> ContractRefusal? {
        var equals = range.lowerBound
        while equals < range.upperBound, bytes[equals] != 0x3D { equals += 1 }
        let value = min(equals + 1, range.upperBound)..<range.upperBound
        scratch.removeAll(keepingCapacity: true)
        guard TargetText.decode(bytes, range.lowerBound..<equals, plusIsSpace: true, to: &scratch) else {
            return ContractRefusal(.contractInvalidParameter, "the query holds a `%` without two digits")
        }
        let nameEnd = scratch.count
        guard TargetText.decode(bytes, value, plusIsSpace: true, to: &scratch) else {
            return ContractRefusal(.contractInvalidParameter, "the query holds a `%` without two digits")
        }
        guard !scratch.contains(where: TargetText.isControl) else {
            return ContractRefusal(.contractInvalidParameter, "the query holds a control character")
        }
        guard Self.isUTF8(scratch[..<nameEnd]), Self.isUTF8(scratch[nameEnd...]) else {
            return ContractRefusal(.contractInvalidParameter, "the query is not UTF-8")
        }
        let name = scratch[..<nameEnd]
        let base = name.drop(while: Self.isBracket).prefix { !Self.isBracket($0) }
        if base.elementsEqual(Self.override) { return ContractRefusal(.requestMethodOverride) }
        guard let index = parameters.firstIndex(where: { base.elementsEqual($0.name) }) else {
            guard isSafe else {
                return ContractRefusal(.contractUnknownParameter, "the query holds a parameter that is not known here")
            }
            return nil
        }
        let parameter = parameters[index]
        guard base.count == name.count else { return Self.invalid(parameter, "must not have brackets in its name") }
        guard isApart else { return Self.invalid(parameter, "must stand between `&`, not `;`") }
        guard !seen[index] else { return Self.invalid(parameter, "must not stand twice") }
        seen[index] = true
        let problems = parameter.rule.problems(of: scratch.span.extracting(nameEnd..<scratch.count))
        guard problems.isEmpty else {
            return ContractRefusal(
                .contractInvalidParameter, problems: problems.map { Self.problem(parameter, $0.sentence) })
        }
        if !isSafe {
            target.append(target.count == path ? 0x3F : 0x26)
            TargetText.append(parameter.name.span, to: &target)
            target.append(0x3D)
            TargetText.append(scratch.span.extracting(nameEnd..<scratch.count), to: &target)
        }
        return nil
    }

    private static func isBracket(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "[") || byte == UInt8(ascii: "]") }

    private static func isUTF8(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.allSatisfy { $0 < 0x80 } || String(validating: bytes, as: UTF8.self) != nil
    }

    private static func invalid(_ parameter: Parameter, _ sentence: String) -> ContractRefusal {
        ContractRefusal(.contractInvalidParameter, problems: [problem(parameter, sentence)])
    }

    /// The name is the contract's, not the sender's.
    private static func problem(_ parameter: Parameter, _ sentence: String) -> ContractProblem {
        ContractProblem(sentence: "the parameter \(parameter.rule.name) \(sentence)")
    }
}
