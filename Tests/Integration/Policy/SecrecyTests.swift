import Foundation
import HospKit
import StentModel
import StentTestKit
import Testing

/// A password is in the request, in what goes to HOSP, and nowhere else.
@Suite struct SecrecyTests {
    private static let passwords = ["secret1", "secret2", "secret16", "mistyped", "changed"]

    @Test func `no credential is in any file, in the metrics, in the status or in the log`() async throws {
        let hosp = try await HospServer.start(HospOptions(timeScale: 0))
        let log = CapturedLog()
        var settings = try StentHarness.settings(shipped: "hosp.yaml", upstreamPort: hosp.port)
        settings.makeQuick()
        settings.ownership.breakGlass?.callers = ["2"]
        let stent = try await StentHarness.start(settings, log: log)
        do {
            try await Self.beSeenEverywhere(stent, hosp)
            var places = [
                "/metrics": try await stent.admin("/metrics").body, "/status": try await stent.admin("/status").body,
            ]
            await stent.server.stop()
            places["log"] = Array(log.text.utf8)
            for (name, content) in try Self.files(stent.stateDirectory) { places[name] = content }
            #expect(places.keys.contains { $0.hasSuffix("audit.jsonl") })
            #expect(places.keys.contains { $0.hasSuffix("ownership.sqlite") })
            #expect(places.keys.contains { $0.hasSuffix("outbox.sqlite") })
            #expect(log.text.contains("an owner is overridden"))
            for (name, content) in places {
                for secret in Self.secrets {
                    #expect(content.firstRange(of: Array(secret.utf8)) == nil, "\(secret): \(name)")
                }
            }
        } catch {
            _ = try? await stent.stop()
            try? await hosp.stop()
            throw error
        }
        try await stent.stop()
        try await hosp.stop()
    }

    /// Every way on which credentials come by.
    private static func beSeenEverywhere(_ stent: StentHarness, _ hosp: HospServer) async throws {
        let wrong = create(note()).replacing(credentials(), with: "Authorization: \(basic("staff1:mistyped"))\r\n")
        #expect(try await stent.once(wrong).status == 401)
        #expect(try await stent.once(wrong).status == 401)
        let twice = create(note()).replacing(credentials(), with: credentials(1) + credentials(2))
        #expect(try await stent.once(twice).status == 400)
        let bare = create(note()).replacing(credentials(), with: "Authorization: Basic staff1:secret1\r\n")
        #expect(try await stent.once(bare).status == 401)
        #expect(try await stent.once(create(note(), key: "\"k\"")).status == 201)
        #expect(try await stent.once(create("/patients/3/screen", #"{"images":["a"]}"#)).status == 200)
        let emergency = request(
            "PATCH", "/notes/\(Seeded.note)", #"{"title":"t"}"#, as: 2, "Stent-Reason: the author is on leave\r\n")
        #expect(try await stent.once(emergency).status == 200)
        #expect(try await stent.once(request("DELETE", "/notes/\(Seeded.note)", as: 1)).status == 403)
        #expect(try await stent.once(request("GET", "/staffs/me?password=secret1", as: 16)).status == 200)
        #expect(try await stent.once(request("PATCH", "/staffs/3", #"{"password":"changed"}"#, as: 2)).status == 200)
        try await hosp.inject(Injection(.fault(.errorAfter), method: "POST", pathPrefix: "/notes"))
        #expect(try await stent.once(create(note("Verified"))).status == 201)
    }

    private static var secrets: [String] {
        let pairs = ["staff1:secret1", "staff2:secret2", "staff16:secret16", "staff1:mistyped"]
        return passwords + pairs.flatMap { [$0, Data($0.utf8).base64EncodedString()] }
    }

    private static func files(_ directory: String) throws -> [String: [UInt8]] {
        var files: [String: [UInt8]] = [:]
        for path in try FileManager.default.subpathsOfDirectory(atPath: directory) {
            let whole = "\(directory)/\(path)"
            if let content = FileManager.default.contents(atPath: whole) { files[path] = Array(content) }
        }
        return files
    }
}
