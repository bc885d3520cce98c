import StentModel
import StentPolicy
import Testing

private func route(_ change: (inout CacheOverride) -> Void) -> CacheOverride {
    var override = CacheOverride()
    override.ttl = .seconds(100)
    change(&override)
    return override
}

/// What HOSP says of every response.
private let hosp = ["Cache-Control: max-age=0, private, must-revalidate", "ETag: W/\"a\""]

@Suite struct `What a route says of freshness` {
    @Test(
        arguments: [
            ([], 100), (["Cache-Control: max-age=60"], 60), (["Cache-Control: max-age=500"], 100), (["Expires: 0"], 0),
            (["Cache-Control: no-cache"], 0), (["Last-Modified: {-86400}", "Date: {0}"], 100),
            (["Cache-Control: max-age=60", "Age: 20"], 40), (["Age: 20"], 80),
            (["Cache-Control: must-revalidate"], 100),
        ] as [([String], Double)])
    func `is shortened by the upstream`(lines: [String], seconds: Double) throws {
        let life = try lifetime(answer(200, lines + ["ETag: \"a\""]), override: route { _ in })
        #expect(life.expires == later(seconds))
    }

    @Test(arguments: [["Cache-Control: max-age=0, private"], ["Cache-Control: no-cache"], ["Expires: 0"], hosp, []])
    func `wins over the upstream where it may lengthen`(lines: [String]) throws {
        let override = route {
            $0.mayLengthen = true
            $0.staleIfError = .seconds(1_000)
            $0.staleWhileRevalidate = .seconds(10)
        }
        let head = try answer(200, lines)
        let life = try lifetime(head, to: ["Authorization: x"], sharing: .caller, override: override)
        #expect(life.expires == later(100))
        #expect(life.staleWhileRevalidateUntil == later(110))
        #expect(life.staleIfErrorUntil == later(1_100))
        #expect(life.staleIfDisconnectedUntil == later(1_100))
        #expect(life.staleUse == .allowed)
    }

    @Test func `never wins over no-store`() throws {
        let override = route { $0.mayLengthen = true }
        #expect(try Reuse(answer(200, ["Cache-Control: no-store"]), override: override) == .notStored(.noStore))
        #expect(try Reuse(answer(200, hosp), override: route { _ in }) == .notStored(.isPrivate))
        #expect(try Reuse(answer(200, ["Set-Cookie: a=b"]), override: override) == .notStored(.setCookie))
    }

    @Test func `leaves must-revalidate its word on stale copies`() throws {
        let head = try answer(200, ["Cache-Control: must-revalidate"])
        let life = try lifetime(head, override: route { $0.staleIfError = .seconds(1_000) })
        #expect(life.expires == later(100))
        #expect(life.staleIfErrorUntil == later(100))
    }

    @Test func `is shortened in its stale windows too`() throws {
        let head = try answer(200, ["Cache-Control: max-age=50, stale-if-error=5, stale-while-revalidate=5"])
        let both: (inout CacheOverride) -> Void = {
            $0.staleIfError = .seconds(1_000)
            $0.staleWhileRevalidate = .seconds(1)
        }
        #expect(try lifetime(head, override: route(both)).staleIfErrorUntil == later(55))
        #expect(try lifetime(head, override: route(both)).staleWhileRevalidateUntil == later(51))
        #expect(try lifetime(head, override: route { _ in }).staleIfErrorUntil == later(55))
        let longer = route {
            both(&$0)
            $0.mayLengthen = true
        }
        #expect(try lifetime(head, override: longer).staleIfErrorUntil == later(1_100))
    }

    @Test(arguments: [(404, Reuse.fresh), (410, .fresh), (422, .notStored(.status)), (302, .notStored(.status))])
    func `keeps a record that is not there for its own time`(status: Int, expected: Reuse) throws {
        let override = route { $0.negativeTTL = .seconds(5) }
        #expect(try Reuse(answer(status, []), override: override) == expected)
        #expect(try Reuse(answer(404, []), after: 5, override: override) == .stale)
        #expect(try Reuse(answer(404, []), override: route { _ in }) == .notStored(.noFreshness))
    }

    @Test func `does not end early by a clock that is wrong upstream`() throws {
        let head = try answer(200, hosp + ["Date: {-3600}"])
        #expect(try lifetime(head, override: route { $0.mayLengthen = true }).expires == later(100))
        #expect(try lifetime(head, override: route { $0.mayLengthen = true }).age(at: later(7)) == 7)
    }
}
