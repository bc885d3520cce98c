import Yams

/// Reads the one YAML document of a file into nodes with places.
///
/// Yams parses; what it would accept or expand silently is refused here: duplicate keys, anchors and aliases, tags,
/// merge keys, keys that are no plain text, a second document. Settings have no use for them, and each is a way to make
/// a file mean something else than it seems to.
struct YAMLReader {
    /// Each duplicate costs one more parse. Beyond as many, or as many bytes in all, the file is broken in another way.
    private static let maximumDuplicates = 32
    private static let maximumParsedAgain = 1 << 20

    private(set) var problems: [ConfigProblem] = []
    private var source: SourceText
    /// The scalars that stand in for the first one of a key that occurs again: Yams stops at the first duplicate, so
    /// each is given a name of its own (a private-use scalar for its first one, which keeps all places), and gets its
    /// own back afterwards.
    private var renamed: [Unicode.Scalar: Unicode.Scalar] = [:]

    /// What is missing in an empty file, for messages.
    private let content: String

    init(_ source: SourceText, content: String = "settings") {
        self.source = source
        self.content = content
    }

    /// - Returns: the document's root, `nil` where the file can't be read as YAML at all; `problems` says why.
    mutating func read() -> YAMLNode? {
        if let place = source.firstAlias() {
            problems.append(
                ConfigProblem(.syntax, at: place, "anchors and aliases are not read", help: "write the value out"))
            return nil
        }
        while true {
            do {
                let parser = try Parser(yaml: source.text, resolver: .basic, encoding: .utf8)
                guard let root = try parser.singleRoot() else {
                    problems.append(ConfigProblem(.syntax, at: .start, "the file holds no \(content)"))
                    return nil
                }
                let tree = convert(root)
                guard tree?.isNull != true else {
                    problems.append(ConfigProblem(.syntax, at: .start, "the file holds no \(content)"))
                    return nil
                }
                return tree
            } catch YamlError.duplicatedKeysInMapping(_, let context) where rename(keyAt: Place(context.mark)) {
                continue
            } catch {
                problems.append(problem(for: error))
                return nil
            }
        }
    }

    /// - Returns: whether the key could be renamed.
    private mutating func rename(keyAt mark: Place) -> Bool {
        var place = mark
        guard renamed.count < Self.maximumDuplicates,
            renamed.count * source.text.utf8.count <= Self.maximumParsedAgain, let first = source.scalar(at: place)
        else { return false }
        if first == "\"" || first == "'" { place.column += 1 }
        guard let original = source.scalar(at: place), !"\"'\\[{&*!?".unicodeScalars.contains(original),
            let standIn = Unicode.Scalar(0xE000 + UInt32(renamed.count))
        else { return false }
        renamed[standIn] = original
        source = source.replacing(at: place, with: standIn)
        return true
    }

    private mutating func convert(_ node: Node) -> YAMLNode? {
        let place = node.mark.map(Place.init) ?? .start
        // A node's mark is that of its properties, and no other node can begin with these.
        switch source.scalar(at: place) {
        case "&":
            problems.append(
                ConfigProblem(.syntax, at: place, "anchors and aliases are not read", help: "write the value out"))
            return nil
        case "!":
            problems.append(ConfigProblem(.syntax, at: place, "tags are not read", help: "remove the tag"))
            return nil
        default:
            break
        }
        switch node {
        case .scalar(let scalar):
            return YAMLNode(content: .scalar(restored(scalar.string), isPlain: scalar.style == .plain), place: place)
        case .sequence(let sequence):
            return YAMLNode(content: .sequence(sequence.compactMap { convert($0) }), place: place)
        case .mapping(let mapping):
            return YAMLNode(content: .mapping(entries(of: mapping)), place: place)
        case .alias:
            return nil  // made by nothing that parses
        }
    }

    private mutating func entries(of mapping: Node.Mapping) -> [YAMLNode.Entry] {
        var entries: [YAMLNode.Entry] = []
        var firstPlaces: [String: Place] = [:]
        for (key, value) in mapping {
            let place = key.mark.map(Place.init) ?? .start
            guard let convertedKey = convert(key) else { continue }
            guard case .scalar(let name, _) = convertedKey.content else {
                problems.append(ConfigProblem(.syntax, at: place, "a key must be a name"))
                continue
            }
            guard let convertedValue = convert(value) else { continue }
            if name == "<<" {
                problems.append(
                    ConfigProblem(.syntax, at: place, "merge keys are not read", help: "write the settings out"))
            } else if let first = firstPlaces[name] {
                problems.append(
                    ConfigProblem(
                        .duplicateKey, at: place,
                        "`\(name)` is set twice; the first is at \(first.line):\(first.column)",
                        help: "keep one of the two"))
            } else {
                firstPlaces[name] = place
                entries.append(YAMLNode.Entry(key: name, place: place, value: convertedValue))
            }
        }
        return entries
    }

    private func restored(_ text: String) -> String {
        guard let first = text.unicodeScalars.first, let original = renamed[first] else { return text }
        var scalars = text.unicodeScalars
        scalars.removeFirst()
        return String(String.UnicodeScalarView([original])) + String(scalars)
    }

    private func problem(for error: any Error) -> ConfigProblem {
        switch error as? YamlError {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _):
            let place = source.clamped(Place(mark))
            if source.isIndentedByTab(line: place.line) {
                return ConfigProblem(
                    .syntax, at: place, "a tab in the indentation", help: "YAML is indented by spaces only")
            }
            if problem.hasPrefix("Maximum nesting level") {
                return ConfigProblem(.syntax, at: place, "lists and mappings are nested too deeply")
            }
            return ConfigProblem(.syntax, at: place, "this is not YAML: \(problem)", help: Self.help(for: problem))
        case .composer(_, let problem, let mark, _):
            let isSecond = problem.contains("another document")
            return ConfigProblem(
                .syntax, at: source.clamped(Place(mark)),
                isSecond ? "a second document begins here" : "this is not YAML: \(problem)",
                help: isSecond ? "a configuration is one document; remove the `---`" : nil)
        case .duplicatedKeysInMapping(_, let context):
            return ConfigProblem(.duplicateKey, at: Place(context.mark), "a key is set twice here")
        case .no, .memory, .reader, .writer, .emitter, .representer, .dataCouldNotBeDecoded, nil:
            return ConfigProblem(.syntax, at: .start, "the file can't be read as YAML")
        }
    }

    /// What usually lies behind libyaml's words.
    private static func help(for problem: String) -> String? {
        if problem.contains("mapping values are not allowed") {
            return "a value that holds `: ` needs quotes; else check the indentation"
        }
        if problem.contains("cannot start any token") { return "a value that begins with this character needs quotes" }
        if problem.contains("could not find expected ':'") { return "a key is followed by `: ` and its value" }
        if problem.contains("did not find expected key") { return "check the indentation of this line" }
        return nil
    }
}

extension Place {
    fileprivate init(_ mark: Mark) { self.init(line: mark.line, column: mark.column) }
}
