import StentModel
import StentPolicy
import Testing

/// Whatever peers write, the rules answer.
@Suite struct `The rules of the cache under any bytes` {
    private static let names: [FieldName] = [
        .cacheControl, .cdnCacheControl, .pragma, .age, .date, .expires, .lastModified, .etag, .vary, .ifNoneMatch,
        .ifModifiedSince, .ifRange, .range, .location, .contentLocation, .contentLength, .other,
    ]
    private static let pieces = [
        "max-age", "=", ",", "\"", "\\", "*", "W/", "bytes", "-", "9999999999999999999", "no-cache", ";", "(", ")",
        "?1",
        ":", "@", "%", " ", "\t", "Sun, 06 Nov 1994 08:49:37 GMT", "//", "..", "/", "?", "#", "[", "é", "0", "a",
    ]

    private func section(_ dice: inout SeededRandom) -> FieldSection {
        var section = FieldSection()
        for _ in 0..<Int.random(in: 0...6, using: &dice) {
            let field = Self.names[Int.random(in: 0..<Self.names.count, using: &dice)]
            let start = section.bytes.count
            section.bytes.append(contentsOf: (field == .other ? "Foo" : field.text.description).utf8)
            let name = Slot(start..<section.bytes.count)
            let value = section.bytes.count
            for _ in 0..<Int.random(in: 0...8, using: &dice) {
                section.bytes.append(contentsOf: Self.pieces[Int.random(in: 0..<Self.pieces.count, using: &dice)].utf8)
            }
            let slot = Slot(value..<section.bytes.count)
            section.lines.append(FieldLine(name: name, value: slot, field: field, isCanonical: false))
        }
        return section
    }

    @Test func `never trap`() {
        var dice = SeededRandom(seed: 20_261_121)
        for _ in 0..<3_000 {
            var request = RequestHead()
            request.method = .get
            request.fields = section(&dice)
            var response = ResponseHead()
            response.status = [200, 304, 404, 503].randomElement(using: &dice) ?? 200
            response.framing = .length(5)
            response.fields = section(&dice)
            let wall = WallTime(nanoseconds: Int64.random(in: .min ... .max, using: &dice))
            let timing = ResponseTiming(
                requested: Moment(nanoseconds: Int64.random(in: .min ... .max, using: &dice)),
                received: Moment(nanoseconds: Int64.random(in: .min ... .max, using: &dice)), receivedAt: wall)
            let now = Moment(nanoseconds: Int64.random(in: .min ... .max, using: &dice))
            let validators = CacheValidators(response.fields, receivedAt: wall)
            let control = RequestCacheControl(request.fields)
            let verdict = StoreRule().decide(CacheableResponse(response), to: request, timing)
            if case .store(let life) = verdict {
                _ = ReuseRule.decide(life, at: now, control)
                #expect(life.age(at: now) >= 0)
                _ = life.freshness(at: now)
                _ = RevalidationRule.outcome(response, validators, life, at: now, control)
            }
            _ = ConditionRule.decide(request.fields, validators, status: 200, now: wall)
            _ = RangeRule.decide(request, validators, status: 200, length: 5, now: wall)
            _ = HeadRule.decide(response, validators, status: 200, length: 5)
            _ = variant(of: response.fields, request)
            var kept: [UInt8] = []
            StoredFields.append(response, receivedAt: wall, to: &kept)
            let stored = StoredFields.section(kept)
            _ = StoredFields.updated(stored, by: response, receivedAt: wall)
            let base = TargetURI(scheme: .http, authority: Array("a".utf8), pathAndQuery: Array("/b".utf8))
            InvalidationRule.forEachTarget(of: response.fields, at: base) { target in
                #expect(target.first == 0x2F)
            }
        }
    }
}
