/// How a value is compared.
package enum WireMatch: Sendable, Equatable, CustomStringConvertible {
    case equals([UInt8])
    case contains([UInt8])
    case startsWith([UInt8])
    case present
    case absent
    /// So many field lines of that name.
    case count(Int)
    /// So many bytes.
    case bytes(Int)

    package var description: String {
        switch self {
        case .equals(let value): "is \(WireBytes.quoted(value))"
        case .contains(let value): "contains \(WireBytes.quoted(value))"
        case .startsWith(let value): "starts with \(WireBytes.quoted(value))"
        case .present: "is present"
        case .absent: "is absent"
        case .count(let count): "stands \(count) times"
        case .bytes(let count): "has \(count) bytes"
        }
    }

    /// - Parameter values: all values of a field; one element for a body, none where it is absent.
    func holds(for values: [[UInt8]]) -> Bool {
        switch self {
        case .equals(let wanted): values.count == 1 && values.first == wanted
        case .contains(let wanted): values.contains { WireBytes.range(of: wanted, in: $0) != nil }
        case .startsWith(let wanted): values.count == 1 && values.contains { $0.starts(with: wanted) }
        case .present: !values.isEmpty
        case .absent: values.isEmpty
        case .count(let count): values.count == count
        case .bytes(let count): values.count == 1 && values.first?.count == count
        }
    }
}
