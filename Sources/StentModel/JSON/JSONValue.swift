/// A value of a document: where it stands, not what it holds.
package struct JSONValue: Sendable {
    package enum Kind: UInt8, Sendable, CaseIterable {
        case null, `false`, `true`, number, string, array, object
    }

    private let table: JSONTable
    /// Position in the document's table: of a value and of what is in it, the value's is the lowest.
    package let index: Int

    @inline(__always)
    init(_ table: JSONTable, _ index: Int) {
        self.table = table
        self.index = index
    }

    package var kind: Kind { table.nodes[index].kind }

    /// The bytes of the value in the text, quotes and brackets included, white space around it not.
    package var range: Range<Int> { table.nodes[index].range }

    /// The text of a string; `nil` for anything else.
    package var string: String? { table.nodes[index].kind == .string ? table.string(at: index) : nil }

    /// A number as it was written: a reader that made a Double of it would lose digits of large ids; `nil` for anything
    /// else.
    package var number: String? {
        let node = table.nodes[index]
        return node.kind == .number ? String(decoding: table.bytes[node.range], as: UTF8.self) : nil
    }

    /// Elements of an array, or members of an object; 0 for anything else.
    package var count: Int { table.nodes[index].count }

    /// None for anything but an array.
    package var elements: JSONElements { JSONElements(table, index) }

    /// In the order of the text; no name occurs twice. None for anything but an object.
    package var members: JSONMembers { JSONMembers(table, index) }

    /// An object's member of this name; `nil` where there is none, and for anything but an object.
    package subscript(name name: String) -> JSONValue? {
        for member in members where member.isNamed(name) { return member.value }
        return nil
    }

    /// Whether it is a string of these code points; decodes nothing.
    package func isString(_ text: String) -> Bool {
        table.nodes[index].kind == .string && table.isString(at: index, text)
    }
}

/// A name and its value.
package struct JSONMember: Sendable {
    private let table: JSONTable
    package let value: JSONValue

    @inline(__always)
    fileprivate init(_ table: JSONTable, name: Int) {
        self.table = table
        value = JSONValue(table, name + 1)
    }

    package var name: String { table.string(at: value.index - 1) }

    /// Bytes that the name takes in the text: as many as it has, or more.
    package var nameLength: Int { table.nodes[value.index - 1].content.count }

    /// Whether its name has these code points; decodes nothing.
    package func isNamed(_ name: String) -> Bool { table.isString(at: value.index - 1, name) }
}

/// The elements of an array.
package struct JSONElements: Sequence, IteratorProtocol, Sendable {
    private let table: JSONTable
    private var position: Int
    private let end: Int

    fileprivate init(_ table: JSONTable, _ index: Int) {
        let node = table.nodes[index]
        self.table = table
        position = index + 1
        end = node.kind == .array ? Int(node.next) : position
    }

    package mutating func next() -> JSONValue? {
        guard position < end else { return nil }
        defer { position = Int(table.nodes[position].next) }
        return JSONValue(table, position)
    }
}

/// The members of an object.
package struct JSONMembers: Sequence, IteratorProtocol, Sendable {
    private let table: JSONTable
    private var position: Int
    private let end: Int

    fileprivate init(_ table: JSONTable, _ index: Int) {
        let node = table.nodes[index]
        self.table = table
        position = index + 1
        end = node.kind == .object ? Int(node.next) : position
    }

    package mutating func next() -> JSONMember? {
        guard position < end else { return nil }
        defer { position = Int(table.nodes[position + 1].next) }
        return JSONMember(table, name: position)
    }
}
