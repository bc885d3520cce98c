import Foundation

/// Reads script files into cases.
package enum WireScript {
    /// All cases of the `.wire` files in a directory, in order of file name and place.
    ///
    /// - Throws: `WireSyntaxError`, or what reading a file throws.
    package static func cases(in directory: URL) throws -> [WireCase] {
        let files = try FileManager.default.contentsOfDirectory(at: directory, includingPropertiesForKeys: nil)
            .filter { $0.pathExtension == "wire" }
            .sorted { $0.lastPathComponent < $1.lastPathComponent }
        return try files.flatMap { file in
            try cases(of: Array(Data(contentsOf: file)), file: file.lastPathComponent)
        }
    }

    /// The cases of one script. A header line `# b07 [request] title` begins a case; what stands before the first one
    /// may only be comments.
    package static func cases(of bytes: [UInt8], file: String) throws(WireSyntaxError) -> [WireCase] {
        var cases: [WireCase] = []
        var header: WireCase?
        var body: [UInt8] = []
        var firstLine = 1
        func finish() throws(WireSyntaxError) {
            var lexer = WireLexer(body, file: file, line: firstLine)
            let tokens = try lexer.tokens()
            guard var parsed = header else {
                guard let token = tokens.first, token.kind == .end else {
                    throw WireSyntaxError(
                        "a script begins with a header line: `# b07 [request] title`",
                        at: WirePlace(file: file, line: firstLine, column: 1))
                }
                return
            }
            var parser = WireParser(tokens)
            try parser.parse(into: &parsed)
            cases.append(parsed)
        }
        for (number, line) in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
            let place = WirePlace(file: file, line: number + 1, column: 1)
            guard let next = try Self.header(line, at: place) else {
                body += line
                body.append(0x0A)
                continue
            }
            try finish()
            header = next
            body = [0x0A]
            firstLine = number + 1
        }
        try finish()
        return cases
    }

    /// The case that a header line names; `nil` where the line is none.
    private static func header(
        _ line: ArraySlice<UInt8>, at place: WirePlace
    ) throws(WireSyntaxError) -> WireCase? {
        let text = String(decoding: line, as: UTF8.self)
        let words = text.split(separator: " ", maxSplits: 3)
        guard words.count >= 2, words[0] == "#", isID(words[1]) else { return nil }
        guard words.count == 4, words[2].hasPrefix("["), words[2].hasSuffix("]"),
            let tag = WireCase.Tag(rawValue: String(words[2].dropFirst().dropLast()))
        else {
            throw WireSyntaxError(
                "a header is `# id [tag] title`, the tag one of "
                    + WireCase.Tag.allCases.map(\.rawValue).joined(separator: ", "), at: place)
        }
        return WireCase(id: String(words[1]), tag: tag, title: String(words[3]), place: place)
    }

    private static func isID(_ word: Substring) -> Bool {
        let scalars = Array(word.utf8)
        guard (3...4).contains(scalars.count), (0x61...0x7A).contains(scalars[0]) else { return false }
        return scalars.dropFirst().allSatisfy { (0x30...0x39).contains($0) }
    }
}
