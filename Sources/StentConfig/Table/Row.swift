import StentModel

/// One line of the settings table: what is said about a key, and how its value gets into the settings and out again.
struct Row<Owner>: Sendable {
    let setting: Setting
    /// Reads a node into its place, or notes what is wrong with it.
    let decode: @Sendable (_ node: YAMLNode, _ path: String, inout Owner, inout Decoding) -> Void
    /// Each value below this row as path and text, in the order of the table.
    let show: @Sendable (_ owner: Owner, _ path: String) -> [ShownValue]
}

/// A setting's value as one would write it.
package struct ShownValue: Sendable, Equatable {
    /// `listen.https.address`, `routes[2].match`.
    package var path: String
    package var text: String
}

/// A key path that may be part of the table.
typealias SendableKeyPath<Root, Value> = WritableKeyPath<Root, Value> & Sendable

extension Row {
    /// A single value.
    static func value<Value>(
        _ key: String, _ target: SendableKeyPath<Owner, Value>, _ kind: Kind<Value>, _ initial: Setting.Default,
        reload: Bool = true, _ sentence: String
    ) -> Row {
        Row(
            setting: Setting(
                key: key, shape: .value(kind.described), default: initial, sentence: sentence, isReloadable: reload),
            decode: { node, path, owner, decoding in
                guard let value = decoding.value(kind, node, path) else { return }
                owner[keyPath: target] = value
            },
            show: { owner, path in [ShownValue(path: path, text: kind.show(owner[keyPath: target]))] })
    }

    /// A value that is taken from elsewhere where it is absent.
    static func optional<Value>(
        _ key: String, _ target: SendableKeyPath<Owner, Value?>, _ kind: Kind<Value>, absent words: String,
        reload: Bool = true, _ sentence: String
    ) -> Row {
        Row(
            setting: Setting(
                key: key, shape: .value(kind.described), default: .words(words), sentence: sentence,
                isReloadable: reload),
            decode: { node, path, owner, decoding in
                guard let value = decoding.value(kind, node, path) else { return }
                owner[keyPath: target] = value
            },
            show: { owner, path in
                owner[keyPath: target].map { [ShownValue(path: path, text: kind.show($0))] } ?? []
            })
    }

    /// A list whose order matters.
    static func list<Value: Hashable>(
        _ key: String, _ target: SendableKeyPath<Owner, [Value]>, of kind: Kind<Value>, minimum: Int = 0,
        _ initial: Setting.Default, reload: Bool = true, _ sentence: String
    ) -> Row {
        Row(
            setting: Setting(
                key: key, shape: .list(kind.described, minimum: minimum), default: initial, sentence: sentence,
                isReloadable: reload),
            decode: { node, path, owner, decoding in
                guard let values = decoding.list(kind, minimum: minimum, node, path) else { return }
                owner[keyPath: target] = values
            },
            show: { owner, path in
                let texts = owner[keyPath: target].map(kind.show)
                return [ShownValue(path: path, text: "[\(texts.joined(separator: ", "))]")]
            })
    }

    /// A list whose order does not matter; shown in the order of the kind's words.
    static func set<Value: Hashable>(
        _ key: String, _ target: SendableKeyPath<Owner, Set<Value>>, of kind: Kind<Value>, _ initial: Setting.Default,
        _ sentence: String
    ) -> Row {
        Row(
            setting: Setting(
                key: key, shape: .list(kind.described, minimum: 0), default: initial, sentence: sentence,
                isReloadable: true),
            decode: { node, path, owner, decoding in
                guard let values = decoding.list(kind, minimum: 0, node, path) else { return }
                owner[keyPath: target] = Set(values)
            },
            show: { owner, path in
                let texts = Set(owner[keyPath: target].map(kind.show))
                let ordered = kind.words.filter(texts.contains)
                return [ShownValue(path: path, text: "[\(ordered.joined(separator: ", "))]")]
            })
    }

    /// A section that is always there, with its defaults where it is absent.
    static func section<Part>(
        _ key: String, _ target: SendableKeyPath<Owner, Part>, _ rows: [Row<Part>], required: Bool = false,
        _ sentence: String
    ) -> Row {
        Row(
            setting: Setting(
                key: key, shape: .section(rows.map(\.setting)), default: required ? .required : .words(""),
                sentence: sentence, isReloadable: rows.contains { $0.setting.isReloadable }),
            decode: { node, path, owner, decoding in
                decoding.section(rows, node, path, &owner[keyPath: target])
            },
            show: { owner, path in
                rows.flatMap { $0.show(owner[keyPath: target], "\(path).\($0.setting.key)") }
            })
    }

    /// A section whose absence means that the thing is not there at all.
    ///
    /// - Parameter blank: what the section's required keys are set on.
    static func optionalSection<Part: Sendable>(
        _ key: String, _ target: SendableKeyPath<Owner, Part?>, blank: Part, _ rows: [Row<Part>], absent words: String,
        _ sentence: String
    ) -> Row {
        Row(
            setting: Setting(
                key: key, shape: .section(rows.map(\.setting)), default: .words(words), sentence: sentence,
                isReloadable: rows.contains { $0.setting.isReloadable }),
            decode: { node, path, owner, decoding in
                var part = blank
                decoding.section(rows, node, path, &part)
                owner[keyPath: target] = part
            },
            show: { owner, path in
                guard let part = owner[keyPath: target] else { return [] }
                return rows.flatMap { $0.show(part, "\(path).\($0.setting.key)") }
            })
    }

    /// A list of sections.
    static func sections<Part: Sendable>(
        _ key: String, _ target: SendableKeyPath<Owner, [Part]>, blank: Part, _ rows: [Row<Part>], minimum: Int = 0,
        _ initial: Setting.Default, _ sentence: String
    ) -> Row {
        Row(
            setting: Setting(
                key: key, shape: .sections(rows.map(\.setting), minimum: minimum), default: initial,
                sentence: sentence, isReloadable: true),
            decode: { node, path, owner, decoding in
                guard let elements = decoding.elements(minimum: minimum, node, path) else { return }
                owner[keyPath: target] = elements.enumerated().map { index, element in
                    var part = blank
                    decoding.section(rows, element, "\(path)[\(index)]", &part)
                    return part
                }
            },
            show: { owner, path in
                owner[keyPath: target].enumerated().flatMap { index, part in
                    rows.flatMap { $0.show(part, "\(path)[\(index)].\($0.setting.key)") }
                }
            })
    }

    /// A number that is there to be compared, and is kept nowhere.
    static func constant(_ key: String, _ number: Int, _ sentence: String) -> Row {
        let kind = Kind.count(number...number)
        return Row(
            setting: Setting(
                key: key, shape: .value(kind.described), default: .required, sentence: sentence, isReloadable: false),
            decode: { node, path, _, decoding in _ = decoding.value(kind, node, path) },
            show: { _, path in [ShownValue(path: path, text: "\(number)")] })
    }
}

extension Kind {
    fileprivate var described: Setting.Described { Setting.Described(name: name, range: range, schema: schema) }
}
