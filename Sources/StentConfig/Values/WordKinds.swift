import StentModel

extension Kind {
    /// One of a few words.
    static func choice(_ choices: [(word: String, value: Value)]) -> Kind where Value: Equatable {
        let words = choices.map(\.word)
        let list = words.map { "`\($0)`" }.joined(separator: ", ")
        return Kind(
            expected: "one of \(list)", name: "word", range: list, words: words,
            // A number in plain YAML, such as 503 or 1.2, is the same word.
            schema: .object([
                ("enum", .array(words.flatMap { [.string($0)] + (JSON(numberLike: $0).map { [$0] } ?? []) }))
            ]),
            read: { scalar throws(Fault) in
                guard let choice = choices.first(where: { $0.word == scalar.text }) else { throw .unknownValue }
                return choice.value
            },
            show: { value in choices.first { $0.value == value }?.word ?? "" })
    }

    /// One of the words of an enum.
    static func choice(of type: Value.Type) -> Kind
    where Value: CaseIterable & RawRepresentable & Equatable, Value.RawValue == String {
        choice(type.allCases.map { ($0.rawValue, $0) })
    }
}

extension Kind where Value == String {
    /// A path of the file system, taken from the directory that stent is started in.
    static func path(orEmpty allowsEmpty: Bool = false) -> Kind {
        Kind(
            expected: "a path", name: "path", schema: .object([("type", .string("string"))]),
            read: { scalar throws(Fault) in
                guard allowsEmpty || !scalar.text.isEmpty else { throw .wrongType(help: "it is empty") }
                guard !scalar.text.utf8.contains(0), scalar.text.utf8.count <= 4_095 else { throw .wrongType() }
                return scalar.text
            },
            show: { $0 })
    }

    /// The name of a server, as in a certificate: letters, digits, hyphens and dots.
    static let serverName = Kind(
        expected: "a host name", name: "host name", schema: .object([("type", .string("string"))]),
        read: { scalar throws(Fault) in
            guard HostName.isName(scalar.text) else { throw .wrongType() }
            return scalar.text
        },
        show: { $0 })
}

extension Kind where Value == Method {
    /// The methods that may be repeated on any route: idempotent ones (RFC 9110 §9.2.2), less TRACE, which stent
    /// refuses. POST and PATCH are absent by design: a blind repeat may carry them out twice.
    static let repeatableMethod = Kind.choice(
        [Method.get, .head, .options, .put, .delete].compactMap { method in
            method.text.map { ("\($0)", method) }
        })
}

extension Kind where Value == RoutePattern {
    /// Methods and path of a route.
    static let pattern = Kind(
        expected: "a pattern such as `GET /notes/{id}`", name: "pattern",
        schema: .object([("type", .string("string"))]),
        read: { scalar throws(Fault) in try RoutePatternParser.parse(scalar.text) },
        show: { $0.text })
}

extension Kind where Value == Priority {
    /// Who is served first.
    static let priority = Kind.choice([("write", .write), ("read", .read), ("list", .list)])
}

extension Kind where Value == String {
    /// The name of a member of a JSON object.
    static let member = Kind(
        expected: "the name of a member", name: "name", schema: .object([("type", .string("string"))]),
        read: { scalar throws(Fault) in
            guard RequestTemplateParser.isMember(scalar.text[...]) else {
                throw .wrongType(help: "a name is letters, digits and `_`")
            }
            return scalar.text
        },
        show: { $0 })

    /// Path and query of a request.
    static let target = Kind(
        expected: "a path such as `/health`", name: "path", schema: .object([("type", .string("string"))]),
        read: { scalar throws(Fault) in
            guard scalar.text.hasPrefix("/"), RequestTemplateParser.isTarget(scalar.text) else { throw .wrongType() }
            return scalar.text
        },
        show: { $0 })
}

extension Kind where Value == RequestTemplate {
    /// A GET with places that are filled from a request's content.
    static let template = Kind(
        expected: "a template such as `GET /notes?patient_id={body.patient_id}`", name: "template",
        schema: .object([("type", .string("string"))]),
        read: { scalar throws(Fault) in try RequestTemplateParser.parse(scalar.text) },
        show: { $0.text })
}
