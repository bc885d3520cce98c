import StentModel
import StentPolicy
import Testing

@Suite struct `The further paths that a write makes invalid` {
    private static func route(_ segments: [RoutePattern.Segment], _ templates: [PathTemplate]) -> RouteSettings {
        var route = RouteSettings(match: RoutePattern(text: "", methods: [.put], segments: segments))
        route.invalidates = templates
        return route
    }

    private static func paths(_ route: RouteSettings, from path: String) -> [String] {
        InvalidatedPaths(route).paths(from: Array(path.utf8)).map { String(decoding: $0, as: UTF8.self) }
    }

    @Test func `are filled from the segments of the path`() {
        let route = Self.route(
            [.oneOf(["patients", "pets"]), .parameter("id"), .parameter("what")],
            [
                PathTemplate(text: "", segments: [.literal("patients"), .place("id"), .literal("notes")]),
                PathTemplate(text: "", segments: [.place("what"), .place("id")]),
                PathTemplate(text: "", segments: [.literal("a b")]),
                PathTemplate(text: "/", segments: []),
            ])
        #expect(Self.paths(route, from: "/pets/5/x%20y") == ["/patients/5/notes", "/x%20y/5", "/a%20b", "/"])
    }

    @Test func `are none where a place can't be filled`() {
        let templates = [
            PathTemplate(text: "", segments: [.place("other")]), PathTemplate(text: "", segments: [.place("id")]),
        ]
        let route = Self.route([.oneOf(["a"]), .parameter("id")], templates)
        #expect(Self.paths(route, from: "/a/7") == ["/7"])
        #expect(Self.paths(route, from: "/a") == [])
        #expect(Self.paths(Self.route([.oneOf(["a"])], []), from: "/a") == [])
    }
}
