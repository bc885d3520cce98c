/// One JSON text (RFC 8259), read strictly: what two readers could understand differently is refused.
///
/// No byte order mark, no name twice in an object, no half of a surrogate pair, nothing that is not UTF-8, nothing but
/// white space after the value; bounded depth and number of values, so that the memory is not the sender's to spend.
/// Numbers keep their text. Nothing is copied out of the text: a value is a place in it.
package struct JSONDocument: Sendable {
    /// What one text may cost.
    package struct Limits: Sendable, Equatable {
        /// Arrays and objects inside one another.
        package let depth: Int
        /// Values in total, at any depth; each takes 16 bytes, a member 32.
        package let values: Int
        package let bytes: Int

        /// - Parameters:
        ///   - depth: at most 512, whatever is asked for: nobody who walks the values shall need a deep stack.
        ///   - bytes: less than 4 GiB, whatever is asked for: offsets are kept in 32 bits.
        package init(depth: Int = 64, values: Int = 131_072, bytes: Int = .max) {
            self.depth = min(depth, 512)
            self.values = min(values, JSONNode.mostCounted)
            self.bytes = min(bytes, Int(UInt32.max) - 1)
        }
    }

    let table: JSONTable

    /// - Throws: the first fault of the text.
    package init(_ bytes: [UInt8], limits: Limits = Limits()) throws(JSONFault) {
        var reading = JSONReading(limits: limits)
        try reading.read(bytes.span)
        table = JSONTable(bytes: bytes, nodes: reading.nodes)
    }

    /// The text, as it was read.
    package var bytes: [UInt8] { table.bytes }

    package var root: JSONValue { JSONValue(table, 0) }

    /// Whether `write` gives the very text that was read, where it drops nothing and sets this member of the root at most.
    package func isWritten(setting name: String? = nil, _ json: String? = nil) -> Bool {
        let root = table.nodes[0]
        guard root.isAsWritten, root.range.count == bytes.count else { return false }
        guard root.isObject, let name, let json else { return true }
        guard let range = self.root[name: name]?.range else { return false }
        return bytes[range].elementsEqual(json.utf8)
    }

    /// Appends the text in one form for each meaning: no white space, strings with the shortest escapes, numbers as they
    /// were written, members in their order.
    ///
    /// - Parameters:
    ///   - dropping: `JSONValue.index` of members' values that are left out with their names. Others are not looked at.
    ///   - setting: members of the root, their names distinct: the value is replaced where the name exists, else the member
    ///     is appended. `json` is taken as it is; a set member is not dropped. Nothing where the root is no object.
    package func write(
        to output: inout [UInt8], dropping: Set<Int> = [], setting: [(name: String, json: String)] = []
    ) {
        var writing = JSONWriting(table, dropping: dropping, setting: root.kind == .object ? setting : [])
        writing.write(to: &output)
    }
}
