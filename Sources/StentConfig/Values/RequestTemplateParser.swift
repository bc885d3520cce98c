import StentModel

/// Reads a template of a GET: `GET`, a blank, and a target with places.
///
/// ```
/// template = "GET" SP "/" *( literal / "{body." member "}" )
/// member   = 1*( ALPHA / DIGIT / "_" )
/// ```
enum RequestTemplateParser {
    /// - Throws: `config.bad-pattern` with what is wrong and what to write.
    static func parse(_ text: String) throws(Fault) -> RequestTemplate {
        guard text.hasPrefix("GET /") else {
            throw refused("does not begin with `GET /`", help: "as in `GET /notes?patient_id={body.patient_id}`")
        }
        var parts: [RequestTemplate.Part] = []
        var rest = text.dropFirst(4)
        while !rest.isEmpty {
            guard rest.first == "{" else {
                let literal = rest.prefix { $0 != "{" }
                guard isTarget(String(literal)) else {
                    throw refused("holds what no target may: a blank, `}`, `#`, or a byte that is not ASCII")
                }
                parts.append(.literal(String(literal)))
                rest = rest.dropFirst(literal.count)
                continue
            }
            guard let end = rest.firstIndex(of: "}") else { throw refused("has a `{` without its `}`") }
            let place = rest[..<end].dropFirst()
            guard place.hasPrefix("body."), isMember(place.dropFirst(5)) else {
                throw refused("has the place `{\(place)}`, which can't be filled", help: "places are `{body.name}`")
            }
            parts.append(.body(String(place.dropFirst(5))))
            rest = rest[rest.index(after: end)...]
        }
        return RequestTemplate(text: text, parts: parts)
    }

    static func isMember(_ text: Substring) -> Bool {
        (1...128).contains(text.utf8.count)
            && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
    }

    /// Visible ASCII that stands for itself in a path or query.
    static func isTarget(_ text: String) -> Bool {
        text.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != 0x23 && $0 != 0x5C && $0 != 0x7B && $0 != 0x7D }
    }

    private static func refused(_ sentence: String, help: String? = nil) -> Fault {
        .refused(.badPattern, sentence, help: help, quoting: true)
    }
}
