/// One scalar as a setting reads it: variables are replaced, and what was written is kept for messages.
struct Scalar: Sendable {
    var text: String
    /// The text as it stands in the file, before variables were replaced.
    var written: String
    /// Written in quotes and without a variable: by YAML a string, even where it looks like a number.
    var isQuoted: Bool

    /// Whether a variable was replaced. Messages then show what was written and nothing of what it became.
    var isExpanded: Bool

    /// A value for messages, cut where it is long.
    var echo: String {
        let scalars = written.unicodeScalars
        let text = scalars.count <= 80 ? written : String(String.UnicodeScalarView(scalars.prefix(77))) + "..."
        return isQuoted ? "\"\(text)\"" : text
    }
}

/// Why a scalar is no value of a kind. The decoder adds the setting's name and place.
enum Fault: Error, Sendable, Equatable {
    /// - Parameters:
    ///   - help: what to write instead.
    ///   - quoting: whether the help repeats a part of the value, so that it is left out where a variable was replaced.
    case wrongType(help: String? = nil, quoting: Bool = false)
    /// Of the right type, but beyond the range.
    case outOfRange
    /// Not among the words that are known; the candidates are those of the kind.
    case unknownValue
    /// Readable as the type in general, and wrong in detail: the sentence goes on after the setting's name.
    case refused(ConfigProblem.Code, String, help: String? = nil, quoting: Bool = false)
}

/// A type of setting: how it is read, shown, documented and put into a schema.
struct Kind<Value: Sendable>: Sendable {
    /// With its article, for messages: `a duration such as 55s`.
    var expected: String
    /// For the documentation's column of types: `duration`.
    var name: String
    /// What is allowed, in words: `1ms to 10m`; empty where the type says it all.
    var range = ""
    /// The words that are allowed, in the order in which they are documented; empty for other kinds.
    var words: [String] = []
    var schema: JSON
    var read: @Sendable (Scalar) throws(Fault) -> Value
    /// The value as one would write it; `read` takes it back.
    var show: @Sendable (Value) -> String
}

extension Kind {
    /// A kind with one word that stands for no value: `off`, `auto`.
    static func either<Wrapped: Sendable>(_ word: String, _ kind: Kind<Wrapped>) -> Kind where Value == Wrapped? {
        Kind(
            expected: "\(kind.expected), or `\(word)`", name: "\(kind.name) or `\(word)`", range: kind.range,
            words: kind.words, schema: .anyOf([kind.schema, .object([("const", .string(word))])]),
            read: { scalar throws(Fault) in scalar.text == word ? nil : try kind.read(scalar) },
            show: { $0.map(kind.show) ?? word })
    }
}
