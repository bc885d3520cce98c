import StentModel
import StentTrail
import Testing

@Suite struct TrailTimeTests {
    private let now = WallTime(nanoseconds: 1_772_357_400_000_000_000)

    @Test(arguments: [
        ("2026-03-01T09:30:00Z", "2026-03-01T09:30:00.000000Z"),
        ("2026-03-01t09:30:00.5z", "2026-03-01T09:30:00.500000Z"),
        ("2026-03-01 10:30:00+01:00", "2026-03-01T09:30:00.000000Z"),
        ("2026-02-28T23:30:00-01:30", "2026-03-01T01:00:00.000000Z"),
        ("2026-03-01T09:30:00", "2026-03-01T09:30:00.000000Z"),
        ("2026-03-01T09:30", "2026-03-01T09:30:00.000000Z"),
        ("2024-02-29", "2024-02-29T00:00:00.000000Z"),
        ("1970-01-01", "1970-01-01T00:00:00.000000Z"),
        ("90s", "2026-03-01T09:28:30.000000Z"),
        ("15m", "2026-03-01T09:15:00.000000Z"),
        ("2h", "2026-03-01T07:30:00.000000Z"),
        ("7d", "2026-02-22T09:30:00.000000Z"),
        ("1w", "2026-02-22T09:30:00.000000Z"),
    ])
    func `times are read as RFC 3339, shorter, or as how long ago`(text: String, wanted: String) {
        #expect(TrailTime.parse(text, now: now).map(TrailTime.text) == wanted)
    }

    @Test(arguments: [
        "", "h", "2", "2y", "-2h", "2026", "2026-13-01", "2026-02-29", "2026-00-01", "2026-03-00", "2026-03-01T",
        "2026-03-01T24:00",
        "2026-03-01T09:60", "2026-03-01T09:30:00.Z", "2026-03-01T09:30:00+1:00", "2026-03-01T09:30:00Zx", "9999-01-01",
        "9999999999h", "999999999w", "٢h",
    ])
    func `anything else is no time`(text: String) {
        #expect(TrailTime.parse(text, now: now) == nil)
    }

    @Test func `a segment's name says its number, its form and when it was closed`() throws {
        let file = try #require(TrailFile(name: "audit-20260301T093000.123Z-000042.jsonl.gz.enc"))
        #expect(file.number == 42)
        #expect(file.form == [.compressed, .encrypted])
        #expect(file.closed.map(TrailTime.text) == "2026-03-01T09:30:00.123000Z")
        #expect(TrailFile(name: "audit.jsonl")?.isLive == true)
    }

    @Test(arguments: [
        "audit.lock", "audit.seals", "audit-x.jsonl", "audit-20260301T093000.123Z-42.jsonl",
        "audit-20260301T093000.123Z-000042.jsonl.enc.new", "audit-20260301T093000.123Z-000042.jsonl.bak",
        "audit-20260301T093000.123Z-00004x.jsonl",
    ])
    func `other files are none of the trail`(name: String) {
        #expect(TrailFile(name: name) == nil)
    }
}
