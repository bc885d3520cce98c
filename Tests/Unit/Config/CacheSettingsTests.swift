import StentConfig
import StentModel
import Testing

@Suite struct CacheSettingsTests {
    private static let identity = "identity: { proof: { request: GET /me } }\n" + Loading.contract
    private static let known = identity + "cache: {}\n"

    private func route(_ text: String, of more: String = known) throws -> RouteSettings {
        try #require(try Loading.settings("\(more)routes: [{ \(text) }]").routes.first)
    }

    // MARK: The section

    @Test func `nothing is cached without the section, and the section alone has the defaults of its type`() throws {
        #expect(try Loading.settings("").cache == nil)
        #expect(try Loading.settings("cache: {}").cache == CacheSettings())
    }

    @Test func `every key of the section reaches its setting`() throws {
        let text = "cache: { memory: 1GiB, entry: 2MiB, request_directives: ignore, collapse_wait: 5s }"
        var expected = CacheSettings()
        (expected.memory, expected.entry) = (.gibibytes(1), .mebibytes(2))
        (expected.requestDirectives, expected.collapseWait) = (.ignore, .seconds(5))
        #expect(try Loading.settings(text).cache == expected)
    }

    @Test(arguments: [
        ("{ memory: 64GiB, entry: 2GiB }", ByteCount.gibibytes(2)), ("{}", .mebibytes(1)),
        ("{ memory: 32MiB }", .mebibytes(1)), ("{ memory: 16MiB }", .kibibytes(512)),
        ("{ memory: 1MiB, entry: 32KiB }", .kibibytes(32)), ("{ memory: 1MiB, entry: 31KiB }", .kibibytes(31)),
    ])
    func `no answer takes more than a thirty-second of the memory`(cache: String, largest: ByteCount) throws {
        #expect(try Loading.settings("cache: \(cache)").cache?.largestEntry == largest)
    }

    @Test(arguments: [
        "{ memory: 1MiB, entry: 33KiB }", "{ memory: 1MiB, entry: 32769B }", "{ entry: 9MiB }",
    ])
    func `an entry that could never be kept is a contradiction where it was written`(cache: String) {
        #expect(Loading.codes("cache: \(cache)") == [.contradiction])
    }

    // MARK: Freshness

    @Test func `a route without a time leaves freshness to the upstream`() throws {
        #expect(try route("match: GET /a, cache: {}").cache == RouteCacheSettings())
        #expect(RouteCacheSettings().freshness == nil)
        #expect(try route("match: GET /a, cache: { tags: [a] }").cache?.freshness == nil)
    }

    @Test func `every time of a route reaches the rules of freshness`() throws {
        let text = "ttl: 1m, stale_while_revalidate: 10m, stale_if_error: 24h, negative: 10s, override: true"
        var expected = CacheOverride()
        (expected.ttl, expected.negativeTTL) = (.seconds(60), .seconds(10))
        (expected.staleWhileRevalidate, expected.staleIfError) = (.seconds(600), .seconds(86_400))
        expected.mayLengthen = true
        #expect(try route("match: GET /a, cache: { \(text) }").cache?.freshness == expected)
    }

    @Test(arguments: ["ttl: 0s", "stale_while_revalidate: 1s", "stale_if_error: 1s", "negative: 1s"])
    func `one time alone is enough, and is told apart from none`(key: String) throws {
        let cache = try #require(try route("match: GET /a, cache: { \(key) }").cache)
        let freshness = try #require(cache.freshness)
        let times = [freshness.ttl, freshness.staleWhileRevalidate, freshness.staleIfError, freshness.negativeTTL]
        #expect(times.compactMap(\.self).count == 1)
        #expect(!freshness.mayLengthen)
        #expect(Loading.codes("\(Self.known)routes: [{ match: GET /a, cache: { \(key), override: true } }]") == [])
    }

    // MARK: For whom

    @Test(arguments: [
        ("", CacheSharing.caller), ("scope: caller", .caller), ("scope: proven", .proven),
        ("scope: everyone", .everyone),
        ("scope: off", nil),
    ])
    func `a scope says who gets a copy, and the caller alone is the default`(
        scope: String, sharing: CacheSharing?
    ) throws {
        let settings = try Loading.settings("\(Self.known)routes: [{ match: GET /a, cache: { \(scope) } }]")
        #expect(settings.cacheSharing(on: settings.routes.first) == sharing)
    }

    @Test func `without a word of the route, callers who are known have copies of their own`() throws {
        let plain = "routes: [{ match: GET /a }]"
        let known = try Loading.settings(Self.known + plain)
        #expect(known.cacheSharing(on: known.routes.first) == .caller)
        #expect(known.cacheSharing(on: nil) == .caller)
        let unknown = try Loading.settings("cache: {}\n" + plain)
        #expect(unknown.cacheSharing(on: unknown.routes.first) == .everyone)
        #expect(unknown.cacheSharing(on: nil) == .everyone)
    }

    @Test func `without the section nobody gets a copy`() throws {
        let settings = try Loading.settings(Self.identity + "routes: [{ match: GET /a }]")
        #expect(settings.cacheSharing(on: settings.routes.first) == nil)
        #expect(settings.cacheSharing(on: nil) == nil)
    }

    @Test(arguments: ["", "scope: caller", "scope: proven"])
    func `a copy for callers who are known needs identity, and a contract that says where they are asked for`(
        scope: String
    ) {
        let routes = "routes: [{ match: GET /a, cache: { \(scope) } }]"
        #expect(Loading.codes("cache: {}\n" + routes) == [.contradiction])
        #expect(Loading.codes("cache: {}\nidentity: { proof: { request: GET /me } }\n" + routes) == [.contradiction])
        #expect(Loading.codes(Self.known + routes) == [])
    }

