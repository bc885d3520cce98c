/// What is known of the values of a document, by `JSONValue.index`; of small ones without an allocation.
struct SchemaMarks: Sendable {
    enum Mark: UInt8, Sendable {
        /// Of an object: a schema says which members it has.
        case judged = 1
        /// Of a member's value: a schema mentions it.
        case declared = 2
    }

    /// Two bits each of the first 32 values.
    private var first: UInt64 = 0
    private var others: [UInt8] = []

    /// - Returns: whether it was not there.
    mutating func insert(_ mark: Mark, _ index: Int) -> Bool {
        guard !has(mark, index) else { return false }
        if index < 32 {
            first |= UInt64(mark.rawValue) << UInt64(index * 2)
            return true
        }
        if index - 32 >= others.count {
            others.append(contentsOf: repeatElement(0, count: index - 32 - others.count + 64))
        }
        others[index - 32] |= mark.rawValue
        return true
    }

    mutating func remove(_ mark: Mark, _ index: Int) {
        if index < 32 {
            first &= ~(UInt64(mark.rawValue) << UInt64(index * 2))
        } else if index - 32 < others.count {
            others[index - 32] &= ~mark.rawValue
        }
    }

    func has(_ mark: Mark, _ index: Int) -> Bool {
        if index < 32 { return first >> UInt64(index * 2) & UInt64(mark.rawValue) != 0 }
        return index - 32 < others.count && others[index - 32] & mark.rawValue != 0
    }
}
