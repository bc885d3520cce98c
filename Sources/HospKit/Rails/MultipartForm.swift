/// Reads `multipart/form-data` (RFC 7578) as far as parameters go; parts that are files are left out.
enum MultipartForm {
    static func parse(_ body: [UInt8], contentType: String) throws(NestedParameters.Malformed) -> [String: JSONValue] {
        guard let boundary = parameter("boundary", of: contentType), !boundary.isEmpty else {
            throw NestedParameters.Malformed()
        }
        let delimiter = [UInt8]("--\(boundary)".utf8)
        var parameters = NestedParameters()
        guard var start = find(delimiter, in: body, from: 0).map({ $0 + delimiter.count }) else {
            throw NestedParameters.Malformed()
        }
        while !(byte(body, start) == UInt8(ascii: "-") && byte(body, start + 1) == UInt8(ascii: "-")) {
            guard let lineEnd = find([0x0D, 0x0A], in: body, from: start),
                let headEnd = find([0x0D, 0x0A, 0x0D, 0x0A], in: body, from: lineEnd),
                let end = find([0x0D, 0x0A] + delimiter, in: body, from: headEnd + 2)
            else { throw NestedParameters.Malformed() }
            let head = String(decoding: body[(lineEnd + 2)..<max(lineEnd + 2, headEnd)], as: UTF8.self)
            let contentStart = min(headEnd + 4, end)
            if let name = disposition(in: head) {
                let text = String(decoding: body[contentStart..<end], as: UTF8.self)
                try parameters.add(name: name, value: .string(text))
            }
            start = end + 2 + delimiter.count
        }
        return parameters.members
    }

    /// The name of a part that is no file.
    private static func disposition(in head: String) -> String? {
        for line in head.split(whereSeparator: { $0 == "\r\n" || $0 == "\n" })
        where line.lowercased().hasPrefix("content-disposition:") {
            return parameter("filename", of: String(line)) == nil ? parameter("name", of: String(line)) : nil
        }
        return nil
    }

    /// A parameter such as `; name="x"`, its quotes removed.
    private static func parameter(_ wanted: String, of value: String) -> String? {
        for part in value.split(separator: ";").dropFirst() {
            let pair = part.split(separator: "=", maxSplits: 1)
            guard pair.count == 2, pair[0].filter({ $0 != " " && $0 != "\t" }).lowercased() == wanted else { continue }
            let text = pair[1].drop { $0 == " " }
            return text.hasPrefix("\"")
                ? String(text.dropFirst().prefix { $0 != "\"" }) : String(text.prefix { $0 != " " })
        }
        return nil
    }

    private static func byte(_ body: [UInt8], _ index: Int) -> UInt8? {
        index < body.count ? body[index] : nil
    }

    private static func find(_ pattern: [UInt8], in body: [UInt8], from start: Int) -> Int? {
        guard let first = pattern.first, start >= 0 else { return nil }
        var index = start
        while index + pattern.count <= body.count {
            if body[index] == first, body[index..<(index + pattern.count)].elementsEqual(pattern) { return index }
            index += 1
        }
        return nil
    }
}
