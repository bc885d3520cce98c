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
        guard let value else {
            self = .null
            return
        }
        switch value.kind {
        case .null: self = .null
        case .false: self = .bool(false)
        case .true: self = .bool(true)
        case .number: self = .number(value.number ?? "")
        case .string: self = .string(value.string ?? "")
        case .array, .object: return nil
        }
    }
}
