import Foundation
import HospKit
import StentTestKit
import Testing

/// The uses of Tests/Forgeries/Legitimate: each is asked of HOSP itself and of a twin behind stent, and answered alike.
@Suite struct LegitimateUseTests {
    private static let folder = "Legitimate"
    private static let fields = ["content-type", "cache-control", "location", "www-authenticate", "vary"]

    @Test(arguments: try PolicyCase.kinds(in: folder))
    func `a legitimate use is answered through stent as by HOSP itself`(kind: String) async throws {
        let twin = try await HospServer.start(HospOptions(timeScale: 0))
        do {
            try await withReliableStent { stent, _ async throws in
                for use in try PolicyCase.all(in: Self.folder) where use.kind == kind {
                    try await Self.compare(use, stent: stent.httpPort, hosp: twin.port)
                }
            }
            try await twin.stop()
        } catch {
            try? await twin.stop()
            throw error
        }
    }

    private static func compare(_ use: PolicyCase, stent: Int, hosp: Int) async throws {
        var known = [stent, hosp].map { ["host": "localhost:\($0)"] }
        for step in use.steps {
            let through = try await PolicyWire.send(step, known[0], to: stent)
            let straight = try await PolicyWire.send(step, known[1], to: hosp)
            let place = Comment(rawValue: "\(use.name): \(step.place)")
            #expect("\(straight.status)" == step.expected ?? "\(straight.status)", place)
            #expect(through.status == straight.status, place)
            if use.compare == .answer {
                #expect(masked(through.content) == masked(straight.content), place)
                for name in fields {
                    let values = [through, straight].map { masked(Array(($0.fields[name] ?? "").utf8)) }
                    #expect(values[0] == values[1], "\(use.name): \(step.place): \(name)")
                }
                #expect((through.fields["etag"] == nil) == (straight.fields["etag"] == nil), place)
            }
            for (index, answer) in [through, straight].enumerated() {
                known[index]["etag"] = answer.fields["etag"]
                let object = try? JSONSerialization.jsonObject(with: Data(answer.content)) as? [String: Any]
                if let id = object?["id"] as? Int { known[index]["id"] = "\(id)" }
            }
        }
    }

    /// Without what differs rightly: where the server is, and when it was.
    private static func masked(_ content: [UInt8]) -> String {
        String(decoding: content, as: UTF8.self)
            .replacing(/https?:\/\/localhost:\d+/, with: "ORIGIN")
            .replacing(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/, with: "TIME")
    }
}
