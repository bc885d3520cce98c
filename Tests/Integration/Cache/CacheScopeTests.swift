import Foundation
import HospKit
import StentModel
import StentTestKit
import Testing

/// Runs a test against a stent with `hosp.yaml` and its cache, before a HOSP.
private func withHospCache(
    change: (inout Settings) -> Void = { _ in }, _ body: (StentHarness, HospServer) async throws -> Void
) async throws {
    try await withReliableStent { settings in
        settings.cache = CacheSettings()
        settings.cache?.requestDirectives = .ignore
        change(&settings)
    } _: { stent, hosp async throws in
        try await body(stent, hosp)
    }
}

/// What HOSP answers is kept by the routes' word, and given to nobody who must not see it.
@Suite struct `What HOSP answers` {
    @Test func `is kept for the caller who asked, and for nobody else`() async throws {
        try await withHospCache { stent, hosp async throws in
            let first = try await stent.once(get("/notes", credentials(1)))
            let second = try await stent.once(get("/notes", credentials(1)))
            #expect((first.status, first.text) == (200, second.text))
            #expect(second["Cache-Status"]?.hasPrefix("stent; hit; ttl=") == true)
            #expect(try await hosp.asked("GET /notes") == 1)
            let other = try await stent.once(get("/notes", credentials(2)))
            #expect(other["Cache-Status"]?.hasPrefix("stent; fwd=uri-miss") == true)
            #expect(try await hosp.asked("GET /notes") == 2)
        }
    }

    @Test func `is shared among proven callers where the route says so, and with nobody else`() async throws {
        try await withHospCache { stent, hosp async throws in
            #expect(try await stent.once(get("/hospitals", credentials(1))).status == 200)
            // Nothing is known of this one yet, so HOSP is asked.
            #expect(try await stent.cached(get("/hospitals", credentials(2))).cache == "fwd=miss; stored")
            #expect(try await stent.cached(get("/hospitals", credentials(2))).cache == "hit")
            #expect(try await stent.cached(get("/hospitals", credentials(1))).cache == "hit")
            #expect(try await hosp.asked("GET /hospitals") == 2)
            let wrong = "Authorization: Basic \(Data("staff1:wrong".utf8).base64EncodedString())\r\n"
            #expect(try await stent.once(get("/hospitals", wrong)).status == 401)
            #expect(try await stent.once(get("/hospitals")).status == 401)
        }
    }

    @Test func `is asked for again by whoever has changed it, in every spelling and list`() async throws {
        try await withHospCache { stent, hosp async throws in
            let created = try await stent.once(create("/notes", note("Mine")))
            let id = try #require(created.text.firstMatch(of: /"id":(\d+)/)?.1)
            let spellings = ["/notes/\(id)", "/notes/\(id).json", "/notes", "/notes.json", "/notes?patient_id=3"]
            for path in spellings { _ = try await stent.once(get(path, credentials(1))) }
            for path in spellings {
                #expect(try await stent.cached(get(path, credentials(1))).cache == "hit", "\(path)")
            }
            let changed = try await stent.once(request("PATCH", "/notes/\(id)", #"{"title":"Changed"}"#))
            #expect(changed.status == 200)
            for path in spellings {
                let answer = try await stent.once(get(path, credentials(1)))
                #expect(answer["Cache-Status"]?.contains("hit") == false, "\(path)")
                #expect(answer.text.contains("Changed"), "\(path)")
            }
        }
    }

    @Test func `is read on while HOSP is down, and not once its proof is too old`() async throws {
        try await withHospCache { settings in
            for index in settings.routes.indices where settings.routes[index].cache?.ttl != nil {
                settings.routes[index].cache?.ttl = .milliseconds(100)
                settings.routes[index].cache?.staleWhileRevalidate = nil
            }
            settings.identity?.proof.lifetime = .seconds(1)
            settings.identity?.proof.staleWhileDown = .seconds(3)
            settings.upstream.deadline = .seconds(1)
        } _: { stent, hosp async throws in
            let good = try await stent.once(get("/patients/3", credentials(1)))
            try await hosp.setProfile(.outage)
            // proof: the ages of copies and proofs are of stent's own clock
            try await Task.sleep(for: .milliseconds(1_200))
            let stale = try await stent.once(get("/patients/3", credentials(1)))
            #expect((stale.status, stale.text) == (200, good.text))
            #expect(stale["Cache-Status"]?.hasPrefix("stent; fwd=") == true)
            #expect(try await stent.once(get("/patients/3", credentials(2))).status >= 502)
            // proof: the same
            try await Task.sleep(for: .seconds(3))
            #expect(try await stent.once(get("/patients/3", credentials(1))).status >= 502)
        }
    }

    @Test func `a refusal of the credentials drops what was kept for them`() async throws {
        try await withHospCache { stent, hosp async throws in
            _ = try await stent.once(get("/patients/3", credentials(1)))
            #expect(try await stent.cached(get("/patients/3", credentials(1))).cache == "hit")
            // Somebody changes the password, and not through stent.
            let direct = try await RawConnection.open(port: hosp.port)
            #expect(try await direct.exchange(request("PATCH", "/staffs/1", #"{"password":"new"}"#)).status == 200)
            await direct.close()
            #expect(try await stent.cached(get("/patients/3", credentials(1))).cache == "hit")
            #expect(try await stent.once(get("/patients/4", credentials(1))).status == 401)
            #expect(try await stent.once(get("/patients/3", credentials(1))).status == 401)
        }
    }
}
