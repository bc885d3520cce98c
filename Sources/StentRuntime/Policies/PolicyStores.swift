import Logging
import StentAudit
import StentExchange
import StentModel
import StentProxy
import StentStore

/// What the policies keep: who owns what, and what is yet to be written.
struct PolicyStores: Sendable {
    /// `nil` where no record has an owner.
    let ledger: SQLiteOwnershipLedger?
    /// `nil` where no answer is written down.
    let outbox: SQLiteOutbox?
    let desk: OutboxDesk?

    /// - Throws: `StentServer.Failure` with what to do.
    static func open(_ settings: Settings, log: Logger) throws -> PolicyStores {
        do throws(StoreError) {
            var ledger: SQLiteOwnershipLedger?
            if settings.keepsLedger {
                ledger = try SQLiteOwnershipLedger(directory: settings.state.directory) {
                    $0.tell(log, what: ledgerMessage($0))
                }
            }
            guard settings.keepsOutbox else { return PolicyStores(ledger: ledger, outbox: nil, desk: nil) }
            let digest = try IdempotencyScopeKey(directory: settings.state.directory)
            let outbox = try SQLiteOutbox(
                directory: settings.state.directory, limits: OutboxLimits(settings.outbox)
            ) { $0.tell(log, what: SQLiteOutbox.message($0)) }
            return PolicyStores(ledger: ledger, outbox: outbox, desk: OutboxDesk(outbox, digest: digest))
        } catch {
            throw StentServer.Failure("state.directory: \(error)")
        }
    }

    private static func ledgerMessage(_ status: StoreStatus) -> String {
        switch status {
        case .failing: "the ledger of owners can't be used: the upstream is asked instead"
        case .recovered: "the ledger of owners can be used again"
        case .replaced: "the ledger of owners was damaged and begun anew: the upstream is asked instead"
        }
    }

    func adopt(_ settings: Settings) {
        outbox?.adopt(OutboxLimits(settings.outbox))
        desk?.reconfigure(account: settings.outbox.authorization)
    }

    func shutdown(within limit: Duration) {
        desk?.shutdown()
        outbox?.shutdown(within: limit)
        ledger?.shutdown(within: limit)
    }
}

extension Settings {
    var keepsLedger: Bool { identity != nil && !ownership.resources.isEmpty }
    var keepsOutbox: Bool { routes.contains { $0.recordAsNote != nil } }
    /// What can't come or go without a restart.
    var stores: [Bool] {
        [idempotency != nil, identity != nil, keepsLedger, keepsOutbox, cache != nil, cache?.disk != nil]
    }
}

extension OutboxSettings {
    /// The service account as a value of Authorization (RFC 7617 §2).
    var authorization: [UInt8]? {
        account.map { Array("Basic \(Base64.text(of: Array($0.utf8)))".utf8) }
    }
}

extension StoreStatus {
    /// Says it in the log.
    fileprivate func tell(_ log: Logger, what message: String) {
        switch self {
        case .failing(let error): log.error("\(message)", metadata: ["cause": "\(error)"])
        case .recovered: log.notice("\(message)")
        case .replaced(let path, let error):
            log.error("\(message)", metadata: ["moved_to": "\(path)", "cause": "\(error)"])
        }
    }
}
