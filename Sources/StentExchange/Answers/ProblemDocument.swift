import StentModel

/// An answer of stent's own: a problem document (RFC 9457) whose reason is the catalogue's.
package enum ProblemDocument {
    /// The media type's field line.
    package static let contentType: StaticString = "Content-Type: application/problem+json\r\n"

    /// Appends the JSON text.
    ///
    /// - Parameters:
    ///   - instance: the request id, already known to be free of quotes, backslashes and control bytes.
    ///   - problems: what is wrong where: a JSON Pointer and a sentence each; the extension member `errors`.
    package static func append(
        _ reason: Reason, status: Int, title: StaticString, instance: [UInt8],
        problems: [(pointer: String, sentence: String)] = [], to output: inout [UInt8]
    ) {
        output.append("{\"type\":\"about:blank\",\"title\":\"")
        output.append(title)
        output.append("\",\"status\":")
        output.append(decimal: status)
        output.append(",\"detail\":\"")
        output.append(reason.sentence)
        output.append("\",\"instance\":\"")
        output.append(contentsOf: instance)
        output.append("\",\"reason\":\"")
        output.append(contentsOf: reason.rawValue.utf8)
        output.append("\"")
        for (index, problem) in problems.enumerated() {
            output.append(index == 0 ? ",\"errors\":[{\"pointer\":" : ",{\"pointer\":")
            JSONString.append(problem.pointer, to: &output)
            output.append(",\"detail\":")
            JSONString.append(problem.sentence, to: &output)
            output.append("}")
        }
        output.append(problems.isEmpty ? "}\n" : "]}\n")
    }
}
