extension SettingsTable {
    /// The JSON Schema (2020-12) of a configuration file, for editors and other checkers.
    ///
    /// It says less than `stent check`: ranges of durations and sizes, and whatever holds between settings, can't be
    /// told in it. A value may be any text that holds a variable.
    package static var jsonSchema: String {
        var members: [(key: String, value: JSON)] = [
            ("$schema", .string("https://json-schema.org/draft/2020-12/schema")),
            ("title", .string("stent configuration")),
        ]
        members += object(settings)
        members.append(
            (
                "$defs",
                .object([
                    (
                        "variable",
                        .object([
                            ("description", .string("A text with a variable, whose value the schema can't know.")),
                            ("type", .string("string")), ("pattern", .string("\\$\\{[^}]+\\}")),
                        ])
                    )
                ])
            ))
        return JSON.object(members).text() + "\n"
    }

    private static func object(_ settings: [Setting]) -> [(key: String, value: JSON)] {
        var members: [(key: String, value: JSON)] = [("type", .string("object"))]
        members.append(("properties", .object(settings.map { ($0.key, schema(of: $0)) })))
        let required = settings.filter(\.isRequired).map { JSON.string($0.key) }
        if !required.isEmpty { members.append(("required", .array(required))) }
        members.append(("additionalProperties", .bool(false)))
        return members
    }

    private static func schema(of setting: Setting) -> JSON {
        let sentence = ("description", JSON.string(setting.sentence))
        switch setting.shape {
        case .value(let type):
            return .object([describedDefault(sentence, setting), ("anyOf", alternatives(type))])
        case .list(let type, let minimum):
            var members = [
                describedDefault(sentence, setting), ("type", .string("array")),
                ("items", .object([("anyOf", alternatives(type))])),
                ("uniqueItems", .bool(true)),
            ]
            if minimum > 0 { members.append(("minItems", .int(minimum))) }
            return .object(members)
        case .section(let children):
            return .object([sentence] + object(children))
        case .sections(let children, let minimum):
            var members = [sentence, ("type", .string("array")), ("items", .object(object(children)))]
            if minimum > 0 { members.append(("minItems", .int(minimum))) }
            return .object(members)
        }
    }

    private static func alternatives(_ type: Setting.Described) -> JSON {
        let variable = JSON.object([("$ref", .string("#/$defs/variable"))])
        // Any text is allowed already.
        if case .object(let members) = type.schema, members.count == 1, case .string("string")? = members.first?.value {
            return .array([type.schema])
        }
        // A schema that is itself a choice is not nested.
        if case .object(let members) = type.schema,
            case .array(let inner)? = members.first(where: { $0.key == "anyOf" })?.value
        {
            return .array(inner + [variable])
        }
        return .array([type.schema, variable])
    }

    /// Editors show the description, so the default and the range are part of it.
    private static func describedDefault(
        _ sentence: (String, JSON), _ setting: Setting
    ) -> (key: String, value: JSON) {
        guard case .string(var text) = sentence.1 else { return sentence }
        switch setting.shape {
        case .value(let type), .list(let type, _):
            if !type.range.isEmpty { text += " Allowed: \(type.range)." }
        case .section, .sections: break
        }
        switch setting.default {
        case .value(let value) where !value.isEmpty: text += " Default: `\(value)`."
        case .words(let words) where !words.isEmpty: text += " Default: \(words)."
        case .value, .words, .required: break
        }
        return ("description", .string(text))
    }
}
