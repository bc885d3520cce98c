import StentModel
import StentPolicy
import Testing

/// A pattern's path, as the settings' reader would give it: `{a,b}` is a choice, `{a}` a parameter, `**` the rest.
private func pattern(_ text: String, methods: Set<Method> = []) -> RoutePattern {
    let segments = text.split(separator: "/").map { part -> RoutePattern.Segment in
        if part == "**" { return .rest }
        guard part.hasPrefix("{") else { return .oneOf([String(part)]) }
        let names = part.dropFirst().dropLast().split(separator: ",").map(String.init)
        return names.count == 1 ? .parameter(names[0]) : .oneOf(names)
    }
    return RoutePattern(text: text, methods: methods, segments: segments)
}

private func table(_ patterns: RoutePattern...) -> RouteTable {
    var settings = Settings()
    settings.routes = patterns.map { RouteSettings(match: $0) }
    return RouteTable(settings)
}

@Suite struct `A route` {
    private func matches(_ text: String, _ target: String) throws -> Bool {
        table(pattern(text)).plan(for: try requestHead(target: target)).name == text
    }

    @Test(arguments: [
        ("/", "/"), ("/", "/?a"), ("/", "http://a"), ("/", "http://a/"),
        ("/notes", "/notes"), ("/notes", "/notes/"), ("/notes", "/notes.json"), ("/notes", "/notes.json/"),
        ("/notes", "/notes?a=/b"), ("/notes", "/notes/?a"), ("/notes", "/notes.json?a"), ("/notes", "http://a/notes?b"),
        ("/notes", "/n%6Ftes"), ("/notes", "/n%6ftes"), ("/notes", "/%6e%6f%74%65%73"), ("/notes", "/%6Eotes.json"),
        ("/notes/{id}", "/notes/7"), ("/notes/{id}", "/notes/7/"), ("/notes/{id}", "/notes/7.json"),
        ("/notes/{id}", "/notes/%2e7"), ("/notes/{id}", "/notes/a%2Fb"), ("/notes/{id}", "/notes/.json"),
        ("/{a,b}/x", "/a/x"), ("/{a,b}/x", "/b/x"), ("/{a,bb}/x", "/b%62/x"), ("/{a}/{b}/{c}", "/1/2/3"),
        ("/**", "/"), ("/**", "/a"), ("/**", "/a/b/"), ("/**", "http://a"), ("/**", "//a"),
        ("/a/**", "/a"), ("/a/**", "/a/"), ("/a/**", "/a.json"), ("/a/**", "/a/b"), ("/a/**", "/a/b/c.json"),
        ("/a b", "/a%20b"), ("/é", "/%C3%A9"),
    ])
    func `matches every spelling of its resource`(text: String, target: String) throws {
        #expect(try matches(text, target))
    }

    @Test(arguments: [
        ("/", "/a"), ("/", "/.json"), ("/notes", "/"), ("/notes", "http://a"), ("/notes", "/note"),
        ("/notes", "/notess"), ("/notes", "/Notes"), ("/notes", "/notes/7"), ("/notes", "/a/notes"),
        ("/notes", "/notes.JSON"), ("/notes", "/notes.jso"), ("/notes", "/notes.json.json"), ("/notes", "/notes.xml"),
        ("/notes", "/n%256Ftes"), ("/notes", "/notes%2F"), ("/notes", "/?/notes"), ("/notes", "/notes%"),
        ("/notes", "/notes%3Fa"), ("/notes", "//notes"),
        ("/notes/{id}", "/notes"), ("/notes/{id}", "/notes/"), ("/notes/{id}", "/notes//"),
        ("/notes/{id}", "/notes/7/8"), ("/notes/{id}/x", "/notes//x"),
        ("/{a,b}/x", "/c/x"), ("/{a,b}/x", "/ab/x"), ("/{a,b}/x", "/a,b/x"), ("/{a,b}/x", "/%7Ba,b%7D/x"),
        ("/a/**", "/ab"), ("/a/**", "/"), ("/a/**", "/b/a"), ("/a/**", "http://a"),
    ])
    func `matches nothing else`(text: String, target: String) throws {
        #expect(try !matches(text, target))
    }

    @Test(arguments: [
        ("GET", true), ("HEAD", true), ("PATCH", true), ("POST", false), ("get", false), ("PROPFIND", false),
    ])
    func `matches only its methods`(method: String, isMatch: Bool) throws {
        let routes = table(pattern("/a", methods: [.get, .patch]))
        let name = routes.plan(for: try requestHead("\(method) /a HTTP/1.1", "Host: a")).name
        #expect(name == (isMatch ? "/a" : ""))
    }

    @Test(arguments: ["GET", "DELETE", "PROPFIND"])
    func `without methods matches every method`(method: String) throws {
        #expect(table(pattern("/a")).plan(for: try requestHead("\(method) /a HTTP/1.1", "Host: a")).name == "/a")
    }

    @Test func `does not match the asterisk`() throws {
        #expect(table(pattern("/**")).plan(for: try requestHead("OPTIONS * HTTP/1.1", "Host: a")).name == "")
    }
}

@Suite struct `A table of routes` {
    @Test(arguments: [
        ("/notes/new", 0), ("/notes/7", 1), ("/notes/7/x", 2), ("/notes", 2), ("/other", 3), ("/notes/n%65w", 0),
    ])
    func `gives the first that matches`(target: String, index: Int) throws {
        let routes = table(pattern("/notes/new"), pattern("/notes/{id}"), pattern("/notes/**"))
        #expect(routes.plan(for: try requestHead(target: target)).index == index)
        #expect(routes.names == ["/notes/new", "/notes/{id}", "/notes/**", ""])
    }

    @Test func `goes on to a later one where the method differs`() throws {
        let routes = table(pattern("/a", methods: [.post]), pattern("/**"))
        #expect(routes.plan(for: try requestHead(target: "/a")).index == 1)
    }

    @Test func `gives what holds everywhere where none matches`() throws {
        var settings = Settings()
        settings.limits.body = ByteCount(11)
        settings.retry.attempts = 5
        settings.retry.replayRequest = ByteCount(12)
        settings.retry.holdResponse = ByteCount(13)
        settings.upstream.deadline = .seconds(14)
        settings.routes = [RouteSettings(match: pattern("/a"))]
        let plan = RouteTable(settings).plan(for: try requestHead(target: "/b"))
        #expect(plan == RouteTable(settings).fallback)
        #expect((plan.index, plan.name) == (1, ""))
        #expect((plan.bodyLimit, plan.replayLimit, plan.holdLimit) == (11, 12, 13))
        #expect(plan.retry == RetryPolicy(settings.retry))
        #expect(plan.deadline == .seconds(14))
    }

    @Test func `gives a route's own values before those that hold everywhere`() throws {
        var settings = Settings()
        settings.upstream.deadline = nil
        var route = RouteSettings(match: pattern("/a"))
        route.attempts = 7
        route.body = ByteCount(21)
        route.deadline = .seconds(22)
        settings.routes = [route, RouteSettings(match: pattern("/b"))]
        let own = RouteTable(settings).plan(for: try requestHead(target: "/a"))
        #expect((own.index, own.name, own.bodyLimit) == (0, "/a", 21))
        #expect(own.retry.maximumAttempts == 7)
        #expect(own.deadline == .seconds(22))
        let other = RouteTable(settings).plan(for: try requestHead(target: "/b"))
        #expect((other.bodyLimit, other.retry.maximumAttempts) == (settings.limits.body.value, 1))
        #expect(other.deadline == nil)
    }
}
