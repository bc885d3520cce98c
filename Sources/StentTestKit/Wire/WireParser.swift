/// Reads the blocks of one case. The grammar does not depend on line breaks: every statement begins with its keyword and
/// has a fixed form.
struct WireParser {
    private let tokens: [WireToken]
    private var index = 0

    init(_ tokens: [WireToken]) {
        self.tokens = tokens
    }

    /// Reads the blocks into `parsed`, whose header has been read already.
    mutating func parse(into parsed: inout WireCase) throws(WireSyntaxError) {
        while true {
            let token = current
            switch token.kind {
            case .end: return
            case .word("config"): parsed.configuration = try configuration()
            case .word("upstream"):
                guard parsed.upstream == nil else {
                    throw WireSyntaxError(
                        "a case has one upstream; script several connections with `accept`", at: token.place)
                }
                parsed.upstream = try upstream()
            case .word("client"): parsed.clients.append(try client())
            case .word("audit"):
                guard parsed.audit == nil else { throw WireSyntaxError("a second `audit`", at: token.place) }
                parsed.audit = try audit()
            case .word, .string, .open, .close:
                throw WireSyntaxError(
                    "\(token.shown) is not a block; there are config, upstream, client, audit", at: token.place)
            }
        }
    }

    // MARK: Blocks

    private mutating func configuration() throws(WireSyntaxError) -> WireConfiguration {
        advance()
        let token = current
        guard let base = WireConfiguration.Base(rawValue: try word("a configuration")) else {
            throw WireSyntaxError(
                "\(token.shown) is no configuration; there are "
                    + WireConfiguration.Base.allCases.map(\.rawValue).joined(separator: ", "), at: token.place)
        }
        var configuration = WireConfiguration(base: base)
        guard case .open = current.kind else { return configuration }
        advance()
        while try !closes() {
            let keyword = current
            guard try word("`set`") == "set" else {
                throw WireSyntaxError("\(keyword.shown) is not `set`", at: keyword.place)
            }
            let place = current.place
            let key = try word("a setting")
            let value = try text("a value")
            guard configuration.set(key, value) else {
                throw WireSyntaxError("`\(key)` can't stand below a setting that has a value", at: place)
            }
        }
        return configuration
    }

    private mutating func upstream() throws(WireSyntaxError) -> WireUpstream {
        advance()
        let name = try word("a name")
        try opens()
        var steps: [WireStep<WireUpstream.Action>] = []
        while try !closes() { steps.append(try upstreamStep()) }
        return WireUpstream(name: name, steps: steps)
    }

    private mutating func client() throws(WireSyntaxError) -> WireClient {
        advance()
        let name = try word("a name")
        try opens()
        var steps: [WireStep<WireClient.Action>] = []
        while try !closes() { steps.append(try clientStep()) }
        return WireClient(name: name, steps: steps)
    }

    private mutating func audit() throws(WireSyntaxError) -> WireAudit {
        let place = current.place
        advance()
        try opens()
        var steps: [WireStep<WireAudit.Action>] = []
        while try !closes() { steps.append(try auditStep()) }
        return WireAudit(place: place, steps: steps)
    }

    // MARK: Words

    var current: WireToken { tokens[min(index, tokens.count - 1)] }

    mutating func advance() { index = min(index + 1, tokens.count - 1) }

    mutating func word(_ what: String) throws(WireSyntaxError) -> String {
        guard case .word(let word) = current.kind else {
            throw WireSyntaxError("\(current.shown) where \(what) is expected", at: current.place)
        }
        advance()
        return word
    }

    mutating func number(_ what: String) throws(WireSyntaxError) -> Int {
        let token = current
        guard let number = Int(try word(what)), number >= 0 else {
            throw WireSyntaxError("\(token.shown) where \(what) is expected", at: token.place)
        }
        return number
    }

    mutating func string(_ what: String) throws(WireSyntaxError) -> [UInt8] {
        guard case .string(let bytes) = current.kind else {
            throw WireSyntaxError("\(current.shown) where \(what) is expected", at: current.place)
        }
        advance()
        return bytes
    }

    mutating func text(_ what: String) throws(WireSyntaxError) -> String {
        WireBytes.text(try string(what))
    }

    /// Takes the word if it is the next one.
    mutating func takes(_ wanted: String) -> Bool {
        guard case .word(wanted) = current.kind else { return false }
        advance()
        return true
    }

    private mutating func opens() throws(WireSyntaxError) {
        guard case .open = current.kind else {
            throw WireSyntaxError("\(current.shown) where `{` is expected", at: current.place)
        }
        advance()
    }

    private mutating func closes() throws(WireSyntaxError) -> Bool {
        switch current.kind {
        case .close:
            advance()
            return true
        case .end: throw WireSyntaxError("the block is not closed", at: current.place)
        case .word, .string, .open: return false
        }
    }
}

extension WireParser {
    /// Bytes to send: strings, `repeat "x" 5000` and `chunk "data"`, one after the other.
    mutating func payload(mayBeEmpty: Bool = false) throws(WireSyntaxError) -> [UInt8] {
        var bytes: [UInt8] = []
        let start = current
        var parts = 0
        while let part = try payloadPart() {
            bytes += part
            parts += 1
        }
        guard !bytes.isEmpty || mayBeEmpty && parts > 0 else {
            throw WireSyntaxError("\(start.shown) where bytes to send are expected", at: start.place)
        }
        return bytes
    }

    private mutating func payloadPart() throws(WireSyntaxError) -> [UInt8]? {
        switch current.kind {
        case .string(let part):
            advance()
            return part
        case .word("repeat"):
            advance()
            let unit = try string("what to repeat")
            let place = current.place
            let count = try number("how often")
            guard unit.count * count <= 64 << 20 else { throw WireSyntaxError("more than 64 MiB", at: place) }
            var bytes: [UInt8] = []
            bytes.reserveCapacity(unit.count * count)
            for _ in 0..<count { bytes.append(contentsOf: unit) }
            return bytes
        case .word("chunk"):
            advance()
            let place = current.place
            guard let data = try payloadPart() else { throw WireSyntaxError("`chunk` takes bytes", at: place) }
            return Array(String(data.count, radix: 16).utf8) + [0x0D, 0x0A] + data + [0x0D, 0x0A]
        case .word, .open, .close, .end: return nil
        }
    }

    mutating func match() throws(WireSyntaxError) -> WireMatch {
        let token = current
        switch try word("is, contains, starts-with, present, absent, count or bytes") {
        case "is": return .equals(try payload(mayBeEmpty: true))
        case "contains": return .contains(try string("a value"))
        case "starts-with": return .startsWith(try string("a value"))
        case "present": return .present
        case "absent": return .absent
        case "count": return .count(try number("how many"))
        case "bytes": return .bytes(try number("how many"))
        default: throw WireSyntaxError("\(token.shown) is no comparison", at: token.place)
        }
    }

    /// A body: a string means `is`.
    mutating func bodyMatch() throws(WireSyntaxError) -> WireMatch {
        switch current.kind {
        case .string(let bytes) where bytes.isEmpty:
            advance()
            return .bytes(0)
        case .string, .word("repeat"): return .equals(try payload())
        case .word, .open, .close, .end: return try match()
        }
    }
}
