/// A JSON value (RFC 8259) and the place where it stands in the text it was read from.
package struct JSONValue: Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
        case null
        case bool(Bool)
        /// As it was written: a reader that made a Double of it would lose digits of large ids.
        case number(String)
        case string(String)
        case array([JSONValue])
        /// In the order of the text; no name occurs twice.
        case object([Member])
    }

    /// A name and its value.
    package struct Member: Sendable, Equatable {
        package var name: String
        package var value: JSONValue

        package init(name: String, value: JSONValue) {
            self.name = name
            self.value = value
        }
    }

    package var kind: Kind
    /// The bytes of the value in the text, quotes and brackets included, white space around it not.
    package var range: Range<Int>

    package init(_ kind: Kind, range: Range<Int>) {
        self.kind = kind
        self.range = range
    }

    /// The members of an object; `nil` for anything else.
    package var members: [Member]? {
        switch kind {
        case .object(let members): members
        case .null, .bool, .number, .string, .array: nil
        }
    }

    /// The elements of an array; `nil` for anything else.
    package var elements: [JSONValue]? {
        switch kind {
        case .array(let elements): elements
        case .null, .bool, .number, .string, .object: nil
        }
    }

    /// An object's member of this name; `nil` where there is none, and for anything but an object.
    package subscript(name name: String) -> JSONValue? {
        guard let members else { return nil }
        return members.first { $0.name.isSameText(as: name) }?.value
    }
}

extension String {
    /// Whether both have the same code points.
    ///
    /// `==` also takes canonically equivalent texts for equal (U+212A for `K`), which no other reader of JSON does.
    @inlinable
    package func isSameText(as other: String) -> Bool { utf8.elementsEqual(other.utf8) }
}
