import StentModel

/// A JSON object as text, its members in the order in which they are put; what is absent is left out.
struct JSONObjectText {
    private var bytes: [UInt8] = [0x7B]

    var isEmpty: Bool { bytes.count == 1 }
    var text: String { String(decoding: bytes + [0x7D], as: UTF8.self) }

    mutating func put(_ name: String, _ value: String?) {
        guard let value else { return }
        begin(name)
        JSONString.append(value, to: &bytes)
    }

    mutating func put(_ name: String, _ value: Int?) { put(name, raw: value.map(String.init)) }

    mutating func put(_ name: String, _ values: [String]) {
        guard !values.isEmpty else { return }
        put(name, raw: "[\(values.map { JSONString.json($0) }.joined(separator: ","))]")
    }

    /// - Parameter raw: is JSON.
    mutating func put(_ name: String, raw: String?) {
        guard let raw else { return }
        begin(name)
        bytes += raw.utf8
    }

    /// An object with members; an empty one is left out.
    mutating func put(_ name: String, _ fill: (inout JSONObjectText) -> Void) {
        var object = JSONObjectText()
        fill(&object)
        guard !object.isEmpty else { return }
        begin(name)
        append(object)
    }

    mutating func put(_ name: String, objects: [JSONObjectText]) {
        guard !objects.isEmpty else { return }
        begin(name)
        for (index, object) in objects.enumerated() {
            bytes.append(index == 0 ? 0x5B : 0x2C)
            append(object)
        }
        bytes.append(0x5D)
    }

    private mutating func begin(_ name: String) {
        if !isEmpty { bytes.append(0x2C) }
        JSONString.append(name, to: &bytes)
        bytes.append(0x3A)
    }

    private mutating func append(_ object: JSONObjectText) {
        bytes += object.bytes
        bytes.append(0x7D)
    }
}
