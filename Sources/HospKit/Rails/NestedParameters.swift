/// Parameters with nested names, built one `name=value` at a time as Rack builds them.
package struct NestedParameters {
    /// The parameters can't be read; Rails answers 400.
    package struct Malformed: Error, Equatable {}

    private static let deepest = 32

    package private(set) var members: [String: JSONValue] = [:]

    package init() {}

    /// What stands between two parameters. Rack 2 splits queries at semicolons too, and skips spaces behind either.
    package enum Separators {
        case query
        case form

        func contains(_ byte: UInt8) -> Bool {
            switch self {
            case .query: byte == UInt8(ascii: "&") || byte == UInt8(ascii: ";")
            case .form: byte == UInt8(ascii: "&")
            }
        }
    }

    /// Reads `a=1&note[staff_id]=2&images[]=x`.
    package static func parse(
        urlEncoded text: String, separators: Separators = .form
    ) throws(Malformed) -> [String: JSONValue] {
        var parameters = NestedParameters()
        for pair in text.utf8.split(whereSeparator: separators.contains) {
            let text = Substring(pair.drop { $0 == 0x20 })
            let equals = text.utf8.firstIndex(of: UInt8(ascii: "=")) ?? text.utf8.endIndex
            let value = equals < text.utf8.endIndex ? text[text.utf8.index(after: equals)...] : ""
            guard let nameBytes = PercentCoding.form(text[..<equals].utf8),
                let valueBytes = PercentCoding.form(value.utf8),
                let name = String(validating: nameBytes, as: UTF8.self),
                let content = String(validating: valueBytes, as: UTF8.self)
            else { throw Malformed() }
            try parameters.add(name: name, value: equals < text.utf8.endIndex ? .string(content) : .null)
        }
        return parameters.members
    }

    /// Adds one parameter; a later one of the same name replaces an earlier.
    package mutating func add(name: String, value: JSONValue) throws(Malformed) {
        guard let keys = Self.keys(of: name) else { return }
        var root = JSONValue.object(members)
        try Self.store(value, at: keys[...], in: &root)
        if case .object(let updated) = root { members = updated }
    }

    /// Splits `note[tags][]` into `note`, `tags` and the empty key that means "append"; nil for a name without a key.
    ///
    /// As Rack 2 does it (`QueryParser#normalize_params`), bracket by bracket and forgiving: `[note][title]`, `note[title`
    /// and `note]]title` are all `note[title]`. Rack 3 takes fewer names for nested ones.
    private static func keys(of name: String) -> [String]? {
        var keys: [String] = []
        var rest = name.utf8[...]
        while true {
            if !keys.isEmpty, rest.elementsEqual("[]".utf8) { return keys + [""] }
            if !keys.isEmpty, rest.starts(with: "[]".utf8) {
                keys.append("")
                rest = rest.dropFirst(2)
            }
            let start = rest.drop(while: isBracket)
            let key = start.prefix { !isBracket($0) }
            guard !key.isEmpty else { return keys.isEmpty ? nil : keys }
            keys.append(String(Substring(key)))
            rest = start[key.endIndex...].drop { $0 == UInt8(ascii: "]") }
            if rest.isEmpty { return keys }
            if rest.elementsEqual("[".utf8) { return keys.dropLast() + ["\(Substring(key))["] }
        }
    }

    private static func isBracket(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "[") || byte == UInt8(ascii: "]")
    }

    private static func store(_ value: JSONValue, at keys: ArraySlice<String>, in node: inout JSONValue)
        throws(Malformed)
    {
        guard keys.count <= deepest else { throw Malformed() }
        guard let key = keys.first else {
            node = value
            return
        }
        let rest = keys.dropFirst()
        if key.isEmpty {
            try append(value, at: rest, in: &node)
            return
        }
        var members: [String: JSONValue] = [:]
        switch node {
        case .object(let present): members = present
        case .null: break
        case .bool, .integer, .double, .string, .array: throw Malformed()  // Rack: expected Hash, got String
        }
        var child = members[key] ?? .null
        if rest.isEmpty { child = .null }
        try store(value, at: rest, in: &child)
        members[key] = child
        node = .object(members)
    }

    private static func append(_ value: JSONValue, at rest: ArraySlice<String>, in node: inout JSONValue)
        throws(Malformed)
    {
        var elements: [JSONValue] = []
        switch node {
        case .array(let present): elements = present
        case .null: break
        case .bool, .integer, .double, .string, .object: throw Malformed()
        }
        // `a[][x]=1&a[][y]=2` is one element with two members, and a second `x` begins the next element
        if let key = rest.first, case .object(var last)? = elements.last, last[key] == nil {
            var child = JSONValue.null
            try store(value, at: rest.dropFirst(), in: &child)
            last[key] = child
            elements[elements.count - 1] = .object(last)
        } else {
            var child = JSONValue.null
            try store(value, at: rest, in: &child)
            elements.append(child)
        }
        node = .array(elements)
    }
}
