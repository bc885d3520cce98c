import Logging
import StentExchange
import StentModel
import StentProxy
import StentStore

/// The cache with its disk, where one is set.
struct CacheTierOpening: Sendable {
    /// `nil` where nothing is kept.
    let store: CacheStore?
    /// `nil` where copies are in memory alone.
    let disk: CacheDisk?

    /// - Throws: `StentServer.Failure` with what to do.
    static func open(_ settings: Settings, log: Logger) throws -> CacheTierOpening {
        guard let cache = settings.cache else { return CacheTierOpening(store: nil, disk: nil) }
        let store = CacheStore(cache)
        guard let disk = cache.disk else { return CacheTierOpening(store: store, disk: nil) }
        do throws(CacheDiskError) {
            let tier = try CacheDisk(
                CacheDiskSettings(
                    directory: disk.directory ?? "\(settings.state.directory)/cache", key: disk.key, size: disk.size),
                standing: { store.standing(of: $0) },
                resume: { _, _, label in store.mark(ofLabel: label) },
                onStatus: { $0.tell(log) })
            store.attach(tier)
            return CacheTierOpening(store: store, disk: tier)
        } catch {
            throw StentServer.Failure("cache.disk: \(error)")
        }
    }

    /// - Parameter isComplete: all that could make copies invalid has ended.
    func shutdown(isComplete: Bool, within limit: Duration) {
        disk?.shutdown(isComplete ? .keeping : .forgetting, within: limit)
    }
}

extension CacheDiskStatus {
    /// Says it in the log.
    fileprivate func tell(_ log: Logger) {
        switch self {
        case .resumed(let copies, let dropped):
            log.info(
                "the cache goes on with what is on its disk",
                metadata: ["copies": "\(copies)", "dropped": "\(dropped)"])
        case .empty(.firstStart): log.info("the disk of the cache is new")
        case .empty(.notStopped):
            log.notice(
                "the cache begins empty: the last run did not end well, and what it had made invalid is not known")
        case .empty(.indexUnreadable(let error)):
            log.error("the cache begins empty: its index can't be read", metadata: ["cause": "\(error)"])
        case .failing(let error):
            log.error(
                "the disk of the cache takes nothing; copies are in memory alone", metadata: ["cause": "\(error)"])
        case .recovered: log.notice("the disk of the cache takes copies again")
        case .damaged(let error):
            log.error(
                "a copy on the disk of the cache is damaged and counts as missing", metadata: ["cause": "\(error)"])
        case .syncFailed(let error):
            log.warning("a file of the cache could not be flushed", metadata: ["cause": "\(error)"])
        case .notKept(let error):
            log.warning("what is on the disk of the cache is not kept", metadata: ["cause": "\(error)"])
        }
    }
}
