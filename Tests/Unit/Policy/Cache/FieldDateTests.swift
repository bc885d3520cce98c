import StentPolicy
import Testing

/// 2026-11-21.
private let now: Int64 = 1_795_219_200

private func seconds(_ text: String, now: Int64 = now) -> Int64? {
    let bytes = Array(text.utf8)
    return FieldDate.parse(bytes.span, 0..<bytes.count, now: now)
}

@Suite struct `A date of HTTP (RFC 9110 §5.6.7)` {
    @Test(
        arguments: [
            ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777), ("Sunday, 06-Nov-94 08:49:37 GMT", 784_111_777),
            ("Sun Nov  6 08:49:37 1994", 784_111_777), ("Wed Nov 16 08:49:37 1994", 784_975_777),
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0), ("Wed, 31 Dec 1969 23:59:59 GMT", -1),
            ("Tue, 19 Jan 2038 14:14:08 GMT", 2_147_523_248), ("Sun, 21 Nov 2286 04:46:39 GMT", 10_000_039_599),
            ("Fri, 31 Dec 9999 23:59:59 GMT", 253_402_300_799), ("Mon, 01 Jan 0001 00:00:00 GMT", -62_135_596_800),
            ("Thu, 29 Feb 2024 00:00:00 GMT", 1_709_164_800), ("THU, 18 AUG 2050 02:01:18 gMT", 2_544_400_878),
            ("Mon, 18 Aug 2050 02:01:18 GMT", 2_544_400_878), ("Sat, 31 Dec 2016 23:59:60 GMT", 1_483_228_800),
        ] as [(String, Int64)])
    func `has three forms`(text: String, expected: Int64) { #expect(seconds(text) == expected) }

    @Test(
        arguments: [
            "0", "-1", "", "Thu, 18 Aug 2050 02:01:18 UTC", "Thu, 18 Aug 2050 02:01:18 AEST",
            "Thu, 18 Aug 50 02:01:18 GMT",
            "Thu 18 Aug 2050 02:01:18 GMT", "Thu, 18  Aug  2050 02:01:18 GMT", "Thu, 18-Aug-2050 02:01:18 GMT",
            "Thu, 18 Aug 2050 02.01.18 GMT", "Thu, 18 Aug 2050 2:01:18 GMT", "Thu, 18 Aug 2050 24:00:00 GMT",
            "Thu, 18 Aug 2050 02:60:18 GMT", "Thu, 18 Aug 2050 02:01:61 GMT", "Thu, 32 Aug 2050 02:01:18 GMT",
            "Thu, 00 Aug 2050 02:01:18 GMT", "Wed, 29 Feb 2023 00:00:00 GMT", "Thu, 18 Avg 2050 02:01:18 GMT",
            "Thx, 18 Aug 2050 02:01:18 GMT", "Thu, 18 Aug 2050 02:01:18", "Thu, 18 Aug 2050 02:01:18 GMT, x",
            "Thursday, 18 Aug 2050 02:01:18 GMT", "Thu, 18-Aug-50 02:01:18 GMT", "Sun Nov 6 08:49:37 1994",
            "Sun Nov 06 08:49:37 94", "Sat, 01 Jan 0000 00:00:00 GMT", "Thu, 18 Aug 2050 02:01:18 +0000",
            "Thu, 1é Aug 2050 02:01:18 GMT",
        ] as [String])
    func `is none in any other form`(text: String) { #expect(seconds(text) == nil) }

    @Test(
        arguments: [
            ("Thursday, 18-Aug-50 02:01:18 GMT", "Thu, 18 Aug 2050 02:01:18 GMT"),
            ("Friday, 01-Jan-76 00:00:00 GMT", "Fri, 01 Jan 2076 00:00:00 GMT"),
            ("Friday, 01-Jan-77 00:00:00 GMT", "Fri, 01 Jan 1977 00:00:00 GMT"),
            ("Friday, 01-Jan-99 00:00:00 GMT", "Fri, 01 Jan 1999 00:00:00 GMT"),
            ("Friday, 01-Jan-00 00:00:00 GMT", "Fri, 01 Jan 2000 00:00:00 GMT"),
        ] as [(String, String)])
    func `with a two-digit year is not more than fifty years ahead`(short: String, long: String) throws {
        #expect(seconds(short) == seconds(long))
        #expect(seconds(short) != nil)
    }

    @Test(
        arguments: [
            (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"), (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (-1, "Wed, 31 Dec 1969 23:59:59 GMT"), (1_795_219_200, "Sat, 21 Nov 2026 00:00:00 GMT"),
            (Int64.max, "Fri, 31 Dec 9999 23:59:59 GMT"), (Int64.min, "Mon, 01 Jan 0001 00:00:00 GMT"),
        ] as [(Int64, String)])
    func `is written in the first of them`(seconds: Int64, text: String) {
        #expect(written { FieldDate.append(seconds, to: &$0) } == text)
    }

    @Test func `is read as it was written`() {
        var dice = SeededRandom(seed: 9)
        for _ in 0..<1_000 {
            let date = Int64.random(in: -62_135_596_800...253_402_300_799, using: &dice)
            #expect(seconds(written { FieldDate.append(date, to: &$0) }) == date)
        }
    }
}
