import StentModel

/// What requests and answers may look like: the rule of an API's contract.
///
/// A request that passes is an operation of the contract, and its path and query are written anew from what was
/// understood: a rule binds to the resource, not to its spelling, and what goes upstream has one spelling only.
package struct ContractRule: Sendable {
    /// An operation, ready to be enforced.
    private final class Operation: Sendable {
        let index: Int
        let method: Method
        let isOpen: Bool
        let query: ContractQueryRule
        let content: ContractContent?
        let media: [Media]
        let answers: [ContractAnswer]

        init(_ operation: ContractOperation, index: Int, _ schemas: SchemaRule) {
            self.index = index
            method = operation.method
            isOpen = operation.isOpen
            query = ContractQueryRule(operation, schemas)
            content = operation.content
            media = operation.content?.media.map(Media.init) ?? []
            answers = operation.answers
        }
    }

    /// A media type of an operation's content.
    private final class Media: Sendable {
        let source: ContractMedia
        /// As it is written in Content-Type.
        let text: [UInt8]
        let isJSON: Bool
        /// How most clients write it: what is one of these needs not be taken apart.
        let spellings: [[UInt8]]

        init(_ source: ContractMedia) {
            self.source = source
            text = Array(source.type.utf8)
            isJSON = MediaType.isJSON(source.type)
            let parameters = isJSON ? ["", "; charset=utf-8", ";charset=utf-8"] : [""]
            spellings = parameters.map { Array((source.type + $0).utf8) }
        }
    }

    /// A path template, ready to be filled in.
    private final class Path: Sendable {
        enum Segment: Sendable {
            /// As it is written in a target.
            case literal([UInt8])
            case parameter(String)
        }

        let template: String
        let segments: [Segment]
        let operations: [Operation]
        let allow: [Method]

        init(_ path: ContractPath, _ schemas: SchemaRule) {
            template = path.template
            segments = path.segments.map { segment in
                switch segment {
                case .literal(let text):
                    var encoded: [UInt8] = []
                    TargetText.append(Array(text.utf8).span, to: &encoded, keepsSegment: true)
                    return .literal(encoded)
                case .parameter(let parameter): return .parameter(parameter.name)
                }
            }
            operations = path.operations.enumerated().map { Operation($0.element, index: $0.offset, schemas) }
            let methods = Set(path.operations.map(\.method))
            allow = Method.allCases.filter { methods.contains($0) || $0 == .head && methods.contains(.get) }
        }
    }

    private let schemas: SchemaRule
    private let tree: ContractTree
    private let paths: [Path]
    private let suffixes: [[UInt8]]
    private let undeclared: SchemaRule.Undeclared

    /// - Throws: the first fault of a pattern, which whoever reads the document should have found.
    package init(_ settings: ContractSettings) throws(PatternFault) {
        let schemas = try SchemaRule(settings.contract)
        self.schemas = schemas
        tree = ContractTree(settings.contract, schemas)
        suffixes = settings.suffixes.map { Array($0.utf8) }
        undeclared =
            switch settings.undeclared {
            case .drop: .collected
            case .pass: .ignored
            case .refuse: .refused
            }
        paths = settings.contract.paths.map { Path($0, schemas) }
    }

    // MARK: Heads

    /// Judges a request by its head: path, method, query, media type, coding, and content that is declared absent.
    package func judge(_ head: borrowing RequestHead) -> ContractVerdict {
        let path = head.path
        guard path.upperBound <= head.fields.bytes.count, head.pathAndQuery.upperBound <= head.fields.bytes.count else {
            return .refused(ContractRefusal(.contractUnknownPath))
        }
        let bytes = head.fields.bytes.span
        if path.isEmpty {  // of an absolute-form target
            let root: [UInt8] = [0x2F]
            return judge(head, path: root.span, 0..<1)
        }
        guard bytes[path.lowerBound] == 0x2F else { return .refused(ContractRefusal(.contractUnknownPath)) }
        switch Self.spelling(bytes, path.range) {
        case .plain: return judge(head, path: bytes, path.range)
        case .encoded:
            var decoded: [UInt8] = []
            guard TargetText.decode(bytes, path.range, to: &decoded) else {
                return .refused(ContractRefusal(.contractUnknownPath))
            }
            return judge(head, path: decoded.span, 0..<decoded.count)
        case .ambiguous: return .refused(ContractRefusal(.contractUnknownPath))
        }
    }

    private enum Spelling {
        /// Nothing is percent-encoded.
        case plain
        case encoded
        /// It holds what servers read differently, or no text at all. `TargetRule` refuses most of it before.
        case ambiguous
    }

    private static func spelling(_ bytes: Span<UInt8>, _ path: Range<Int>) -> Spelling {
        var spelling = Spelling.plain
        var index = path.lowerBound
        while index < path.upperBound {
            var byte = bytes[index]
            if byte == UInt8(ascii: "%") {
                guard let value = PercentEncoding.byte(in: bytes, at: index, end: path.upperBound),
                    value != UInt8(ascii: "/")
                else { return .ambiguous }
                byte = value
                index += 2
                spelling = .encoded
            }
            index += 1
            guard !TargetText.isControl(byte), byte != UInt8(ascii: ";"), byte != UInt8(ascii: "\\") else {
                return .ambiguous
            }
        }
        return spelling
    }

    /// - Parameters:
    ///   - bytes: hold the path, decoded.
    private func judge(_ head: borrowing RequestHead, path bytes: Span<UInt8>, _ range: Range<Int>) -> ContractVerdict {
        guard let found = tree.find(bytes, range, suffixes: suffixes) else {
            return .refused(ContractRefusal(.contractUnknownPath))
        }
        let path = paths[found.path]
        guard let operation = Self.operation(of: path, for: head.method) else {
            return .refused(ContractRefusal(.contractMethodNotAllowed, allow: path.allow))
        }
        var match = ContractMatch(
            path: found.path, operation: operation.index, template: path.template, isOpen: operation.isOpen,
            target: [], parameters: [], content: .none, contentType: nil)
        match.target.reserveCapacity(Int(head.pathAndQuery.length) + 32)
        fill(path, found, bytes, &match)
        let query = min(head.path.upperBound + 1, head.pathAndQuery.upperBound)..<head.pathAndQuery.upperBound
        switch operation.query.judge(head.fields.bytes.span, query, appendingTo: &match.target) {
        case .passes: break
        case .refused(let refusal): return .refused(refusal)
        }
        if let content = operation.content, let refusal = judge(head, content, operation.media, &match) {
            return .refused(refusal)
        }
        return .passes(match)
    }

    /// HEAD is GET without the content of its answer (RFC 9110 §9.3.2), unless the contract has it by itself.
    private static func operation(of path: Path, for method: Method) -> Operation? {
        guard method != .other else { return nil }
        for operation in path.operations where operation.method.rawValue == method.rawValue { return operation }
        return method == .head ? path.operations.first { $0.method == .get } : nil
    }

    /// Writes the path anew.
    private func fill(_ path: Path, _ found: ContractTree.Found, _ bytes: Span<UInt8>, _ match: inout ContractMatch) {
        if path.segments.isEmpty { match.target.append(0x2F) }
        for segment in path.segments {
            match.target.append(0x2F)
            switch segment {
            case .literal(let text): match.target.append(contentsOf: text)
            case .parameter(let name):
                let value = bytes.extracting(found.captures[match.parameters.count])
                TargetText.append(value, to: &match.target)
                let text = value.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
                match.parameters.append(ContractMatch.Parameter(name: name, value: text))
            }
        }
        if let suffix = found.suffix {
            let text = suffixes[suffix]
            TargetText.append(text.span, to: &match.target, keepsSegment: true)
        }
    }

    // MARK: Content

    /// Judges what the head says of content that the operation takes.
    private func judge(
        _ head: borrowing RequestHead, _ content: ContractContent, _ media: [Media], _ match: inout ContractMatch
    ) -> ContractRefusal? {
        guard head.framing.hasContent else {
            return content.isRequired ? ContractRefusal(.contractInvalidContent, "is missing") : nil
        }
        var type: Slot?
        var types = 0
        for line in head.fields.lines {
            switch line.field {
            case .contentType:
                type = line.value
                types += 1
            case .contentEncoding:
                guard Self.isIdentity(head, line.value) else { return ContractRefusal(.contractContentCoding) }
            case _: continue
            }
        }
        guard let type, types == 1, let media = Self.media(head.fields, type, among: media) else {
            let accepted = content.media.map(\.type).joined(separator: " or ")
            return ContractRefusal(.contractMediaType, "must be \(accepted)")
        }
        if media.isJSON { match.contentType = media.text }
        if let schema = media.source.schema, media.isJSON {
            match.content = .json(schema)
            match.wrapper = media.source.wrapper
        } else {
            match.content = .opaque
        }
        return nil
    }

    private static func isIdentity(_ head: borrowing RequestHead, _ value: Slot) -> Bool {
        var isIdentity = true
        head.fields.forEachToken(of: value) { token in
            isIdentity = head.fields.equals(token, lowercase: "identity")
            return isIdentity
        }
        return isIdentity
    }

    /// The one that Content-Type names; of JSON, in UTF-8 (RFC 8259 §8.1).
    private static func media(_ fields: borrowing FieldSection, _ slot: Slot, among declared: [Media]) -> Media? {
        for media in declared {
            for spelling in media.spellings where fields.isSame(slot, spelling) { return media }
        }
        guard slot.upperBound <= fields.bytes.count, let type = MediaType(fields.bytes[slot.range]),
            let media = declared.first(where: { $0.source.type.isSameText(as: type.essence) })
        else { return nil }
        return media.isJSON && type.charset ?? "utf-8" != "utf-8" ? nil : media
    }

    /// Judges content that has been gathered.
    ///
    /// - Parameter match: what the request's head came to.
    package func judge(content: [UInt8], of match: ContractMatch) -> ContractContentVerdict {
        guard case .json(let schema) = match.content else { return .nothingToRead }
        guard !content.isEmpty else {  // chunked, and only now known to be none
            let isRequired = operation(of: match)?.content?.isRequired ?? false
            return isRequired
                ? .refused(ContractRefusal(.contractInvalidContent, "is missing")) : .nothingToRead
        }
        var document: JSONDocument
        var place = ""
        do throws(JSONFault) {
            document = try JSONDocument(content)
            if let inner = Self.unwrapped(document, match.wrapper) {
                document = try JSONDocument(inner)
                JSONPointer.append(match.wrapper ?? "", to: &place)
            }
        } catch {
            return .refused(ContractRefusal(.contractMalformedJSON, error.sentence))
        }
        let finding = schemas.judge(document.root, by: schema, undeclared: undeclared)
        guard finding.problems.isEmpty else {
            let problems = finding.problems.map { ContractProblem(pointer: place + $0.pointer, sentence: $0.sentence) }
            return .refused(ContractRefusal(.contractInvalidContent, problems: problems))
        }
        return .passes(document, undeclared: finding.undeclared)
    }

    /// What is in the wrapper, where that is all that there is.
    private static func unwrapped(_ document: JSONDocument, _ wrapper: String?) -> [UInt8]? {
        guard let wrapper, document.root.kind == .object, document.root.count == 1,
            let inner = document.root[name: wrapper], inner.kind == .object
        else { return nil }
        return Array(document.bytes[inner.range])
    }

    private func operation(of match: ContractMatch) -> Operation? {
        guard paths.indices.contains(match.path) else { return nil }
        let operations = paths[match.path].operations
        return operations.indices.contains(match.operation) ? operations[match.operation] : nil
    }

    // MARK: Answers

    /// What is wrong with an answer; empty where it is as the contract says, and where it is not JSON.
    ///
    /// - Parameters:
    ///   - mediaType: `nil` where the answer names none.
    ///   - document: its content; `nil` where that has not been read.
    package func problems(
        status: Int, mediaType: MediaType?, document: JSONDocument?, of match: ContractMatch
    ) -> [ContractProblem] {
        guard let operation = operation(of: match) else { return [] }
        let answers = operation.answers.filter { $0.statuses.contains(status) }
        guard let answer = answers.min(by: { $0.statuses.count < $1.statuses.count }) else {
            return [ContractProblem(sentence: "the status \(status) is not one that the contract knows")]
        }
        guard let mediaType, mediaType.isJSON, !answer.media.isEmpty else { return [] }
        guard let media = answer.media.first(where: { $0.type.isSameText(as: mediaType.essence) }) else {
            return [ContractProblem(sentence: "is JSON, which the contract does not know for the status \(status)")]
        }
        guard let document, let schema = media.schema else { return [] }
        return schemas.judge(document.root, by: schema, undeclared: .ignored).problems
    }
}

