import Foundation
import StentAudit
import StentModel
import Testing

/// How bytes that anybody chose, numbers, times and addresses are written.
@Suite struct AuditTextTests {
    /// The path as it stands in the line, between its quotes.
    private func written(_ bytes: [UInt8]) throws -> String {
        let text = try line(answeredRecord(), head(target: bytes))
        let start = try #require(text.range(of: #""path":""#)?.upperBound)
        let end = try #require(text.range(of: #"","status""#)?.lowerBound)
        return String(text[start..<end])
    }

    @Test(arguments: [
        (#"/a"b\c/d"#, #"/a\"b\\c/d"#),
        ("/\u{0}\u{1}\u{8}\t\n\u{B}\u{C}\r\u{1F}", #"/\u0000\u0001\b\t\n\u000b\f\r\u001f"#),
        ("/\u{7F}\u{80}\u{9B}\u{9F}\u{A0}", "/\\u007f\\u0080\\u009b\\u009f\u{A0}"),
        ("/\u{2028}\u{202E}\u{2066}\u{FEFF}", #"/\u2028\u202e\u2066\ufeff"#),
        ("/grüße/病院/🏥", "/grüße/病院/🏥"),
        ("/\u{D7FF}\u{E000}\u{10000}\u{10FFFF}", "/\u{D7FF}\u{E000}\u{10000}\u{10FFFF}"),
    ])
    func `what JSON or a terminal would act on is escaped, other text stays`(text: String, escaped: String) throws {
        #expect(try written(Array(text.utf8)) == escaped)
    }

    @Test(
        arguments: [
            [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF], [0xF5], [0xFF], [0xC3], [0xE2, 0x82], [0xE2, 0x28, 0xA1],
            [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF0, 0x80, 0x80, 0x80], [0xF4, 0x90, 0x80, 0x80],
            [0xF0, 0x9F, 0x8F],
            [0xF0, 0x9F, 0x8F, 0x41], [0xE2, 0x82, 0xE2, 0x82, 0xAC], [0xC3, 0xC3, 0xBC],
        ] as [[UInt8]])
    func `each maximal part that is not UTF-8 becomes one replacement, at any place in a word`(bytes: [UInt8]) throws {
        for padding in 0..<9 {
            let before = [0x2F] + [UInt8](repeating: 0x61, count: padding)
            for after in [[], Array("bcdefghij".utf8)] {
                let whole = before + bytes + after
                // The standard library repairs by the same rule (Unicode 16, §3.9).
                let expected = String(decoding: whole, as: UTF8.self).replacing("\u{FFFD}", with: #"\ufffd"#)
                #expect(try written(whole) == expected)
            }
        }
    }

    @Test func `every byte at every place of a word is read back as it was, or as its replacement`() throws {
        for byte in UInt8.min...UInt8.max where byte != 0x3F && byte != 0x23 {
            for place in 0..<9 {
                var bytes = Array("/abcdefghijk".utf8)
                bytes[place + 1] = byte
                let path = try object(answeredRecord(), head(target: bytes))["path"] as? String
                #expect(path == String(decoding: bytes, as: UTF8.self))
            }
        }
    }

    @Test func `random bytes never break a line, and are read back as they were`() throws {
        var dice = SplitMix(seed: 20_260_301)
        for _ in 0..<2_000 {
            let count = Int.random(in: 0...60, using: &dice)
            let bytes = [0x2F] + (0..<count).map { _ in UInt8.random(in: 0...255, using: &dice) }
            let path = bytes.prefix { $0 != 0x3F && $0 != 0x23 }
            let agent = bytes.dropFirst()
            let object = try object(answeredRecord(), head(target: bytes, fields: [(.userAgent, Array(agent))]))
            #expect(object["path"] as? String == String(decoding: path, as: UTF8.self))
            #expect(object["agent"] as? String == String(decoding: agent, as: UTF8.self))
        }
    }

    @Test(arguments: [196, 197, 198, 199, 200])
    func `a cut never splits a character`(ascii: Int) throws {
        let agent = String(repeating: "a", count: ascii) + "🏥🏥"
        let written = try object(answeredRecord(), head(fields: [(.userAgent, agent)]))["agent"] as? String
        #expect(written == String(repeating: "a", count: ascii) + (ascii == 196 ? "🏥" : ""))
    }

    @Test(
        arguments: [
            (0, "0.000"), (999, "0.000"), (1_000, "0.001"), (999_999, "0.999"), (1_000_000, "1.000"),
            (12_003_000, "12.003"), (99_050_999_999, "99050.999"), (-5, "0.000"),
            (Int64.max, "9223372036854.775"),
        ] as [(Int64, String)])
    func `a span is written in milliseconds, to the microsecond, rounded down`(
        nanoseconds: Int64, text: String
    ) throws {
        var record = answeredRecord()
        record.duration = TimeSpan(nanoseconds: nanoseconds)
        #expect(try line(record).contains(#""duration_ms":\#(text),"#))
    }

    @Test(arguments: [0, 7, 10, 99, 100, 999, 1_000, 65_535, 1_234_567_890, .max, -1, -1_000, .min])
    func `a number is written in decimal digits`(number: Int) throws {
        var record = answeredRecord()
        record.bytesOut = number
        #expect(try line(record).contains(#""bytes_out":\#(number),"#))
    }

    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000000Z"),
            (-1, "1969-12-31T23:59:59.999999Z"),
            (951_782_400_000_000_000, "2000-02-29T00:00:00.000000Z"),
            (1_709_251_199_999_999_999, "2024-02-29T23:59:59.999999Z"),
            (1_709_251_200_000_001_000, "2024-03-01T00:00:00.000001Z"),
            (4_107_542_400_000_000_000, "2100-03-01T00:00:00.000000Z"),
            (Int64.max, "2262-04-11T23:47:16.854775Z"),
            (Int64.min, "1677-09-21T00:12:43.145224Z"),
        ] as [(Int64, String)])
    func `a time is written in UTC to the microsecond`(nanoseconds: Int64, text: String) throws {
        var record = answeredRecord()
        record.startedAt = WallTime(nanoseconds: nanoseconds)
        #expect(try line(record).hasPrefix(#"{"v":2,"time":"\#(text)","#))
    }

    @Test func `every day of four centuries has the date that the calendar gives it`() throws {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        for day in stride(from: -50_000, through: 96_000, by: 61) {
            let date = calendar.dateComponents(
                [.year, .month, .day], from: Date(timeIntervalSince1970: Double(day) * 86_400))
            var record = answeredRecord()
            record.startedAt = WallTime(nanoseconds: Int64(day) * 86_400_000_000_000)
            let (year, month, dayOfMonth) = try (
                #require(date.year), #require(date.month), #require(date.day)
            )
            let text = "\(year)-\(month < 10 ? "0" : "")\(month)-\(dayOfMonth < 10 ? "0" : "")\(dayOfMonth)T"
            #expect(try line(record).hasPrefix(#"{"v":2,"time":"\#(text)"#))
        }
    }

    @Test(arguments: [
        (PeerAddress.v4(0), "0.0.0.0"), (.v4(0xFFFF_FFFF), "255.255.255.255"), (.v4(0x0A63_0164), "10.99.1.100"),
        (.v6(0, 0), "::"), (.v6(0, 1), "::1"), (.v6(1 << 48, 0), "1::"),
        (.v6(0x2001_0DB8_0000_0000, 0x0000_0000_0002_0001), "2001:db8::2:1"),
        (.v6(0x2001_0DB8_0000_0001, 0x0001_0001_0001_0001), "2001:db8:0:1:1:1:1:1"),
        (.v6(0x2001_0000_0000_0001, 0x0000_0000_0000_0001), "2001:0:0:1::1"),
        (.v6(0x2001_0DB8_0000_0000, 0x0001_0000_0000_0001), "2001:db8::1:0:0:1"),
        (.v6(0xFE80_0000_0000_0000, 0xABCD_0EF0_0012_0003), "fe80::abcd:ef0:12:3"),
        (.v6(0x0001_0002_0003_0004, 0x0005_0006_0007_0008), "1:2:3:4:5:6:7:8"),
        (.v6(0x0000_0000_0003_0004, 0x0005_0006_0007_0000), "::3:4:5:6:7:0"),
        (.v6(0x0001_0002_0003_0004, 0x0005_0006_0000_0000), "1:2:3:4:5:6::"),
    ])
    func `an address is written in its one canonical form (RFC 5952 §4)`(address: PeerAddress, text: String) throws {
        var record = answeredRecord()
        record.client = address
        #expect(try object(record)["client"] as? String == text)
    }
}

/// Seeded dice: the same seed gives the same bytes, so that a failure can be repeated.
private struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
