import StentModel
import StentPolicy
import Testing

@Suite struct `What stored answers are told apart by` {
    private static func key(
        _ lines: [String] = [], target: String = "/a", sharing: CacheSharing = .everyone, isOverridden: Bool = false,
        partition: [UInt8] = [], isTLS: Bool = true, isTrustedProxy: Bool = false
    ) throws -> [UInt8] {
        var override = CacheOverride()
        override.ttl = .seconds(1)
        let plan = CachePlan(sharing: sharing, override: isOverridden ? override : nil)
        return CacheKey(
            try get(lines), target: Array(target.utf8), plan, partition: partition,
            client: .init(address: .unknown, isTLS: isTLS, isTrustedProxy: isTrustedProxy)
        ).bytes
    }

    @Test func `is how the client came, the target in full, who may have it and whose it is`() throws {
        let one = CachePartition.bytes(of: CredentialKey(high: 1, low: 2))
        let other = CachePartition.bytes(of: CredentialKey(high: 2, low: 1))
        let keys = try [
            Self.key(), Self.key(target: "/a?x=1"), Self.key(target: "/A"), Self.key(isTLS: false),
            Self.key(sharing: .proven), Self.key(sharing: .caller, partition: one),
            Self.key(sharing: .caller, partition: other),
        ]
        #expect(Set(keys).count == keys.count)
    }

    @Test func `is the media types and codings where a route's word counts, each for itself`() throws {
        let lines = [[], ["Accept: gzip"], ["Accept-Encoding: gzip"], ["Accept: a", "Accept-Encoding: b"]]
        #expect(try Set(lines.map { try Self.key($0) }).count == 1)
        #expect(try Set(lines.map { try Self.key($0, isOverridden: true) }).count == 4)
    }

    @Test func `is no forwarding field that a client wrote, but what a trusted proxy says`() throws {
        let lines = ["X-Forwarded-Host: evil.example", "X-Forwarded-Proto: http"]
        #expect(try Self.key(lines) == Self.key())
        #expect(try Self.key(lines, isTrustedProxy: true) != Self.key(isTrustedProxy: true))
        let swapped = ["X-Forwarded-Host: http", "X-Forwarded-Proto: evil.example"]
        #expect(try Self.key(lines, isTrustedProxy: true) != Self.key(swapped, isTrustedProxy: true))
    }

    @Test func `can be read back but for whose it is`() throws {
        let one = CachePartition.bytes(of: CredentialKey(high: 0x0A0A_0A0A, low: 0x0A))
        let parts = CacheKey.Parts(try Self.key(target: "/a?b", sharing: .caller, partition: one))
        #expect((parts.target, parts.audience) == (Array("/a?b".utf8), .oneCaller))
        #expect(parts.url.hasPrefix("https://") && parts.url.hasSuffix("/a?b"))
        let open = CacheKey.Parts(try Self.key(["Accept: x"], isOverridden: true, isTLS: false))
        #expect((open.target, open.audience) == (Array("/a".utf8), .all))
        #expect(open.url.hasPrefix("http://"))
        #expect(CacheKey.Parts([]).target.isEmpty)
    }

    @Test(
        arguments: [
            ("/notes/5", "/notes/5"), ("/notes/5/", "/notes/5"), ("/notes/5.json?x=1", "/notes/5"),
            ("/%6Eotes/%35", "/notes/5"), ("/a%2Fb", "/a%2Fb"), ("/a%2", "/a%2"), ("/", "/"), ("//", "/"), ("", ""),
            ("/.json", "/"), (".json", ".json"), ("/a?b.json", "/a"),
        ])
    func `a resource is known by one path, however it is asked for`(target: String, path: String) {
        let found = CacheResource.path(of: Array(target.utf8), suffixes: [Array(".json".utf8)])
        #expect(String(decoding: found, as: UTF8.self) == path)
    }

    @Test func `what is stored is given by the caller's standing first, then by writes, then by age`() {
        let now = Moment(nanoseconds: 1_000_000_000)
        let fresh = CacheLifetime(
            born: now, expires: now.advanced(by: .seconds(9)), staleWhileRevalidateUntil: now,
            staleIfErrorUntil: now, staleIfDisconnectedUntil: now, staleUse: .allowed)
        func verdict(_ standing: CacheStamps.Standing, _ access: ReuseRule.Access) -> ReuseRule.Verdict {
            ReuseRule.decide(fresh, standing, access, at: now, .none)
        }
        #expect(verdict(.current, .granted) == .fresh)
        #expect(verdict(.stale, .granted) == .revalidate(.stale))
        #expect(verdict(.invalid, .granted) == .revalidate(.uriMiss))
        for standing in CacheStamps.Standing.allCases {
            #expect(verdict(standing, .denied) == .revalidate(.miss))
            #expect(verdict(standing, .whileDown) == .revalidate(.miss))
        }
        var asked = RequestCacheControl.none
        asked.directives = .onlyIfCached
        #expect(ReuseRule.decide(fresh, .current, .denied, at: now, asked) == .gatewayTimeout)
        #expect(ReuseRule.decide(fresh, .stale, .granted, at: now, asked) == .gatewayTimeout)
    }
}
