import StentModel

/// `stent cache show|purge`: asks the stent that serves these settings; text to print, and an exit code.
package enum CacheCommands {
    /// What a purge is to reach.
    package enum Reach: Sendable {
        case url(String)
        case prefix(String)
        case tag(String)
        case everything
    }

    package enum Purge: Sendable {
        case hard
        case soft
    }

    /// How much is kept; with a URL, what is kept of its path.
    ///
    /// - Returns: 1 where nobody answers, or nothing is kept of the path.
    package static func show(_ config: String, url: String?, asJSON: Bool) -> (text: String, code: Int32) {
        attempt {
            let client = try AdminClient(config)
            let query = url.map { "?url=\(encoded($0))" } ?? ""
            let document = try client.document(try client.get("/cache\(query)"))
            let entries = document.root[name: "entries"].map { Array($0.elements) }
            let code: Int32 = entries?.isEmpty == true ? 1 : 0
            if asJSON { return (String(decoding: document.bytes, as: UTF8.self), code) }
            guard let entries else { return (document.root[name: "cache"].map(text) ?? "", 0) }
            return (entries.isEmpty ? "nothing is kept of this path" : entries.map(line).joined(separator: "\n"), code)
        }
    }

    /// - Returns: 1 where nobody answers, or it can't be done.
    package static func purge(_ config: String, _ reach: Reach, _ purge: Purge) -> (text: String, code: Int32) {
        attempt {
            let member =
                switch reach {
                case .url(let url): "\"url\":\(JSONString.json(url))"
                case .prefix(let prefix): "\"prefix\":\(JSONString.json(prefix))"
                case .tag(let tag): "\"tag\":\(JSONString.json(tag))"
                case .everything: "\"everything\":true"
                }
            let soft = purge == .soft
            let client = try AdminClient(config)
            let answer = try client.post("/cache/purge", json: "{\(member),\"soft\":\(soft)}")
            let root = try client.document(answer).root
            let done = soft ? "stale from now on" : "purged"
            guard let count = root[name: "purged"]?.number else { return ("\(done): all that is kept under it", 0) }
            return ("\(done): \(count) \(count == "1" ? "entry" : "entries")", 0)
        }
    }

    /// The line about the cache as a whole.
    static func text(_ numbers: JSONValue) -> String {
        "cache: \(number(numbers, "entries")) entries, \(size(number(numbers, "bytes"))) of "
            + "\(size(number(numbers, "capacity"))), \(number(numbers, "evictions")) evicted, "
            + "\(number(numbers, "waiting")) waiting"
    }

    // MARK: Steps

    private static func attempt(_ body: () throws -> (String, Int32)) -> (text: String, code: Int32) {
        do {
            return try body()
        } catch {
            return ("\(error)", 1)
        }
    }

    private static func number(_ value: JSONValue, _ name: String) -> Int {
        value[name: name]?.number.flatMap { Int($0) } ?? 0
    }

    /// In KiB or MiB, with one decimal.
    private static func size(_ bytes: Int) -> String {
        let (unit, name) = bytes < 1 << 20 ? (1 << 10, "KiB") : (1 << 20, "MiB")
        let tenths = bytes / (unit / 8) * 10 / 8
        return tenths % 10 == 0 ? "\(tenths / 10) \(name)" : "\(tenths / 10).\(tenths % 10) \(name)"
    }

    private static func line(_ entry: JSONValue) -> String {
        let ttl = number(entry, "ttl")
        let state =
            switch entry[name: "state"]?.string {
            case "fresh": "fresh for \(ttl) s"
            case "invalid": "invalid: written to, or purged"
            case _: ttl < 0 ? "stale for \(-ttl) s" : "stale"
            }
        let audience = entry[name: "for_one_caller"]?.kind == .true ? "for one caller" : "for all"
        let names = (entry[name: "varies_by"].map { Array($0.elements) } ?? []).compactMap(\.string)
        let variant = names.isEmpty ? "" : "  by \(names.joined(separator: ", "))"
        return "\(entry[name: "url"]?.string ?? "")  \(number(entry, "status"))  \(number(entry, "bytes")) bytes  "
            + "age \(number(entry, "age")) s  \(state)  \(audience)\(variant)"
    }

    /// Everything but RFC 3986's unreserved characters percent-encoded.
    private static func encoded(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: bytes.append(byte)
            case _: bytes.append(contentsOf: [0x25, digits[Int(byte >> 4)], digits[Int(byte & 15)]])
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
