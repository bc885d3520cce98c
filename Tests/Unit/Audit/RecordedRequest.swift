import Foundation
import StentAudit
import StentModel
import Testing

/// A head as a decoder would leave it, of parts that no decoder has looked at.
func head(
    method: Method = .get, target: String = "/", pathAndQuery: String? = nil, fields: [(FieldName, String)] = []
) -> RequestHead {
    head(
        method: method, target: Array(target.utf8), pathAndQuery: pathAndQuery.map { Array($0.utf8) },
        fields: fields.map { ($0, Array($1.utf8)) })
}

/// The same of bytes.
func head(
    method: Method = .get, target: [UInt8], pathAndQuery: [UInt8]? = nil, fields: [(FieldName, [UInt8])] = []
) -> RequestHead {
    var head = RequestHead()
    func place(_ bytes: [UInt8]) -> Slot {
        let start = head.fields.bytes.count
        head.fields.bytes += bytes
        return Slot(start..<head.fields.bytes.count)
    }
    head.method = method
    head.target = place(target)
    head.pathAndQuery = pathAndQuery.map(place) ?? head.target
    for (field, value) in fields {
        head.fields.lines.append(
            FieldLine(name: place(Array("Name".utf8)), value: place(value), field: field, isCanonical: true))
    }
    return head
}

/// A record of a plain GET that was answered at the first try.
func answeredRecord() -> ExchangeRecord {
    var record = ExchangeRecord()
    record.id = .minted(0x0195_5C7A_9E31_7001, 0x8123_4567_89AB_CDEF)
    record.startedAt = WallTime(nanoseconds: 1_767_225_600_123_456_789)
    record.listener = .https
    record.client = .v4(0xCB00_7107)
    record.peer = .v4(0xCB00_7107)
    record.peerPort = 53_122
    record.headIsReadable = true
    record.route = "patients"
    record.status = 200
    record.bytesOut = 1_024
    record.duration = TimeSpan(nanoseconds: 2_345_678)
    record.attempts = [
        AttemptRecord(
            start: TimeSpan(nanoseconds: 120_999), duration: TimeSpan(nanoseconds: 2_100_000), status: 200,
            reusedConnection: true)
    ]
    return record
}

/// The line as text, checked to be exactly one line of valid UTF-8 without a control byte.
func line(_ record: ExchangeRecord, _ head: RequestHead = head()) throws -> String {
    var bytes: [UInt8] = []
    AuditLine.append(record, head: head, to: &bytes)
    #expect(bytes.count <= AuditLine.maximumLength(of: record, head: head))
    return try text(ofLine: bytes)
}

func text(ofLine bytes: [UInt8]) throws -> String {
    try #require(bytes.last == 0x0A)
    #expect(bytes.dropLast().allSatisfy { $0 >= 0x20 && $0 != 0x7F })
    return try #require(String(validating: bytes.dropLast(), as: UTF8.self))
}

/// The line as another reader sees it.
func object(_ record: ExchangeRecord, _ head: RequestHead = head()) throws -> [String: Any] {
    let text = try line(record, head)
    return try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
}
