import StentModel

/// A JSON object as text, its members in the order in which they are put; what is absent is left out.
struct JSONObjectText {
    private var members: [String] = []

    var isEmpty: Bool { members.isEmpty }
    var text: String { "{\(members.joined(separator: ","))}" }

    mutating func put(_ name: String, _ value: String?) { put(name, raw: value.map { JSONString.json($0) }) }
    mutating func put(_ name: String, _ value: Int?) { put(name, raw: value.map(String.init)) }

    mutating func put(_ name: String, _ values: [String]) {
        guard !values.isEmpty else { return }
        put(name, raw: "[\(values.map { JSONString.json($0) }.joined(separator: ","))]")
    }

    /// - Parameter raw: is JSON.
    mutating func put(_ name: String, raw: String?) {
        if let raw { members.append("\(JSONString.json(name)):\(raw)") }
    }

    /// An object with members; an empty one is left out.
    mutating func put(_ name: String, _ fill: (inout JSONObjectText) -> Void) {
        var object = JSONObjectText()
        fill(&object)
        if !object.isEmpty { put(name, raw: object.text) }
    }

    mutating func put(_ name: String, objects: [JSONObjectText]) {
        guard !objects.isEmpty else { return }
        put(name, raw: "[\(objects.map(\.text).joined(separator: ","))]")
    }
}
