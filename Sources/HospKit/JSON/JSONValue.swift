/// A JSON value as the simulator reads it: objects have lost their order, and of duplicate keys the last has won.
package enum JSONValue: Sendable, Equatable {
    case null
    case bool(Bool)
    case integer(Int)
    case double(Double)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    /// The member called `name`, or nil where this is no object or has none.
    package subscript(name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members[name]
    }

    /// The text of a string, or nil.
    package var string: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    /// The value of an integer, or nil.
    package var integer: Int? {
        guard case .integer(let number) = self else { return nil }
        return number
    }

    /// The elements of an array, or nil.
    package var array: [JSONValue]? {
        guard case .array(let elements) = self else { return nil }
        return elements
    }

    /// What Rails calls blank: null, false, an empty or white string, an empty array or object.
    var isBlank: Bool {
        switch self {
        case .null: true
        case .bool(let value): !value
        case .integer, .double: false
        case .string(let text): text.utf8.allSatisfy { $0 == 0x20 || (0x09...0x0D).contains($0) }
        case .array(let elements): elements.isEmpty
        case .object(let members): members.isEmpty
        }
    }
}
