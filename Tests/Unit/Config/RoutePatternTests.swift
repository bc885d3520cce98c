import StentConfig
import StentModel
import Testing

@Suite struct RoutePatternTests {
    @Test(
        arguments: [
            ("/", [], []),
            ("GET /", [.get], []),
            ("/notes", [], [.oneOf(["notes"])]),
            ("GET /notes/{id}", [.get], [.oneOf(["notes"]), .parameter("id")]),
            ("{PATCH,PUT} /notes/{id}", [.patch, .put], [.oneOf(["notes"]), .parameter("id")]),
            ("{GET} /a", [.get], [.oneOf(["a"])]),
            ("GET /{patients,staffs}/**", [.get], [.oneOf(["patients", "staffs"]), .rest]),
            ("/**", [], [.rest]),
            ("/{a1,%7Bb}/{_x}", [], [.oneOf(["a1", "{b"]), .parameter("_x")]),
            ("/a%20b/%C3%A4/c.json", [], [.oneOf(["a b"]), .oneOf(["ä"]), .oneOf(["c.json"])]),
            ("OPTIONS /...", [.options], [.oneOf(["..."])]),
        ] as [(String, Set<Method>, [RoutePattern.Segment])])
    func `a pattern is methods and segments`(
        text: String, methods: Set<Method>, segments: [RoutePattern.Segment]
    ) throws {
        let route = try #require(try Loading.settings("routes: [{ match: '\(text)' }]").routes.first)
        #expect(route.match == RoutePattern(text: text, methods: methods, segments: segments))
    }

    @Test(arguments: [
        "GET", "notes", "get /a", "{} /a", "{GET,} /a", "GET,PUT /a", "GET\t/a", " /a", "GET  /a", "/a/", "//", "/a//b",
        "/**/a", "/a**", "/*", "/{}", "/{a b}", "/{a/b}", "/{a,b", "/a}", "/{a}{b}", "/{{a}}", "/{a,**}", "/{a}/{a}",
        "/a?b", "/a#b", "/a b", "/a\\\\b", "/%", "/%2", "/%2g", "/%+1", "/%2f", "/%5c", "/%2e%2E", "/.", "/%ff", "/%0a",
        "CONNECT /a", "OTHER /a", "/{a,a}", "/{a,%61}",
    ])
    func `anything else is a bad pattern`(text: String) {
        #expect(Loading.codes("routes: [{ match: \"\(text)\" }]").contains(.badPattern))
    }
}
