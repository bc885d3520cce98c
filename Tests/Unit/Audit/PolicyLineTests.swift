import Foundation
import StentAudit
import StentModel
import Testing

@Suite struct `What a line says of policies` {
    @Test func `is who it was, to which record, what was decided and why an owner was overridden`() throws {
        var record = answeredRecord()
        record.user = "staff3"
        record.actor = "3"
        record.resource = .init(type: "note", id: "5", owner: "16")
        record.decisions = [
            .init(.contract, .report, .refused, .contractMediaType),
            .init(.ownership, .enforce, .allowed, .ownershipBreakGlass),
        ]
        record.override = "the author is on leave"
        #expect(
            try line(record, head(method: .patch, target: "/notes/5")) == """
                {"v":2,"time":"2026-01-01T00:00:00.123456Z","phase":"outcome","event":"exchange",\
                "id":"01955c7a-9e31-7001-8123-456789abcdef","listener":"https","protocol":"HTTP/1.1",\
                "client":"203.0.113.7","peer_port":53122,"actor":{"user":"staff3","id":"3"},"method":"PATCH",\
                "route":"patients","path":"/notes/5","resource":{"type":"note","id":"5","owner":"16"},\
                "decisions":[{"policy":"contract","mode":"report","result":"refused","reason":"contract.media-type"},\
                {"policy":"ownership","mode":"enforce","result":"allowed","reason":"ownership.break-glass"}],\
                "override":"the author is on leave","status":200,"reason":"exchange.answered","bytes_in":0,\
                "bytes_out":1024,"duration_ms":2.345,"queue_ms":0.000,"backoff_ms":0.000,\
                "tries":[{"start_ms":0.120,"duration_ms":2.100,"status":200,"reused":true}]}
                """)
    }

    @Test func `is what for and for which request, of one of stent's own`() throws {
        var record = answeredRecord()
        record.listener = .own
        record.purpose = .identity
        record.parent = Array("abc-\"1".utf8)
        let text = try line(record, head(target: "/staffs/me"))
        #expect(
            text.contains(
                #""listener":"own","protocol":"HTTP/1.1","purpose":"identity","for":"abc-\"1","client":"203.0.113.7""#))
    }

    @Test func `is nothing where they were not asked`() throws {
        let keys = Set(try object(answeredRecord()).keys)
        #expect(keys.isDisjoint(with: ["actor", "resource", "decisions", "override", "purpose", "for"]))
    }

    @Test func `leaves out what is not known of caller and record`() throws {
        var record = answeredRecord()
        record.user = "staff3"
        record.resource = .init(type: "note", id: nil)
        let text = try line(record)
        #expect(text.contains(#""actor":{"user":"staff3"},"#))
        #expect(text.contains(#""resource":{"type":"note"},"#))
        record.user = ""
        record.actor = "3"
        #expect(try line(record).contains(#""actor":{"user":"","id":"3"},"#))
    }

    @Test(arguments: ExchangeRecord.Decision.Policy.allCases, [PolicyMode.report, .enforce])
    func `can be any policy in any mode`(policy: ExchangeRecord.Decision.Policy, mode: PolicyMode) throws {
        for result in ExchangeRecord.Decision.Result.allCases {
            var record = answeredRecord()
            record.decisions = [.init(policy, mode, result, .identityMissing)]
            let decisions = try object(record)["decisions"] as? [[String: String]]
            #expect(
                decisions == [
                    [
                        "policy": policy.rawValue, "mode": mode.rawValue, "result": result.rawValue,
                        "reason": "identity.missing",
                    ]
                ])
        }
    }

    @Test func `is bounded, whatever a caller calls themselves`() throws {
        var record = answeredRecord()
        let hostile = String(repeating: "\u{1}", count: 5_000)
        record.user = hostile
        record.actor = hostile
        record.override = hostile
        record.parent = [UInt8](repeating: 0x1F, count: 500)
        record.purpose = .ownership
        record.resource = .init(type: String(repeating: "\"", count: 300), id: hostile, owner: hostile)
        record.decisions = Array(
            repeating: .init(.ownership, .enforce, .refused, .ownershipReasonTooShort), count: 20)
        let object = try object(record)
        let actor = object["actor"] as? [String: String]
        #expect(actor?["user"]?.count == AuditLine.nameLimit)
        #expect(actor?["id"]?.count == AuditLine.nameLimit)
        #expect((object["override"] as? String)?.count == AuditLine.overrideLimit)
        #expect((object["resource"] as? [String: String])?["owner"]?.count == AuditLine.nameLimit)
    }

    @Test func `is text in any language, and never a mark that reorders it`() throws {
        var record = answeredRecord()
        record.user = "Zoë 🐶\u{202E}"
        record.override = "línea\u{2028}dos"
        let text = try line(record)
        #expect(text.contains("Zoë 🐶\\u202e"))
        #expect(text.contains("línea\\u2028dos"))
    }
}
