import Logging
import StentModel
import StentProxy
import StentStore

/// The store of Idempotency-Keys and the secret that its scopes are made with.
struct IdempotencyKeys: Sendable {
    let store: SQLiteIdempotencyStore
    let port: Gate.Idempotency

    /// - Returns: `nil` where the settings have no `idempotency`.
    /// - Throws: `StentServer.Failure` with what to do.
    static func open(_ settings: Settings, log: Logger) throws -> IdempotencyKeys? {
        guard let wanted = settings.idempotency else { return nil }
        do throws(IdempotencyStoreError) {
            let digest = try IdempotencyScopeKey(directory: settings.state.directory)
            let store = try SQLiteIdempotencyStore(
                directory: settings.state.directory, limits: limits(wanted), onStatus: { $0.tell(log) })
            return IdempotencyKeys(store: store, port: Gate.Idempotency(store: store, digest: digest))
        } catch {
            throw StentServer.Failure("idempotency: \(error)")
        }
    }

    func adopt(_ settings: Settings) {
        if let wanted = settings.idempotency { store.adopt(Self.limits(wanted)) }
    }

    private static func limits(_ settings: IdempotencySettings) -> IdempotencyLimits {
        var limits = IdempotencyLimits()
        limits.lifetimeNanoseconds = TimeSpan(settings.lifetime).nanoseconds
        return limits
    }
}

extension IdempotencyStoreStatus {
    /// Says it in the log.
    fileprivate func tell(_ log: Logger) {
        switch self {
        case .failing(let error):
            log.error("idempotency keys can't be kept", metadata: ["cause": "\(error)"])
        case .recovered: log.notice("idempotency keys are kept again")
        case .replaced(let path, let error):
            log.error(
                "the database of idempotency keys was damaged and begun anew",
                metadata: ["moved_to": "\(path)", "cause": "\(error)"])
        case .answersDropped(let count):
            log.warning("answers of idempotency keys were dropped for room", metadata: ["count": "\(count)"])
        case .keysForgotten(let count):
            log.warning("idempotency keys were forgotten for room", metadata: ["count": "\(count)"])
        }
    }
}
