import NIOCore
import StentModel
import StentPolicy
import StentProxy

/// `/cache`: what is in it, as JSON; with `?url=` the entries of that path, too. Keys are an interface: they are added,
/// never renamed.
enum CacheDocument {
    /// Entries that are listed.
    private static let entriesShown = 1_000

    static func make(_ cache: CacheStore, target: [UInt8]?, under snapshot: Snapshot) -> [UInt8] {
        var object = JSONObject()
        object.add("cache", json: numbers(cache))
        if let target {
            let now = Moment(nanoseconds: Int64(NIODeadline.now().uptimeNanoseconds))
            let entries = cache.entries(of: target, atMost: entriesShown, now: now, under: snapshot)
            object.add("entries", json: "[\(entries.map(entry).joined(separator: ","))]")
        }
        return Array((object.text + "\n").utf8)
    }

    /// Also a part of `/status`.
    static func numbers(_ cache: CacheStore) -> String {
        let numbers = cache.numbers
        var object = JSONObject()
        object.add("entries", numbers.entries)
        object.add("bytes", numbers.bytes)
        object.add("capacity", cache.capacity.value)
        object.add("evictions", numbers.evictions)
        object.add("waiting", numbers.waiting)
        return object.text
    }

    private static func entry(_ entry: CacheStore.Listed) -> String {
        var object = JSONObject()
        object.add("url", entry.url)
        object.add("status", entry.status)
        object.add("bytes", entry.bytes)
        object.add("age", Int(entry.age))
        object.add("ttl", Int(entry.ttl))
        object.add("state", state(entry))
        switch entry.audience {
        case .oneCaller: object.add("for_one_caller", true)
        case .all: object.add("for_one_caller", false)
        }
        object.add("varies_by", json: "[\(entry.varies.map { JSONString.json($0) }.joined(separator: ","))]")
        return object.text
    }

    /// `invalid` is what a write or a purge has reached, and nobody gets any more.
    private static func state(_ entry: CacheStore.Listed) -> String {
        switch entry.standing {
        case .invalid: "invalid"
        case .stale: "stale"
        case .current: entry.ttl > 0 ? "fresh" : "stale"
        }
    }
}
