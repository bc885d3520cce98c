import StentModel

/// A JSON object while it is written.
struct JSONObject {
    private var members: [String] = []

    var text: String { "{\(members.joined(separator: ","))}" }

    mutating func add(_ name: String, json: String) { members.append("\(JSONString.json(name)):\(json)") }
    mutating func add(_ name: String, _ value: String) { add(name, json: JSONString.json(value)) }
    mutating func add(_ name: String, _ value: Int) { add(name, json: "\(value)") }
    mutating func add(_ name: String, _ value: Bool) { add(name, json: value ? "true" : "false") }
}
