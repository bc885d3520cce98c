import Foundation

/// A JSON document, for expectations about its members.
indirect enum WireJSON: Decodable {
    case object([String: WireJSON])
    case array([WireJSON])
    case string(String)
    case integer(Int)
    case number(Double)
    case bool(Bool)
    case null

    /// - Returns: `nil` where the bytes are no JSON.
    init?(_ bytes: [UInt8]) {
        guard let value = try? JSONDecoder().decode(WireJSON.self, from: Data(bytes)) else { return nil }
        self = value
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Int.self) {
            self = .integer(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([WireJSON].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: WireJSON].self))
        }
    }

    /// The member at a dotted path; elements of arrays by number, from 0.
    func value(at path: String) -> WireJSON? {
        var value = self
        for step in path.split(separator: ".") {
            switch value {
            case .object(let members):
                guard let next = members[String(step)] else { return nil }
                value = next
            case .array(let elements):
                guard let index = Int(step), elements.indices.contains(index) else { return nil }
                value = elements[index]
            case .string, .integer, .number, .bool, .null: return nil
            }
        }
        return value
    }

    /// The text of a scalar member; `nil` where there is none or it is `null`.
    func text(at path: String) -> String? {
        switch value(at: path) {
        case .string(let text): text
        case .integer(let number): String(number)
        case .number(let number): String(number)
        case .bool(let flag): String(flag)
        case .array(let elements): "\(elements.count) elements"
        case .object(let members): "\(members.count) members"
        case .null, nil: nil
        }
    }
}