    @Test func `what the upstream calls private is not given to everybody where callers are known`() {
        let routes = "routes: [{ match: GET /a, cache: { scope: everyone, ttl: 1m, override: true } }]"
        #expect(Loading.codes(Self.known + routes) == [.contradiction])
        #expect(Loading.codes("cache: {}\n" + routes) == [])
        #expect(Loading.codes(Self.known + routes.replacing(", override: true", with: "")) == [])
    }

    // MARK: Tags and paths

    @Test func `a route has up to six tags`() throws {
        let six = "t1, t2, t3, t4, t5, 6"
        #expect(try route("match: GET /a, cache: { tags: [\(six)] }").cache?.tags.last == "6")
        #expect(
            Loading.codes("\(Self.known)routes: [{ match: GET /a, cache: { tags: [\(six), t7] } }]") == [.outOfRange])
    }

    @Test(arguments: ["\"\"", "\"a\\tb\"", "\"a\\0\"", "\"a b\"", "\"a,b\"", "é", String(repeating: "a", count: 65)])
    func `a tag is visible and in one piece`(tag: String) {
        #expect(Loading.codes("\(Self.known)routes: [{ match: GET /a, cache: { tags: [\(tag)] } }]") == [.wrongType])
    }

    @Test func `what a write makes invalid is a path with places of its route`() throws {
        let text = "match: \"PATCH /a/{id}/{part}\", invalidates: [\"/b/{id}/c%20d\", /, \"/{part}\"]"
        #expect(
            try route(text).invalidates == [
                PathTemplate(text: "/b/{id}/c%20d", segments: [.literal("b"), .place("id"), .literal("c d")]),
                PathTemplate(text: "/", segments: []),
                PathTemplate(text: "/{part}", segments: [.place("part")]),
            ])
    }

    @Test(
        arguments: [
            ("/n/{id}", []), ("/n", []), ("/n/me", []), ("/n/7", []), ("/n.json", [.contradiction]),
            ("/m", [.contradiction]), ("/n/{id}/x", [.contradiction]), ("/{id}", [.contradiction]),
            ("/w/{id}", [.contradiction]),
        ] as [(String, [ConfigProblem.Code])])
    func `with a contract, only what can be read is made invalid`(path: String, codes: [ConfigProblem.Code]) {
        let document = """
            openapi: 3.1.1
            info: { title: T, version: "1" }
            paths:
              /n: { get: {} }
              /n/me: { get: {} }
              /n/{id}:
                parameters: [{ name: id, in: path, required: true, schema: { type: integer } }]
                get: {}
              /w/{id}:
                parameters: [{ name: id, in: path, required: true, schema: { type: integer } }]
                put: {}
            """
        let text = """
            cache: {}
            contract: { openapi: a.yaml }
            routes: [{ match: "PUT /w/{id}", invalidates: ["\(path)"] }]
            """
        switch Loading.load(Loading.required + text, files: ["a.yaml": document]) {
        case .success: #expect(codes.isEmpty)
        case .failure(let problems): #expect(problems.problems.map(\.code) == codes)
        }
    }

    @Test(arguments: ["GET", "HEAD", "OPTIONS", "{GET,HEAD,OPTIONS}"])
    func `reads make nothing invalid`(methods: String) {
        let text = "\(Self.known)routes: [{ match: \"\(methods) /a\", invalidates: [/b] }]"
        #expect(Loading.codes(text) == [.contradiction])
    }

    @Test(arguments: ["/a", "{GET,POST} /a", "POST /a"])
    func `a route with any write may name what it makes invalid`(match: String) {
        #expect(Loading.codes("\(Self.known)routes: [{ match: \"\(match)\", invalidates: [/b] }]") == [])
    }

    @Test(arguments: ["HEAD /a", "POST /a", "{PUT,DELETE} /a"])
    func `nothing is kept of a route without GET`(match: String) {
        #expect(Loading.codes("\(Self.known)routes: [{ match: \"\(match)\", cache: {} }]") == [.contradiction])
    }

    @Test(arguments: ["/a", "{GET,POST} /a", "GET /a"])
    func `a route with GET among others may keep its answers`(match: String) {
        #expect(Loading.codes("\(Self.known)routes: [{ match: \"\(match)\", cache: { ttl: 1m } }]") == [])
    }

    // MARK: Problems come alone

    @Test(arguments: [
        ("cache: { memory: x, entry: 9MiB }", "", ConfigProblem.Code.wrongType),
        ("cache: x", "cache: { scope: proven }", .wrongType),
        ("cache: x", "invalidates: [/b]", .wrongType),
        ("cache: {}", "cache: { scope: x, override: true, ttl: 1m }", .unknownValue),
        ("cache: {}", "cache: { ttl: x, negative: 1m, override: true }", .wrongType),
        ("cache: {}", "cache: { scope: everyone, stale_while_revalidate: x, stale_if_error: 1s }", .wrongType),
    ])
    func `a setting that can't be read is not blamed for another`(
        section: String, more: String, code: ConfigProblem.Code
    ) {
        let route = more.isEmpty ? "match: /a" : "match: /a, \(more)"
        #expect(Loading.codes("\(Self.identity)\(section)\nroutes: [{ \(route) }]") == [code])
    }
}
