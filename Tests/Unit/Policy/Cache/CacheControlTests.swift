import StentModel
import StentPolicy
import Testing

private func response(_ lines: String...) throws -> ResponseCacheControl {
    ResponseCacheControl(try answer(200, lines).fields)
}

private func request(_ lines: String...) throws -> RequestCacheControl { RequestCacheControl(try get(lines).fields) }

@Suite struct `Cache-Control of a response (RFC 9111 §5.2.2)` {
    @Test(
        arguments: [
            ("no-store", ResponseCacheControl.Directives.noStore), ("No-StOrE", .noStore), ("no-cache", .noCache),
            ("no-cache=\"a\"", .noCache), ("no-cache=\"a, b\"", .noCache), ("private", .isPrivate),
            ("private=\"set-cookie\"", .isPrivate), ("public", .isPublic), ("must-revalidate", .mustRevalidate),
            ("proxy-revalidate", .proxyRevalidate), ("must-understand", .mustUnderstand), ("a, ,no-store,,", .noStore),
            ("no-store =1", .noStore), ("no-store=\"", .noStore), ("no-store \"x\"", []), ("x=\"no-store\"", []),
            ("x=\"a, no-store\"", []), ("x=\"a\\\", no-store\"", []), ("x=\"a, no-store", []), ("no-storex", []),
            ("no-stor", []), ("public=1", []), ("must-understand=1", []), ("\"no-store\"", []), ("", []), ("=", []),
            ("x=a\"b, no-store\", private", .isPrivate), ("x=\"a\"y, no-store", .noStore),
        ] as [(String, ResponseCacheControl.Directives)])
    func `is read as the directives that it has`(value: String, expected: ResponseCacheControl.Directives) throws {
        #expect(try response("Cache-Control: \(value)").directives == expected)
    }

    @Test func `is one list on all its lines`() throws {
        let control = try response("Cache-Control: max-age=5, private", "cache-control: s-maxage=7", "X: no-store")
        #expect(control.maxAge == 5)
        #expect(control.sharedMaxAge == 7)
        #expect(control.directives == .isPrivate)
        #expect(control.source == .cacheControl)
        #expect(try response("X: y").source == .nowhere)
    }

    /// RFC 9111 §1.2.2 and §4.2.1.
    @Test(
        arguments: [
            ("max-age=3600", 3_600), ("MaX-aGe=3600", 3_600), ("max-age=\"3600\"", 3_600), ("max-age=003600", 3_600),
            ("max-age=0", 0), ("max-age=2147483647", 2_147_483_647), ("max-age=2147483648", 2_147_483_648),
            ("max-age=2147483649", 2_147_483_648), ("max-age=99999999999", 2_147_483_648),
            ("max-age=999999999999999999999999999999", 2_147_483_648), ("max-age='3600'", 0), ("max-age=-3600", 0),
            ("max-age=a3600", 0), ("max-age=3600a", 0), ("max-age=3600.0", 0), ("max-age= 3600", 0),
            ("max-age =3600", 0),
            ("max-age", 0), ("max-age=", 0), ("max-age=\"3600", 0), ("max-age=\"36\\00\"", 0), ("max-age=+1", 0),
            ("max-age=1800, max-age=1", 1), ("max-age=1, max-age=1800", 1), ("foobar, max-age=3600", 3_600),
            ("extension=\"max-age=3600\", max-age=1", 1), ("max-age=1, extension=\"max-age=3600\"", 1),
        ] as [(String, Int64)])
    func `has a lifetime that is the shortest, and zero where it is no number`(value: String, seconds: Int64) throws {
        #expect(try response("Cache-Control: \(value)").maxAge == seconds)
    }

    /// RFC 5861.
    @Test func `has the windows of stale use`() throws {
        let control = try response("Cache-Control: stale-while-revalidate=10, stale-if-error=\"20\", max-age=1")
        #expect(control.staleWhileRevalidate == 10)
        #expect(control.staleIfError == 20)
        #expect(try response("Cache-Control: stale-while-revalidate=x").staleWhileRevalidate == 0)
    }
}

@Suite struct `CDN-Cache-Control (RFC 9213)` {
    @Test func `takes the place of Cache-Control as a whole`() throws {
        let control = try response("Cache-Control: no-store, s-maxage=5", "CDN-Cache-Control: max-age=10000")
        #expect(control.source == .targeted)
        #expect(control.maxAge == 10_000)
        #expect(control.sharedMaxAge == nil)
        #expect(control.directives == [])
    }

