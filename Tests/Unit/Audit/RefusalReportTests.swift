import StentAudit
import StentModel
import Testing

/// A line of the trail with a refusal.
private func refusal(
    _ policy: String = "ownership", mode: String = "enforce", reason: String = "ownership.not-owner",
    result: String = "refused", user: String = "staff2", time: String = "2026-03-01T09:30:00.000000Z", id: String = "a"
) -> [UInt8] {
    Array(
        """
        {"v":2,"time":"\(time)","phase":"outcome","event":"exchange","id":"\(id)",\
        "actor":{"user":"\(user)","id":"2"},"method":"DELETE","route":"notes","resource":{"type":"note","id":"5"},\
        "decisions":[{"policy":"\(policy)","mode":"\(mode)","result":"\(result)","reason":"\(reason)"}]}
        """.utf8)
}

private func report(_ policies: Set<String> = [], _ lines: [[UInt8]]) -> RefusalReport {
    var report = RefusalReport(policies: policies)
    for line in lines { report.add(line: line) }
    return report
}

@Suite struct `A report of refusals` {
    @Test func `counts what has everything in common but its time, with the first, the last and its request`() {
        let times = ["2026-03-01T09:30:00.000000Z", "2026-03-02T00:00:00.000000Z", "2026-02-01T00:00:00.000000Z"]
        let rows = report([], times.map { refusal(time: $0, id: "of \($0.prefix(10))") }).sorted
        #expect(rows.count == 1)
        #expect(rows.first?.count == 3)
        #expect(rows.first?.first == times[2])
        #expect(rows.first?.last == times[1])
        #expect(rows.first?.example == "of 2026-03-02")
        let key = rows.first?.key
        #expect([key?.policy, key?.mode, key?.reason] == ["ownership", "enforce", "ownership.not-owner"])
        #expect([key?.user, key?.actor, key?.method] == ["staff2", "2", "DELETE"])
        #expect([key?.route, key?.resource] == ["notes", "note"])
    }

    @Test func `has the most frequent first, and the same order every time`() {
        var lines = [refusal(user: "b"), refusal(user: "a"), refusal(user: "c"), refusal(user: "c")]
        let rows = report([], lines).sorted
        #expect(rows.map(\.key.user) == ["c", "a", "b"])
        lines.reverse()
        #expect(report([], lines).sorted == rows)
    }

    @Test func `tells what was refused from what would have been`() {
        let rows = report([], [refusal(mode: "report"), refusal(mode: "enforce")]).sorted
        #expect(Set(rows.map(\.key.mode)) == ["report", "enforce"])
    }

    @Test func `is about the policies that were asked for`() {
        let lines = [refusal("ownership"), refusal("contract"), refusal("identity")]
        #expect(report(["contract", "identity"], lines).sorted.map(\.key.policy) == ["contract", "identity"])
        #expect(report([], lines).sorted.count == 3)
    }

    @Test func `has each refusal of a line, and no line's permissions`() {
        let line = """
            {"time":"t","id":"a","decisions":[{"policy":"contract","mode":"report","result":"refused","reason":"r"},\
            {"policy":"ownership","mode":"enforce","result":"allowed","reason":"s"},\
            {"policy":"identity","mode":"report","result":"refused","reason":"u"}]}
            """
        #expect(report([], [Array(line.utf8), refusal(result: "allowed")]).sorted.map(\.key.reason) == ["r", "u"])
    }

    @Test(arguments: [
        "", "{", "null", "[]", "{}", #"{"decisions":5}"#, #"{"decisions":[5,null,{}]}"#,
        #"{"decisions":[{"result":"refused"}]}"#, #"{"decisions":[{"result":"refused","policy":7}]}"#,
        #"{"event":"start","details":{}}"#,
    ])
    func `passes over what is no line with a refusal`(line: String) {
        #expect(report([], [Array(line.utf8)]).sorted.isEmpty)
    }

    @Test func `counts kinds beyond its room without their names`() {
        var report = RefusalReport(policies: [], limit: 10)
        for number in 0..<15 { report.add(line: refusal(user: "\(number)")) }
        report.add(line: refusal(user: "0"))
        #expect(report.sorted.count == 10)
        #expect(report.sorted.first?.count == 2)
        #expect(report.uncounted == 5)
    }

    @Test func `reads what the trail writes`() throws {
        var record = answeredRecord()
        record.user = "Dr. \"No\"\u{202E}"
        record.actor = "7"
        record.resource = .init(type: "note", id: "5", owner: "16")
        record.decisions = [.init(.ownership, .report, .refused, .ownershipNotOwner)]
        var line: [UInt8] = []
        AuditLine.append(record, head: head(method: .delete, target: "/notes/5"), to: &line)
        let row = try #require(report([], [Array(line.dropLast())]).sorted.first)
        #expect(row.key.user == "Dr. \"No\"\u{202E}")
        #expect((row.key.actor, row.key.method, row.key.resource) == ("7", "DELETE", "note"))
        #expect((row.key.mode, row.key.reason) == ("report", "ownership.not-owner"))
        #expect(row.last == "2026-01-01T00:00:00.123456Z")
        #expect(row.example == "01955c7a-9e31-7001-8123-456789abcdef")
    }
}
