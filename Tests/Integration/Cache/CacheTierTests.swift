import Foundation
import StentModel
import StentTestKit
import Testing

/// Copies on the disk: under those in memory, and there again after a clean stop.
@Suite struct `What is on the disk of the cache` {
    private static func onDisk(_ settings: inout Settings, memory: ByteCount = .mebibytes(64)) {
        settings.cache = CacheSettings()
        settings.cache?.memory = memory
        settings.cache?.requestDirectives = .ignore
        settings.cache?.disk = CacheSettings.Disk()
        settings.cache?.disk?.size = .mebibytes(32)
    }

    /// Runs a test against a stent that is started as often as the test wants.
    private func withRestarts(
        before origin: CacheOrigin, memory: ByteCount = .mebibytes(64),
        _ body: (StentHarness, _ again: (StentHarness) async throws -> StentHarness) async throws -> StentHarness
    ) async throws {
        let upstream = try await ScriptedUpstream.start(origin.script)
        var settings = try StentHarness.settings(shipped: "minimal.yaml", upstreamPort: upstream.port)
        settings.timeouts.drain = .seconds(5)
        Self.onDisk(&settings, memory: memory)
        let again = { (stent: StentHarness) async throws -> StentHarness in try await stent.restarted(with: settings) }
        let last = try await body(try await StentHarness.start(settings), again)
        _ = try await last.stop()
        await upstream.stop()
    }

    private static func counting(size: Int = 0) -> CacheOrigin {
        CacheOrigin { request, number in
            guard request.method == "GET" else { return "HTTP/1.1 204 No Content\r\n\r\n" }
            let filling = String(repeating: "x", count: size)
            return stored("Cache-Control: max-age=600\r\nVary: X-Kind\r\n", "answer \(number) \(filling)")
        }
    }

    @Test func `is given after a restart, to the same variant, with its age`() async throws {
        let origin = Self.counting()
        try await withRestarts(before: origin) { stent, again async throws in
            for kind in ["a", "b"] { _ = try await stent.once(get("/a", "X-Kind: \(kind)\r\n")) }
            let next = try await again(stent)
            let first = try await next.cached(get("/a", "X-Kind: a\r\n"))
            #expect((first.text, first.cache) == ("answer 1 ", "hit"))
            #expect((first.age ?? -1) >= 0)
            #expect(try await next.once(get("/a", "X-Kind: b\r\n")).text == "answer 2 ")
            #expect(try await next.once(get("/a", "X-Kind: c\r\n")).text == "answer 3 ")
            return next
        }
        #expect(origin.requests.count == 3)
    }

    @Test(arguments: ["write", "purge", "prefix", "everything"])
    func `is not there after a restart where it was made invalid before it`(how: String) async throws {
        let origin = Self.counting()
        try await withRestarts(before: origin) { stent, again async throws in
            _ = try await stent.once(get("/a/1"))
            switch how {
            case "write": _ = try await stent.once("DELETE /a/1 HTTP/1.1\r\nHost: a.example\r\n\r\n")
            case "purge": _ = try await stent.purge(#"{"url":"/a/1"}"#)
            case "prefix": _ = try await stent.purge(#"{"prefix":"/a"}"#)
            case _: _ = try await stent.purge(#"{"everything":true}"#)
            }
            let next = try await again(stent)
            #expect(try await next.cached(get("/a/1")).cache.hasPrefix("fwd=uri-miss"))
            return next
        }
    }

    @Test func `is given where the memory had no room for it`() async throws {
        let origin = Self.counting(size: 30_000)
        let paths = (0..<100).map { "/many/\($0)" }
        try await withRestarts(before: origin, memory: .mebibytes(1)) { stent, _ async throws in
            for path in paths { #expect(try await stent.once(get(path)).status == 200) }
            #expect(await eventually { try await stent.metric("stent_cache_disk_copies") == 100 })
            for path in paths { #expect(try await stent.cached(get(path)).cache == "hit", "\(path)") }
            #expect(try await stent.metric("stent_cache_disk_hits_total") > 50)
            return stent
        }
        #expect(origin.requests.count == 100)
    }

    @Test func `can be read by nobody without the key, and is for its caller alone`() async throws {
        var settings = Settings()
        try await withReliableStent { change in
            Self.onDisk(&change)
            settings = change
        } _: { stent, hosp async throws in
            let mine = try await stent.once(get("/patients/3", credentials(1)))
            let name = try #require(mine.text.firstMatch(of: /"name":"([^"]+)"/)?.1)
            #expect(await eventually { try await stent.metric("stent_cache_disk_copies") == 1 })
            let next = try await stent.restarted(with: settings)
            #expect(try !next.keeps(String(name)))
            // Nobody is known yet: any answer of HOSP's proves this caller.
            #expect(try await next.once(get("/staffs/me", credentials(1))).status == 200)
            let asked = try await hosp.arrived
            #expect(try await next.once(get("/patients/3", credentials(1))).text == mine.text)
            #expect(try await hosp.arrived == asked)
            let other = try await next.once(get("/patients/3", credentials(2)))
            let now = try await hosp.arrived
            #expect((other.status, now) == (200, asked + 1), "\(other)")
            _ = await next.server.stop()
        }
    }
}
