/// A form in which exchanges are handed to other systems. Only what the line says is written; see docs/audit-export.md.
package enum TrailExport: String, Sendable, CaseIterable {
    /// RFC 4180.
    case csv
    /// Elastic Common Schema 8, JSON lines.
    case ecs
    /// Open Cybersecurity Schema Framework 1.3, class API Activity (6003), JSON lines.
    case ocsf
    /// FHIR R4 AuditEvent, NDJSON.
    case fhir

    /// What stands before all lines.
    package var head: String {
        switch self {
        case .csv: CSVExport.head
        case .ecs, .ocsf, .fhir: ""
        }
    }

    /// The line of a finished exchange with its end; `nil` for any other, and where the form needs a time that is absent.
    package func line(_ record: TrailRecord) -> String? {
        guard record.phase == .outcome else { return nil }
        return switch self {
        case .csv: CSVExport.line(record)
        case .ecs: ECSExport.line(record).map { $0 + "\n" }
        case .ocsf: OCSFExport.line(record).map { $0 + "\n" }
        case .fhir: FHIRExport.line(record).map { $0 + "\n" }
        }
    }
}

/// What all forms ask of an exchange in their own words.
extension TrailRecord {
    enum Ending {
        case success
        /// The answer was 4xx.
        case refused
        /// The answer was 5xx, or there was none.
        case failed
        /// Nobody knows whether the write took effect.
        case unknown
    }

    var ending: Ending {
        if outcome == "unknown" { return .unknown }
        guard let status else { return .failed }
        return status < 400 ? .success : status < 500 ? .refused : .failed
    }

    enum Action {
        case create, read, update, delete, other
    }

    /// By the method; a POST is a create only where it is about a kind of record: others may do anything.
    var action: Action {
        switch method {
        case "GET", "HEAD", "OPTIONS": .read
        case "PUT", "PATCH": .update
        case "DELETE": .delete
        case "POST": resourceType == nil ? .other : .create
        default: .other
        }
    }

    /// Host without its port, and the port.
    var authority: (name: String, port: Int?)? {
        guard let host else { return nil }
        guard let colon = host.lastIndex(of: ":"), let port = Int(host[host.index(after: colon)...]), port >= 0,
            !host[..<colon].contains(":") || host[..<colon].hasSuffix("]")
        else { return (host, nil) }
        return (String(host[..<colon]), port)
    }
}
