import StentModel
import StentPolicy
import Testing

@Suite struct `How long a response is fresh (RFC 9111 §4.2.1)` {
    @Test(
        arguments: [
            (["Cache-Control: max-age=3600"], Reuse.fresh), (["Cache-Control: max-age=2"], .stale),
            (["Cache-Control: max-age=3600", "Expires: {-7200}", "Date: {0}"], .fresh),
            (["Cache-Control: max-age=3600", "Expires: 0", "Date: {0}"], .fresh),
            (["Expires: {3600}", "Cache-Control: max-age=0", "Date: {0}"], .stale),
            (["Cache-Control: s-maxage=3600"], .fresh), (["Cache-Control: max-age=3600, s-maxage=1"], .stale),
            (["Cache-Control: s-maxage=1, max-age=3600"], .stale),
            (["Cache-Control: max-age=3600", "Cache-Control: s-maxage=1"], .stale),
            (["Cache-Control: max-age=1, s-maxage=3600"], .fresh),
            (["Expires: {-10}", "Cache-Control: max-age=0, s-maxage=3600"], .fresh),
            (["Expires: {2592000}", "Date: {0}"], .fresh), (["Expires: {-2592000}", "Date: {0}"], .stale),
            (["Expires: {0}", "Date: {0}"], .stale), (["Expires: {300}", "Date: {400}"], .stale),
            (["Expires: 0", "Date: {0}"], .stale), (["Date: foo", "Expires: {10}"], .fresh),
            (["Expires: {10}"], .fresh), (["Expires: {3600}", "Expires: {3600}", "Date: {0}"], .fresh),
            (["Expires: {3600}", "Expires: {3601}", "Date: {0}"], .stale),
            (["Expires: {3600}", "Expires: 0", "Date: {0}"], .stale),
            (["Expires: Thursday, 18-Aug-50 02:01:18 GMT", "Date: {0}"], .fresh),
            (["Expires: Thu Aug 18 02:01:18 2050", "Date: {0}"], .fresh),
            (["Expires: Thu, 18 Aug 2050 02:01:18 UTC", "Date: {0}"], .stale),
            (["Pragma: no-cache", "Cache-Control: max-age=3600"], .fresh),
            (["CDN-Cache-Control: max-age=3600", "Expires: {-10000}", "Date: {0}"], .fresh),
            (["CDN-Cache-Control: max-age=3600", "Expires: 0", "Date: {0}"], .fresh),
            (["CDN-Cache-Control: max-age=0", "Expires: {10000}", "Date: {0}"], .stale),
            (["CDN-Cache-Control: foo", "Expires: {10000}", "Date: {0}"], .stale),
            (["CDN-Cache-Control: max-age=3600", "Cache-Control: max-age=1"], .fresh),
            (["CDN-Cache-Control: max-age=1", "Cache-Control: max-age=3600"], .stale),
            (["CDN-Cache-Control: no-cache", "Cache-Control: max-age=3600"], .stale),
        ] as [([String], Reuse)])
    func `is what the most specific statement says`(lines: [String], expected: Reuse) throws {
        #expect(try Reuse(answer(200, lines + ["ETag: \"a\""])) == expected)
    }

    @Test func `ends at a moment`() throws {
        let head = try answer(200, ["Cache-Control: max-age=60"])
        #expect(try Reuse(head, after: 59.999) == .fresh)
        #expect(try Reuse(head, after: 60) == .stale)
        #expect(try lifetime(head).freshness(at: later(10)) == 50)
        #expect(try lifetime(head).freshness(at: later(65)) == -5)
    }

    /// RFC 9111 §5.2.2.4.
    @Test(arguments: ["no-cache", "max-age=10000, No-CaChE", "max-age=10000, no-cache=\"a\""])
    func `is nothing under no-cache`(value: String) throws {
        let head = try answer(200, ["Cache-Control: \(value)", "ETag: \"a\"", "Expires: {10000}", "Date: {0}"])
        #expect(try Reuse(head, after: 0) == .stale)
    }
}

@Suite struct `A lifetime that is guessed (RFC 9111 §4.2.2)` {
    @Test(arguments: [(10, 1), (600, 60), (3_605, 360), (86_400, 8_640), (864_000, 86_400), (86_400_000, 86_400)])
    func `is a tenth of the time since the last change, a day at most`(ago: Int, seconds: Double) throws {
        let head = try answer(200, ["Last-Modified: {-\(ago)}", "Date: {0}"])
        #expect(try Reuse(head, after: seconds - 0.001) == .fresh)
        #expect(try Reuse(head, after: seconds) == .stale)
    }

    @Test(
        arguments: [
            ["Last-Modified: {10}", "Date: {0}"], ["Last-Modified: x", "Date: {0}", "ETag: \"a\""],
            ["Last-Modified: {-86400}", "Date: {0}", "Expires: 0"],
            ["Last-Modified: {-86400}", "Date: {0}", "CDN-Cache-Control: max-age=0"],
        ] as [[String]])
    func `is not guessed where something is said, or nothing known`(lines: [String]) throws {
        #expect(try Reuse(answer(200, lines)) == .stale)
    }

    @Test func `counts from Date where that is no date`() throws {
        #expect(try Reuse(answer(200, ["Last-Modified: {-1000}"]), after: 99) == .fresh)
    }
}

