/// What the layers around a Rails application add to every answer: validators, cache rules, the request's id and its duration.
enum Middleware {
    /// `Rack::ETag` and `Rack::ConditionalGet`, then `ActionDispatch::RequestId` and `Rack::Runtime`.
    ///
    /// - Parameters:
    ///   - runtime: from arrival, as the application server counts it.
    ///   - freshID: used where the client sent no id of its own.
    static func finish(_ answer: Answer, to request: HospRequest, method: String, runtime: Duration, freshID: String)
        -> Answer
    {
        var answer = answer
        if answer.framing == .chunked {  // pages made without the application have no validators
            validate(&answer, request, method)
        }
        answer.fields.append(("X-Request-Id", requestID(request) ?? freshID))
        let microseconds = Int(runtime / .microseconds(1))
        answer.fields.append(("X-Runtime", "\(microseconds / 1_000_000).\(padded(microseconds % 1_000_000, 6))"))
        return answer
    }

    private static func validate(_ answer: inout Answer, _ request: HospRequest, _ method: String) {
        guard answer.status == 200 || answer.status == 201, !answer.body.isEmpty else {
            answer.fields.append(("Cache-Control", "no-cache"))
            return
        }
        let tag = "W/\"\(Fingerprint(answer.body).hex)\""
        answer.fields.append(("ETag", tag))
        answer.fields.append(("Cache-Control", "max-age=0, private, must-revalidate"))
        let isRead = method == "GET" || method == "HEAD"
        if isRead, answer.status == 200, request.variable("IF_NONE_MATCH") == tag {
            answer.status = 304
            answer.body = []
            answer.fields.removeAll { $0.name == "Content-Type" }
        }
    }

    /// The client's own id, stripped of all but letters, digits, `_`, `-` and `@` and cut at 255, as Rails does it.
    private static func requestID(_ request: HospRequest) -> String? {
        guard let given = request.variable("X_REQUEST_ID"), !JSONValue.string(given).isBlank else { return nil }
        let kept = given.utf8.filter { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "@"):
                true
            default: false
            }
        }
        return String(decoding: kept.prefix(255), as: UTF8.self)
    }

    /// A random UUID (RFC 9562, version 4) from the simulator's own dice.
    static func uuid(_ dice: inout SplitMix64) -> String {
        let high = dice.next() & 0xFFFF_FFFF_FFFF_0FFF | 0x4000
        let low = dice.next() & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
        var text: [UInt8] = []
        text.reserveCapacity(36)
        for half in [high, low] {
            for shift in stride(from: 60, through: 0, by: -4) {
                if [8, 13, 18, 23].contains(text.count) { text.append(UInt8(ascii: "-")) }
                text.append(lowerHex[Int(half >> UInt64(shift) & 15)])
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
