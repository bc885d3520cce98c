import StentModel

/// Who did it, to what, and what the policies said.
extension AuditLine {
    static func appendPurpose(of record: borrowing ExchangeRecord, to output: inout OutputSpan<UInt8>) {
        guard let purpose = record.purpose else { return }
        output.append(#","purpose":""#)
        output.append(ascii: purpose.rawValue)
        output.append(#"","for":"#)
        JSONText.append(record.parent, Slot(0..<record.parent.count), to: &output)
    }

    static func appendActor(of record: borrowing ExchangeRecord, to output: inout OutputSpan<UInt8>) {
        guard !record.user.isEmpty || !record.actor.isEmpty else { return }
        output.append(#","actor":{"user":"#)
        JSONText.append(record.user, limit: nameLimit, to: &output)
        if !record.actor.isEmpty {
            output.append(#","id":"#)
            JSONText.append(record.actor, limit: nameLimit, to: &output)
        }
        output.append(0x7D)
    }

    private static func appendCache(of record: borrowing ExchangeRecord, to output: inout OutputSpan<UInt8>) {
        guard let use = record.cache else { return }
        output.append(#","cache":""#)
        output.append(use.text)
        output.append(0x22)
        if record.isCollapsed { output.append(#","collapsed":true"#) }
    }

    static func appendPolicies(of record: borrowing ExchangeRecord, to output: inout OutputSpan<UInt8>) {
        if let resource = record.resource {
            output.append(#","resource":{"type":"#)
            JSONText.append(resource.type, to: &output)
            if let id = resource.id {
                output.append(#","id":"#)
                JSONText.append(id, limit: nameLimit, to: &output)
            }
            if let owner = resource.owner {
                output.append(#","owner":"#)
                JSONText.append(owner, limit: nameLimit, to: &output)
            }
            output.append(0x7D)
        }
        appendCache(of: record, to: &output)
        appendDecisions(record.decisions, to: &output)
        if !record.override.isEmpty {
            output.append(#","override":"#)
            JSONText.append(record.override, limit: overrideLimit, to: &output)
        }
    }

    private static func appendDecisions(
        _ decisions: borrowing [ExchangeRecord.Decision], to output: inout OutputSpan<UInt8>
    ) {
        guard !decisions.isEmpty else { return }
        output.append(#","decisions":["#)
        for index in decisions.indices {
            if index > 0 { output.append(0x2C) }
            output.append(#"{"policy":""#)
            output.append(ascii: decisions[index].policy.rawValue)
            output.append(#"","mode":""#)
            output.append(ascii: decisions[index].mode.rawValue)
            output.append(#"","result":""#)
            output.append(ascii: decisions[index].result.rawValue)
            output.append(#"","reason":""#)
            output.append(ascii: decisions[index].reason.rawValue)
            output.append(#""}"#)
        }
        output.append(0x5D)
    }
}