extension FieldSection {
    /// Whether the slot is that text, ASCII letters compared without case.
    fileprivate func isSame(_ slot: Slot, _ lowercase: [UInt8]) -> Bool {
        guard slot.range.count == lowercase.count, slot.upperBound <= bytes.count else { return false }
        let span = bytes.span
        let expected = lowercase.span
        for index in expected.indices {
            var byte = span[slot.lowerBound + index]
            if (0x41...0x5A).contains(byte) { byte |= 0x20 }
            guard byte == expected[index] else { return false }
        }
        return true
    }
}

extension JSONFault {
    /// What is wrong and where, for people; nothing of the text is in it.
    fileprivate var sentence: String {
        let fault =
            switch kind {
            case .notUTF8: "is not UTF-8"
            case .byteOrderMark: "begins with a byte order mark"
            case .unexpectedEnd: "ends too early"
            case .unexpectedByte: "has a byte that is not JSON"
            case .trailingBytes: "goes on behind its value"
            case .controlCharacter: "has a control character in a string"
            case .malformedNumber: "has a malformed number"
            case .malformedEscape: "has a malformed escape"
            case .loneSurrogate: "has half of a surrogate pair"
            case .duplicateName: "has a name twice in one object"
            case .tooDeep: "has too many arrays and objects inside one another"
            case .tooManyValues: "has too many values"
            case .tooLong: "is too long"
            }
        return "\(fault), at byte \(offset)"
    }
}
