/// A request as it arrived, body and all, before anything was interpreted.
package struct HospRequest: Sendable {
    package var method: String
    /// The request target, byte for byte.
    package var target: String
    /// Fields in the order, case and number in which they came.
    package var fields: [(name: String, value: String)]
    package var body: [UInt8]

    package init(method: String, target: String, fields: [(name: String, value: String)] = [], body: [UInt8] = []) {
        self.method = method
        self.target = target
        self.fields = fields
        self.body = body
    }

    /// The value of a header as a Rack application sees it.
    ///
    /// The server in front turns names into variables: case is lost and a hyphen is the same as an underscore, so `X_HTTP_Method_Override`
    /// and `X-HTTP-Method-Override` are one. Repeated fields are joined with a comma. A name with underscores counts only
    /// where the one with hyphens is missing (Puma since 5.6.9).
    ///
    /// - Parameter variable: the name in upper case with underscores.
    package func variable(_ variable: StaticString) -> String? {
        var joined: String?
        var joinedLoosely: String?
        for field in fields where Self.isNamed(field.name, variable) {
            if field.name.utf8.contains(UInt8(ascii: "_")) {
                joinedLoosely = joinedLoosely.map { "\($0), \(field.value)" } ?? field.value
            } else {
                joined = joined.map { "\($0), \(field.value)" } ?? field.value
            }
        }
        return joined ?? joinedLoosely
    }

    private static func isNamed(_ name: String, _ variable: StaticString) -> Bool {
        guard name.utf8.count == variable.utf8CodeUnitCount else { return false }
        return variable.withUTF8Buffer { expected in
            zip(name.utf8, expected).allSatisfy { byte, wanted in
                let upper = (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) ? byte - 32 : byte
                return (upper == UInt8(ascii: "-") ? UInt8(ascii: "_") : upper) == wanted
            }
        }
    }

    /// The media type of the body in lower case, without parameters; nil where none is stated.
    var mediaType: String? {
        guard let value = variable("CONTENT_TYPE") else { return nil }
        let type = value.prefix { $0 != ";" && $0 != "," }.lowercased()
        let trimmed = String(
            type.drop { $0 == " " || $0 == "\t" }.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
        return trimmed.isEmpty ? nil : trimmed
    }
}
