/// One row of the store.
package struct Record: Sendable, Equatable {
    package let id: Int
    /// Values of the resource's columns by name, never the password; a column without a value is missing.
    package var values: [String: JSONValue]
    package let createdAt: Timestamp
    package var updatedAt: Timestamp
    /// A staff member's password. Not a value, so that no answer and no dump can show it.
    var password: String?

    /// The text of a column, or nil.
    package func text(_ column: String) -> String? {
        values[column]?.string
    }

    /// The number in a column, or nil.
    package func number(_ column: String) -> Int? {
        values[column]?.integer
    }
}
