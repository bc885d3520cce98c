import StentModel

/// Something that happened to stent or its trail, beside the exchanges.
package struct EventRecord: Sendable, Equatable {
    /// What happened. Raw values are an interface: they are added, never renamed.
    package enum Name: String, Sendable, CaseIterable {
        /// stent began to serve.
        case start
        /// stent stops; nothing follows until the next `start`.
        case stop
        /// Settings were read anew and are in force.
        case reload
        /// The live file was closed as a segment.
        case auditRotated = "audit.rotated"
        /// The live file was opened anew: on request, or because somebody took it away (`cause`).
        case auditReopened = "audit.reopened"
        /// A line that an earlier process left unfinished was cut off.
        case auditRepaired = "audit.repaired"
        /// The trail's end is before a seal that was kept beside it: lines were cut off, or lost in a power failure.
        case auditCut = "audit.cut"
        /// The trail can't be written; said in it with the room that a reserve gave.
        case auditFailing = "audit.failing"
        /// The file system of the trail has little room left.
        case auditDiskLow = "audit.disk-low"
        /// The wall clock went back; times before and behind this line can't be compared.
        case clockJumpedBack = "clock.jumped-back"
        /// The trail could not be written for a while and now is again; nothing was lost unless `audit.dropped` says so.
        case auditRecovered = "audit.recovered"
        /// Lines were lost because neither file nor memory had room for them.
        case auditDropped = "audit.dropped"
        /// Somebody began to override owners, and said why.
        case breakGlassOpened = "break-glass.opened"
        /// The upstream refuses a record of the outbox for good: it will not be written.
        case outboxRefused = "outbox.refused"
    }

    /// One fact about it.
    package struct Detail: Sendable, Equatable {
        package enum Value: Sendable, Equatable {
            case text(String)
            case number(Int)
            case flag(Bool)
        }

        package var key: String
        package var value: Value

        package init(_ key: String, _ value: Value) {
            self.key = key
            self.value = value
        }

        /// No detail of this kind takes more bytes in a line.
        fileprivate var length: Int {
            switch value {
            case .text(let text): 8 + 6 * (key.utf8.count + text.utf8.count)
            case .number, .flag: 32 + 6 * key.utf8.count
            }
        }
    }

    package var time: WallTime
    package var name: Name
    /// In the order in which they are written; each key once.
    package var details: [Detail]

    package init(_ name: Name, time: WallTime, details: [Detail] = []) {
        self.name = name
        self.time = time
        self.details = details
    }
}

extension AuditLine {
    /// Appends the line of an event; its facts stand together under `details`, so that none can hide a key of the line.
    package static func append(_ event: borrowing EventRecord, to output: inout [UInt8]) {
        var length = 256
        for detail in event.details { length += detail.length }
        output.append(addingCapacity: length) { (line: inout OutputSpan<UInt8>) in write(event, to: &line) }
    }

    private static func write(_ event: borrowing EventRecord, to output: inout OutputSpan<UInt8>) {
        appendStart(time: event.time, to: &output)
        output.append(#","event":""#)
        output.append(ascii: event.name.rawValue)
        output.append(#"","details":{"#)
        for index in event.details.indices {
            if index > 0 { output.append(0x2C) }
            JSONText.append(event.details[index].key, to: &output)
            output.append(0x3A)
            switch event.details[index].value {
            case .text(let text): JSONText.append(text, to: &output)
            case .number(let number): output.append(integer: number)
            case .flag(let flag): output.append(flag ? "true" : "false")
            }
        }
        output.append("}}\n")
    }
}
