import StentConfig
import Testing

@Suite struct SuggestionTests {
    private let keys = [
        "attempts", "backoff", "base", "maximum", "retry", "connections", "connections_per_address", "500",
    ]

    @Test(arguments: [
        ("atempts", "attempts"), ("Attempts", "attempts"), ("attemtps", "attempts"), ("back-off", "backoff"),
        ("bsae", "base"),
        ("max", "maximum"), ("retries", "retry"), ("connection", "connections"), ("conections", "connections"),
        ("connections-per-address", "connections_per_address"),
    ])
    func `a word that is nearly a key suggests it`(word: String, key: String) {
        #expect(Suggestion.nearest(to: word, among: keys) == key)
    }

    @Test(arguments: ["banana", "x", "", "501", "🐴", String(repeating: "a", count: 100_000)])
    func `a word that is near to none suggests none`(word: String) {
        #expect(Suggestion.nearest(to: word, among: keys) == nil)
    }
}
