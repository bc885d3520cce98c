import StentModel

extension Kind where Value == String {
    /// A name for several routes. No blanks and commas, which separate tags wherever several are written in a line.
    static let cacheTag = Kind(
        expected: "a tag", name: "tag", schema: .object([("type", .array([.string("string"), .string("integer")]))]),
        read: { scalar throws(Fault) in
            let isGood = scalar.text.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != UInt8(ascii: ",") }
            guard isGood, (1...64).contains(scalar.text.utf8.count) else {
                throw .wrongType(help: "1 to 64 visible ASCII characters without blanks and commas")
            }
            return scalar.text
        },
        show: { $0 })
}

extension Kind where Value == PathTemplate {
    /// The path of a resource; which places can be filled is looked at later.
    static let pathTemplate = Kind(
        expected: "a path such as `/patients/{id}/notes`", name: "path",
        schema: .object([("type", .string("string"))]),
        read: { scalar throws(Fault) in
            guard scalar.text.hasPrefix("/") else {
                throw .refused(
                    .badPattern, "does not begin with `/`", help: "write the path alone, without methods: `/notes`")
            }
            var segments: [PathTemplate.Segment] = []
            for segment in try RoutePatternParser.parse(scalar.text).segments {
                switch segment {
                case .oneOf(let texts):
                    guard let text = texts.first, texts.count == 1 else {
                        throw .refused(.badPattern, "names several paths", help: "write each by itself")
                    }
                    segments.append(.literal(text))
                case .parameter(let name): segments.append(.place(name))
                case .rest:
                    throw .refused(
                        .badPattern, "has `**`, and paths are made invalid one by one",
                        help: "write each by itself; filtered lists belong to their path")
                }
            }
            return PathTemplate(text: scalar.text, segments: segments)
        },
        show: { $0.text })
}
