/// A YAML value with its place, before anything is known about its type.
///
/// Scalars stay text: what `on`, `0o17` or `55s` mean depends on the setting, so that no implicit typing of YAML 1.1
/// can turn a key into a boolean.
struct YAMLNode: Sendable {
    enum Content: Sendable {
        /// `isPlain`: written without quotes, and not as a block.
        case scalar(String, isPlain: Bool)
        case sequence([YAMLNode])
        case mapping([Entry])
    }

    struct Entry: Sendable {
        var key: String
        var place: Place
        var value: YAMLNode
    }

    var content: Content
    var place: Place

    /// Nothing was written: an empty plain scalar, or one of the null words of the core schema (YAML 1.2.2 §10.3.2).
    var isNull: Bool {
        guard case .scalar(let text, isPlain: true) = content else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(text)
    }

    /// What stands here, for messages: `a list`, `a mapping`, `nothing` or `a value`.
    var kindName: String {
        switch content {
        case .scalar: isNull ? "nothing" : "a value"
        case .sequence: "a list"
        case .mapping: "a mapping"
        }
    }
}