    @Test(
        arguments: [
            "max-age=10000, &&&&&", "max-age=\"10000\"", "max-age =100", "max-age= 100", "MaX-aGe=3600", "", " ",
            "max-age=10000,", "max-age", "max-age=1.5", "max-age=abc", "max-age=(1 2)", "s-maxage=?1", "max-age=1;",
            "a=\"",
            "a=\"\\x\"", "a=:!:", "a=:YQ", "a=?2", "a=(1", "a=(1\"\")", "a=@1.0", "a=%\"%zz\"", "a=%x",
            "a=1234567890123456",
            "a=1.", "a=1.2345", "a=1234567890123.1", "a=-", "1=2", "a b", "é", "a=é", "a=\"é\"",
        ] as [String])
    func `is ignored where it is no dictionary, or a lifetime no integer`(value: String) throws {
        let control = try response("CDN-Cache-Control: \(value)", "Cache-Control: no-store")
        #expect(control.source == .cacheControl)
        #expect(control.directives == .noStore)
    }

    @Test(
        arguments: [
            ("max-age=3600", 3_600), ("foobar, max-age=3600", 3_600), ("max-age=2147483648", 2_147_483_648),
            ("max-age=99999999999", 2_147_483_648), ("max-age=-5", 0), ("max-age=5;a=1;b=\"x\";c", 5),
            ("max-age=1, max-age=7", 7), ("a=(1 \"x\" y);z, max-age=3", 3), ("a=( 1 ), max-age=3", 3),
            ("a=(), max-age=3", 3),
            ("a=:YWJj:, b=@123, c=%\"%c3%a9\", d=1.5, e=*t/:, f=?0,max-age=3", 3),
            ("max-age=3 ,\t*k.-_=\"\\\"\\\\\"", 3),
        ] as [(String, Int64)])
    func `is read as a dictionary`(value: String, seconds: Int64) throws {
        let control = try response("CDN-Cache-Control: \(value)", "Cache-Control: max-age=1")
        #expect(control.source == .targeted)
        #expect(control.maxAge == seconds)
    }

    @Test func `may stand on several lines, and deny a directive`() throws {
        let control = try response("CDN-Cache-Control: max-age=5, no-store=?0", "CDN-Cache-Control: private=\"a\"")
        #expect(control.maxAge == 5)
        #expect(control.directives == .isPrivate)
    }
}

@Suite struct `Cache-Control of a request (RFC 9111 §5.2.1)` {
    @Test func `is read as the directives that it has`() throws {
        let control = try request(
            "Cache-Control: no-cache, max-age=5, MIN-FRESH=\"6\"", "Cache-Control: max-stale=7, x")
        #expect(control.directives == .noCache)
        #expect(control.maxAge == 5)
        #expect(control.minFresh == 6)
        #expect(control.maxStale == 7)
        #expect(try request("Cache-Control: no-store, only-if-cached").directives == [.noStore, .onlyIfCached])
        #expect(try request("Cache-Control: stale-if-error=9").staleIfError == 9)
    }

    @Test func `takes any staleness where max-stale has no number`() throws {
        #expect(try request("Cache-Control: max-stale").maxStale == 2_147_483_648)
        #expect(try request("Cache-Control: max-stale, max-stale=3").maxStale == 3)
    }

    @Test(arguments: ["max-age=x", "max-age", "min-fresh=-1", "max-stale=x", "nothing-to-see-here", "max-age =1"])
    func `says nothing by what is no number, or not known`(value: String) throws {
        #expect(try request("Cache-Control: \(value)") == .none)
    }

    @Test func `is the strictest of several`() throws {
        let control = try request("Cache-Control: max-age=5, max-age=3, min-fresh=1, min-fresh=2")
        #expect(control.maxAge == 3)
        #expect(control.minFresh == 2)
    }

    /// RFC 9111 §5.4.
    @Test func `is replaced by Pragma only where there is none`() throws {
        #expect(try request("Pragma: No-Cache").directives == .noCache)
        #expect(try request("Pragma: x, no-cache").directives == .noCache)
        #expect(try request("Pragma: unrecognised-extension") == .none)
        #expect(try request("Pragma: no-cache", "Cache-Control: max-age=5").directives == [])
    }
}