@Suite struct `The age of a response (RFC 9111 §4.2.3)` {
    @Test(
        arguments: [
            (["Age: 7200"], 7_200), (["Age: 7200, 0"], 7_200), (["Age: 0, 7200"], 0), (["Age: 7200", "Age: 0"], 7_200),
            (["Age: 0", "Age: 7200"], 0), (["Age: abc"], 0), (["Age: -7200"], 0), (["Age: 7200.0"], 0),
            (["Age: 7200;foo=bar"], 0), (["Age: 2147483647"], 2_147_483_647), (["Age: 2147483649"], 2_147_483_648),
            (["Age: 99999999999999999999"], 2_147_483_648), (["Age: "], 0), (["Age: \"5\""], 0),
            (["Date: {-7200}"], 7_200),
            (["Date: {7200}"], 0), (["Date: x", "Age: 5"], 5), (["Date: {-10}", "Age: 25"], 25),
            (["Date: {-25}", "Age: 10"], 25), (["Date: Thu, 01 Jan 1970 00:00:00 GMT"], 1_795_219_200),
            (["Date: Mon, 01 Jan 0001 00:00:00 GMT"], 2_147_483_648),
            (["Date: Fri, 31 Dec 9999 23:59:59 GMT", "Age: 5"], 5),
        ] as [([String], Int64)])
    func `is the larger of what it says and what its date says`(lines: [String], age: Int64) throws {
        let life = try lifetime(answer(200, ["Cache-Control: max-age=2147483648", "ETag: \"a\""] + lines))
        #expect(life.age(at: cachedMoment) == age)
        #expect(life.age(at: later(30)) == min(age + 30, 2_147_483_648))
        #expect(written { life.appendAge(at: cachedMoment, to: &$0) } == "\(age)")
    }

    @Test(
        arguments: [
            (["Date: {0}", "Cache-Control: max-age=3600", "Age: 7200"], Reuse.stale),
            (["Date: {-7200}", "Cache-Control: max-age=3600"], .stale),
            (["Date: {-10}", "Expires: {10}", "Age: 25"], .stale),
            (["Date: {10}", "Expires: {20}", "Age: 15"], .stale),
            (["Date: {0}", "CDN-Cache-Control: max-age=3600", "Age: 7200"], .stale),
            (["Date: {0}", "Cache-Control: max-age=10000", "Age: 3600", "Age: 3600"], .fresh),
        ] as [([String], Reuse)])
    func `counts against its lifetime`(lines: [String], expected: Reuse) throws {
        #expect(try Reuse(answer(200, lines + ["ETag: \"a\""])) == expected)
    }

    @Test func `holds the time that the answer took`() throws {
        let slow = ResponseTiming(requested: later(-9), received: cachedMoment, receivedAt: cachedAt)
        let head = try answer(200, ["Cache-Control: max-age=60", "Age: 5", "Date: {0}"])
        #expect(try lifetime(head, timing: slow).age(at: cachedMoment) == 14)
        #expect(try Reuse(head, after: 45, timing: slow) == .fresh)
        #expect(try Reuse(head, after: 46, timing: slow) == .stale)
    }

    @Test func `does not wrap at the ends of the clock`() throws {
        let old = ResponseTiming(
            requested: Moment(nanoseconds: 0), received: Moment(nanoseconds: .max),
            receivedAt: WallTime(nanoseconds: .max))
        let head = try answer(200, ["Cache-Control: max-age=2147483648", "Age: 2147483648", "ETag: \"a\""])
        #expect(try lifetime(head, timing: old).age(at: .distantFuture) == 2_147_483_648)
    }
}

@Suite struct `Using a stale response (RFC 9111 §4.2.4, RFC 5861)` {
    @Test func `is allowed by stale-while-revalidate for its time`() throws {
        let head = try answer(200, ["Cache-Control: max-age=1, stale-while-revalidate=4", "ETag: \"abc\""])
        #expect(try Reuse(head, after: 0.5) == .fresh)
        #expect(try Reuse(head, after: 3) == .answered(.staleWhileRevalidating))
        #expect(try Reuse(head, after: 5) == .stale)
    }

    @Test func `is allowed by stale-if-error for its time`() throws {
        let life = try lifetime(answer(200, ["Cache-Control: max-age=2, stale-if-error=60"]))
        #expect(life.staleIfErrorUntil == later(62))
        #expect(life.staleIfDisconnectedUntil == later(62))
        #expect(life.staleWhileRevalidateUntil == later(2))
        #expect(life.usableUntil == later(62))
    }

    @Test func `is allowed for a while where nobody said anything and the upstream can't be reached`() throws {
        let life = try lifetime(answer(200, ["Cache-Control: max-age=2"]))
        #expect(life.staleIfErrorUntil == later(2))
        #expect(life.staleIfDisconnectedUntil == later(602))
    }

    @Test(arguments: ["must-revalidate", "proxy-revalidate", "s-maxage=2", "no-cache"])
    func `is forbidden`(by directive: String) throws {
        let control = "Cache-Control: max-age=2, stale-if-error=60, stale-while-revalidate=60, \(directive)"
        let life = try lifetime(answer(200, [control, "ETag: \"a\""]))
        #expect(life.staleUse == .forbidden)
        #expect(life.usableUntil == life.expires)
        #expect(life.expires <= later(2))
    }

    @Test func `counts from the end of freshness, though that was before it came`() throws {
        let head = try answer(200, ["Cache-Control: max-age=10, stale-while-revalidate=20", "Age: 25"])
        #expect(try Reuse(head, after: 4) == .answered(.staleWhileRevalidating))
        #expect(try Reuse(head, after: 5) == .stale)
    }
}
