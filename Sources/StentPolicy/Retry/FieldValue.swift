import StentModel

/// A field's value in a request or a record: a JSON scalar. What is absent is null.
package enum FieldValue: Sendable, Equatable {
    case null
    case bool(Bool)
    /// As it was written.
    case number(String)
    case string(String)

    /// - Returns: `nil` for an array or an object.
    package init?(_ value: JSONValue?) {
        switch value?.kind {
        case nil, .null: self = .null
        case .bool(let flag): self = .bool(flag)
        case .number(let text): self = .number(text)
        case .string(let text): self = .string(text)
        case .array, .object: return nil
        }
    }
}
