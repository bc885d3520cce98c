import StentModel
import Testing

@Suite struct `The catalogue of reasons` {
    @Test func `has each raw value once`() {
        #expect(Set(Reason.allCases.map(\.rawValue)).count == Reason.allCases.count)
    }

    @Test(arguments: Reason.allCases)
    func `has raw values that read area, dot, words`(reason: Reason) throws {
        // A version number is the one place where a word has another sign.
        let text = reason == .requestCodingInOldVersion ? "request.transfer-coding-in-http" : reason.rawValue
        #expect(try #/[a-z]+\.[a-z]+(-[a-z]+)*/#.wholeMatch(in: text) != nil, "\(reason.rawValue)")
        let area = reason.rawValue.prefix { $0 != "." }
        #expect(
            [
                "request", "client", "listener", "admission", "admin", "breaker", "upstream", "exchange", "retry",
                "resend", "idempotency", "cache", "contract", "identity", "ownership",
            ].contains(area))
    }

    @Test(arguments: Reason.allCases)
    func `has a sentence for each, fit for a JSON string`(reason: Reason) throws {
        let sentence = "\(reason.sentence)"
        #expect(sentence.hasSuffix("."))
        #expect(try #require(sentence.first).isUppercase)
        #expect(sentence.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x5C })
        #expect(!sentence.contains("  "))
    }

    @Test(arguments: Reason.allCases)
    func `has a status for what stent answers itself`(reason: Reason) {
        let statuses: [Int] =
            switch reason.rawValue.prefix(while: { $0 != "." }) {
            case "request": [400, 405, 408, 413, 414, 417, 431]
            case "upstream": [502, 503, 504]
            case "admission": [429, 503]
            case "breaker": [503]
            case "resend": [502]
            case "idempotency": [400, 409, 413, 422, 503]
            case "listener": [308]
            case "admin": [404, 405, 415, 422]
            case "exchange": [500, 503, 504]
            case "cache": [504]
            case "contract": [400, 404, 405, 415, 422]
            case "identity": [401, 503]
            case "ownership": [400, 403, 404, 422, 503]
            case _: []
            }
        let isOthers: Bool =
            switch reason {
            case .upstreamStatus, .exchangeAnswered, .resendFound, .resendAbsent, .idempotencyReplayed,
                .contractContentDropped, .contractInvalidAnswer, .ownershipOwn, .ownershipStamped, .ownershipAdmin,
                .ownershipBreakGlass, .cacheHit, .cacheStale, .cacheValidated, .exchangeProcessDied:
                true
            case _: false
            }
        guard let (status, title) = reason.answer else {
            #expect(statuses.isEmpty || isOthers)
            return
        }
        #expect(statuses.contains(status))
        #expect(title.utf8CodeUnitCount > 0)
    }
}
