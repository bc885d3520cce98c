/// The two ends of a list of numbered elements, whose links are in a `ChainLinks`.
struct Chain: Sendable {
    /// -1 where there is none.
    fileprivate(set) var first = -1
    fileprivate(set) var last = -1

    var isEmpty: Bool { first < 0 }
}

/// The links of lists of which each element is in one at most: added at the end and taken out anywhere in constant time,
/// without an allocation.
struct ChainLinks: Sendable {
    private var before: [Int] = []
    private var after: [Int] = []

    mutating func append(_ element: Int, to chain: inout Chain) {
        while before.count <= element {
            before.append(-1)
            after.append(-1)
        }
        before[element] = chain.last
        after[element] = -1
        if chain.last >= 0 { after[chain.last] = element } else { chain.first = element }
        chain.last = element
    }

    mutating func remove(_ element: Int, from chain: inout Chain) {
        let (previous, next) = (before[element], after[element])
        if previous >= 0 { after[previous] = next } else { chain.first = next }
        if next >= 0 { before[next] = previous } else { chain.last = previous }
    }
}
