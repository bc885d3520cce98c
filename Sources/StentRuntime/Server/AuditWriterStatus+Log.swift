import Logging
import StentStore

extension AuditWriterStatus {
    /// Says it in the log.
    func tell(_ log: Logger) {
        switch self {
        case .repaired(let path, let bytes):
            log.warning(
                "cut an unfinished line off the audit file", metadata: ["path": "\(path)", "bytes": "\(bytes)"])
        case .cut(let from, let through):
            log.error(
                "the audit trail ends before its newest seal: lines are gone",
                metadata: ["from": "\(from)", "through": "\(through)"])
        case .leftOpen(let requests):
            log.warning("requests were under way when stent ended", metadata: ["requests": "\(requests)"])
        case .failing(let error): log.error("the audit trail can't be written", metadata: ["cause": "\(error)"])
        case .recovered: log.notice("the audit trail is written again")
        case .rotated(let segment, let bytes):
            log.info("closed an audit segment", metadata: ["segment": "\(segment)", "bytes": "\(bytes)"])
        case .rotationFailed(let error): log.error("the audit file can't be rotated", metadata: ["cause": "\(error)"])
        case .reopened(.asked): log.info("opened the audit file anew")
        case .reopened(let cause):
            log.error("somebody took the audit file away", metadata: ["cause": "\(cause.rawValue)"])
        case .reopenFailed(let error):
            log.error("the audit file can't be opened anew", metadata: ["cause": "\(error)"])
        case .syncFailed(let error): log.error("the audit file can't be flushed", metadata: ["cause": "\(error)"])
        case .sealFailed(let error): log.error("a seal of the audit trail is lost", metadata: ["cause": "\(error)"])
        case .keyUnvouched(let old, let new):
            log.warning(
                "the audit trail gets another key, and audit.seal.previous_key does not vouch for it",
                metadata: ["old": "\(old)", "new": "\(new)"])
        case .dropped(let lines): log.error("audit lines were dropped", metadata: ["lines": "\(lines)"])
        case .agedOut(let segments, let through):
            log.notice("removed audit segments", metadata: ["segments": "\(segments)", "through": "\(through)"])
        case .keepingFailed(let error):
            log.error("audit segments can't be removed or compressed", metadata: ["cause": "\(error)"])
        case .diskLow(let freeBytes):
            log.warning("the audit trail's disk has little room", metadata: ["free_bytes": "\(freeBytes)"])
        case .clockJumpedBack(let milliseconds):
            log.warning("the clock went back", metadata: ["milliseconds": "\(milliseconds)"])
        }
    }
}
