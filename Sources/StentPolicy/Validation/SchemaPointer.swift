import StentModel

/// Where in a document a value stands: a JSON Pointer (RFC 6901).
enum SchemaPointer {
    /// The pointer to a value, found by walking there from the root: only problems pay for it.
    ///
    /// - Parameter name: of a member that the value does not have.
    static func text(to value: JSONValue, missing name: String?, in root: JSONValue) -> String {
        var pointer = ""
        var around = root
        while around.index < value.index {
            guard let (token, inner) = step(from: around, to: value),
                append(token, to: &pointer)
            else { return pointer }
            around = inner
        }
        if let name { _ = append(name, to: &pointer) }
        return pointer
    }

    /// The element or member that is the value, or holds it: the last one that does not begin behind it.
    private static func step(from value: JSONValue, to inner: JSONValue) -> (token: String, value: JSONValue)? {
        switch value.kind {
        case .null, .true, .false, .number, .string: return nil
        case .array:
            var found: (index: Int, value: JSONValue)?
            for (index, element) in value.elements.enumerated() {
                guard element.index <= inner.index else { break }
                found = (index, element)
            }
            return found.map { (String($0.index), $0.value) }
        case .object:
            var found: JSONMember?
            for member in value.members {
                guard member.value.index <= inner.index else { break }
                found = member
            }
            return found.map { ($0.name, $0.value) }
        }
    }

    /// - Returns: false where the pointer would be too long.
    private static func append(_ token: String, to pointer: inout String) -> Bool {
        guard token.utf8.count < ContractProblem.longestPointer else { return false }
        let token = SchemaWords.escaped(token)
        guard pointer.utf8.count + token.utf8.count < ContractProblem.longestPointer else { return false }
        pointer += "/" + token
        return true
    }
}
