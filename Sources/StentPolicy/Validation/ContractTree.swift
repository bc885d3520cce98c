import StentModel

/// The path templates of a contract by their segments, so that a path is compared with those that begin as it does.
///
/// A literal is preferred to a parameter in the first segment that differs (OpenAPI 3.1 §4.8.8.2); where it leads
/// nowhere, the parameter is tried. Each node is seen at most once for a path, whatever the path is.
final class ContractTree: Sendable {
    /// A path of a request that is one of the contract's.
    struct Found {
        /// Place in `Contract.paths`.
        var path: Int
        /// Which of the suffixes it has.
        var suffix: Int?
        /// Values of the parameters in the bytes that were searched.
        var captures: [Range<Int>]
    }

    private struct Literal: Sendable {
        let text: [UInt8]
        let next: ContractTree
    }

    private struct Parameter: Sendable {
        let rule: ContractParameterRule
        let next: ContractTree
    }

    private let literals: [Literal]
    private let parameters: [Parameter]
    private let path: Int?

    convenience init(_ contract: Contract, _ schemas: SchemaRule) {
        let paths = contract.paths.enumerated().map { (index: $0.offset, rest: $0.element.segments[...]) }
        self.init(paths, schemas)
    }

    private init(_ paths: [(index: Int, rest: ArraySlice<ContractPath.Segment>)], _ schemas: SchemaRule) {
        typealias Group<Key> = (key: Key, paths: [(index: Int, rest: ArraySlice<ContractPath.Segment>)])
        var literals: [Group<[UInt8]>] = []
        var parameters: [Group<ContractParameterRule>] = []
        for (index, rest) in paths {
            switch rest.first {
            case .literal(let text):
                let text = Array(text.utf8)
                let entry = (index, rest.dropFirst())
                if let known = literals.firstIndex(where: { $0.key == text }) {
                    literals[known].paths.append(entry)
                } else {
                    literals.append((text, [entry]))
                }
            case .parameter(let parameter):
                let rule = ContractParameterRule(parameter, schemas, allowsSign: false)
                let entry = (index, rest.dropFirst())
                if let known = parameters.firstIndex(where: { $0.key.isSame(as: rule) }) {
                    parameters[known].paths.append(entry)
                } else {
                    parameters.append((rule, [entry]))
                }
            case nil: continue
            }
        }
        path = paths.first { $0.rest.isEmpty }?.index
        self.literals = literals.map { Literal(text: $0.key, next: ContractTree($0.paths, schemas)) }
        self.parameters = parameters.map { Parameter(rule: $0.key, next: ContractTree($0.paths, schemas)) }
    }

    /// - Parameters:
    ///   - bytes: hold a path that begins with `/`, decoded, without syntax but `/`.
    ///   - range: the path.
    ///   - suffixes: endings of the last segment that name the same resource.
    func find(_ bytes: Span<UInt8>, _ range: Range<Int>, suffixes: [[UInt8]]) -> Found? {
        var end = range.upperBound
        if range.count > 1, bytes[end - 1] == 0x2F { end -= 1 }
        guard end - range.lowerBound > 1 else {
            return range.count == 1 ? path.map { Found(path: $0, suffix: nil, captures: []) } : nil  // `//` is not `/`
        }
        var found = Found(path: 0, suffix: nil, captures: [])
        return find(bytes, from: range.lowerBound + 1, end: end, suffixes, &found) ? found : nil
    }

    private func find(
        _ bytes: Span<UInt8>, from start: Int, end: Int, _ suffixes: [[UInt8]], _ found: inout Found
    ) -> Bool {
        var stop = start
        while stop < end, bytes[stop] != 0x2F { stop += 1 }
        guard stop > start else { return false }
        let isLast = stop == end
        for literal in literals where Self.equal(bytes, start..<stop, literal.text) {
            if !isLast {
                if literal.next.find(bytes, from: stop + 1, end: end, suffixes, &found) { return true }
            } else if literal.next.end(nil, &found) {
                return true
            }
        }
        let suffix = isLast ? Self.suffix(bytes, start..<stop, suffixes) : nil
        let value = start..<stop - (suffix.map { suffixes[$0].count } ?? 0)
        if let suffix {
            for literal in literals where Self.equal(bytes, value, literal.text) {
                if literal.next.end(suffix, &found) { return true }
            }
        }
        guard !Self.isDots(bytes, value) else { return false }
        for parameter in parameters where parameter.rule.problems(of: bytes.extracting(value)).isEmpty {
            found.captures.append(value)
            if isLast {
                if parameter.next.end(suffix, &found) { return true }
            } else if parameter.next.find(bytes, from: stop + 1, end: end, suffixes, &found) {
                return true
            }
            found.captures.removeLast()
        }
        return false
    }

    private func end(_ suffix: Int?, _ found: inout Found) -> Bool {
        guard let path else { return false }
        found.path = path
        found.suffix = suffix
        return true
    }

    private static func suffix(_ bytes: Span<UInt8>, _ segment: Range<Int>, _ suffixes: [[UInt8]]) -> Int? {
        for index in suffixes.indices {
            let count = suffixes[index].count
            guard count > 0, count < segment.count else { continue }
            if equal(bytes, segment.upperBound - count..<segment.upperBound, suffixes[index]) { return index }
        }
        return nil
    }

    private static func isDots(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        range.count <= 2 && range.allSatisfy { bytes[$0] == UInt8(ascii: ".") }
    }

    private static func equal(_ bytes: Span<UInt8>, _ range: Range<Int>, _ text: [UInt8]) -> Bool {
        guard range.count == text.count else { return false }
        let text = text.span
        for index in text.indices where bytes[range.lowerBound + index] != text[index] { return false }
        return true
    }
}
