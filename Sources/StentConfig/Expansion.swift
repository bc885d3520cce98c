/// Replaces `${NAME}`, `${NAME:-default}` and `${file:/path}` inside one scalar.
///
/// It works on values that are already parsed, and its result is not read again: whatever a variable holds, it can't
/// add a key, end a string or refer to another variable. `$${` stands for `${`; any other `$` stands for itself.
struct Expansion {
    /// A password or token; nothing that belongs into a setting is larger.
    static let maximumFileSize = 64 << 10

    struct Result: Sendable {
        var text: String
        /// Whether anything was replaced, so that the text as written is what messages show.
        var isExpanded = false
        /// Whether any of it came from a file, which is how secrets are given.
        var isFromFile = false
        var problems: [ConfigProblem] = []
    }

    var environment: [String: String]
    var readFile: (String) throws -> [UInt8]

    func expand(_ text: String, at place: Place) -> Result {
        var result = Result(text: "")
        var rest = text[...]
        while let dollar = rest.firstIndex(of: "$") {
            result.text += rest[..<dollar]
            rest = rest[dollar...]
            if rest.hasPrefix("$${") {
                result.text += "${"
                rest = rest.dropFirst(3)
            } else if rest.hasPrefix("${") {
                guard let end = rest.firstIndex(of: "}") else {
                    result.problems.append(
                        ConfigProblem(
                            .badVariable, at: place, "a `${` without its `}`", help: "a literal `${` is written `$${`"))
                    return result
                }
                result.isExpanded = true
                append(rest.dropFirst(2)[..<end], to: &result, at: place)
                rest = rest[rest.index(after: end)...]
            } else {
                result.text += "$"
                rest = rest.dropFirst()
            }
        }
        result.text += rest
        return result
    }

    /// - Parameter reference: what stands between the braces.
    private func append(_ reference: Substring, to result: inout Result, at place: Place) {
        if reference.contains("${") {
            result.problems.append(
                ConfigProblem(.badVariable, at: place, "a variable's default can't hold another variable"))
        } else if reference.hasPrefix("file:") {
            appendFile(String(reference.dropFirst(5)), to: &result, at: place)
        } else {
            appendVariable(reference, to: &result, at: place)
        }
    }

    private func appendVariable(_ reference: Substring, to result: inout Result, at place: Place) {
        let colon = reference.firstIndex(of: ":")
        let name = String(reference[..<(colon ?? reference.endIndex)])
        let tail = reference[(colon ?? reference.endIndex)...]
        guard Self.isName(name), tail.isEmpty || tail.hasPrefix(":-") else {
            result.problems.append(
                ConfigProblem(
                    .badVariable, at: place, "`${\(reference)}` is not a variable",
                    help: "write `${NAME}`, `${NAME:-default}` or `${file:/path}`"))
            return
        }
        let value = environment[name]
        if tail.hasPrefix(":-") {
            // As in a shell: an empty variable takes the default too.
            result.text += value.flatMap { $0.isEmpty ? nil : $0 } ?? String(tail.dropFirst(2))
        } else if let value {
            result.text += value
        } else {
            result.problems.append(
                ConfigProblem(
                    .unsetVariable, at: place, "the variable `\(name)` is not set and has no default",
                    help: "set it, or write `${\(name):-default}`"))
        }
    }

    private func appendFile(_ path: String, to result: inout Result, at place: Place) {
        result.isFromFile = true
        guard let bytes = try? readFile(path) else {
            result.problems.append(ConfigProblem(.unreadableFile, at: place, "the file `\(path)` can't be read"))
            return
        }
        guard bytes.count <= Self.maximumFileSize, let content = String(validating: bytes, as: UTF8.self) else {
            result.problems.append(
                ConfigProblem(.unreadableFile, at: place, "the file `\(path)` is not a text of at most 64KiB"))
            return
        }
        // "\r\n" is one Character, so this drops either line end, once.
        result.text += content.last?.isNewline == true ? String(content.dropLast()) : content
    }

    private static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else {
            return false
        }
        return text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
    }
}
