import StentCodec
import StentModel
import Testing

@Suite struct `The field names` {
    @Test(arguments: FieldName.allCases)
    func `are recognised in every case and only whole`(field: FieldName) {
        let name = field.text.description
        guard field != .other else { return }
        #expect(name.utf8.count <= FieldNameTable.longestName)
        #expect(recognised(name) == field)
        #expect(recognised(name.uppercased()) == field)
        #expect(recognised(name.lowercased()) == field)
        for other in [name + "x", "x" + name, String(name.dropLast()), String(name.dropLast()) + "~"] {
            #expect(recognised(other) == listed(other))
        }
    }

    @Test(arguments: ["X", "Content-Lengthy", "Content-Lengtp", "Host-", "~", String(repeating: "a", count: 100)])
    func `don't hold any other name`(name: String) {
        #expect(recognised(name) == .other)
    }

    /// What the table must answer, found without it.
    private func listed(_ name: String) -> FieldName {
        FieldName.allCases.first { $0.text.description.lowercased() == name.lowercased() } ?? .other
    }

    /// The table's answer for the name with other bytes around it, and at the very end of a buffer.
    private func recognised(_ name: String) -> FieldName {
        let alone = Array(name.utf8)
        let within = Array("x\r\n\(name): value, and more bytes than a word holds".utf8)
        let field = FieldNameTable.shared.field(alone.span.bytes, from: 0, length: alone.count)
        #expect(FieldNameTable.shared.field(within.span.bytes, from: 3, length: alone.count) == field)
        return field
    }
}

@Suite struct `The bytes that may stand` {
    /// `tchar`, RFC 9110 §5.6.2.
    private static let token = Set(
        "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8)

    @Test(arguments: UInt8.min...UInt8.max)
    func `in a method are those of a token`(byte: UInt8) {
        let read = Feed.requests(Array("A".utf8) + [byte] + Array("B / HTTP/1.1\r\nHost: a\r\n\r\n".utf8))
        #expect((read.reason == nil) == Self.token.contains(byte))
    }

    @Test(arguments: UInt8.min...UInt8.max)
    func `in a field name are those of a token, in a request without underscore`(byte: UInt8) {
        let line = Array("X".utf8) + [byte] + Array("Y: z\r\n\r\n".utf8)
        let colon = UInt8(ascii: ":")
        let request = Feed.requests(Array("GET / HTTP/1.1\r\nHost: a\r\n".utf8) + line)
        #expect((request.reason == nil) == (Self.token.contains(byte) && byte != UInt8(ascii: "_") || byte == colon))
        let response = Feed.responses(Array("HTTP/1.1 204 X\r\n".utf8) + line)
        #expect((response.reason == nil) == (Self.token.contains(byte) || byte == colon))
    }

    @Test(arguments: UInt8.min...UInt8.max)
    func `in a target are all visible ones but six`(byte: UInt8) {
        let read = Feed.requests(Array("GET /x".utf8) + [byte] + Array(" HTTP/1.1\r\nHost: a\r\n\r\n".utf8))
        let isVisible = (0x21...0x7E).contains(byte)
        #expect((read.reason == nil) == (isVisible && !"\"#<>\\".utf8.contains(byte)))
    }

    @Test(arguments: UInt8.min...UInt8.max)
    func `in a value are white space, visible ones and those from 0x80, at every distance`(byte: UInt8) {
        let isContent = byte == 0x09 || (byte >= 0x20 && byte != 0x7F)
        for distance in 0..<17 {
            let padding = [UInt8](repeating: 0xE9, count: distance)
            let line = Array("X: ".utf8) + padding + [byte] + padding + Array("\r\n\r\n".utf8)
            var decoder = RequestDecoder(limits: Feed.limits)
            var head = RequestHead()
            let bytes = Array("GET / HTTP/1.1\r\nHost: a\r\n".utf8) + line
            let read = try? decoder.decode(bytes.span.bytes, into: &head)
            #expect((read == bytes.count) == isContent)
        }
    }
}

@Suite struct `The codec's reasons` {
    /// Reasons about a request's form that are not the codec's: they come from the rules behind it, or from a clock.
    private static let others: Set<Reason> = [
        .requestMethodOverride, .requestMethodRefused, .requestPercentEncoding, .requestEncodedControl,
        .requestDotSegment, .requestAmbiguousPath, .requestHeadTimeout, .requestHeadTruncated,
        .requestBodyTimeout,
    ]
    @Test func `each have a request that is refused for them`() {
        let head = "GET /12345678 HTTP/1.1\r\nHost: a\r\n\r\n"
        let small = BodyLimits(chunkExtensions: 1, trailers: 1)
        var produced = RefusedRequest.all.map { Feed.requests($0.bytes).reason }
        produced += [
            Feed.requests(head, limits: HeadLimits(bytes: 30, fields: 9, target: 9)).reason,
            Feed.requests(head, limits: HeadLimits(bytes: 99, fields: 0, target: 9)).reason,
            Feed.requests(head, limits: HeadLimits(bytes: 99, fields: 9, target: 8)).reason,
            Feed.body("x", .chunked).reason, Feed.body("1;ab\r\n", .chunked, limits: small).reason,
            Feed.body("0\r\nA: b\r\n", .chunked, limits: small).reason, Feed.body("0\r\n\n", .chunked).reason,
            Feed.body("", .chunked).endReason,
        ]
        for reason in Reason.allCases where reason.rawValue.hasPrefix("request.") && !Self.others.contains(reason) {
            #expect(produced.contains(reason), "\(reason.rawValue) has no test")
        }
    }

    @Test func `each have a response that is refused for them`() {
        var produced = RefusedResponse.all.map { Feed.responses($0.bytes).reason }
        let tiny = HeadLimits(bytes: 9, fields: 1, target: 0)
        produced += [
            Feed.responses("HTTP/1.1 200", limits: tiny).reason, Feed.body("x", .chunked, side: .response).reason,
            Feed.body("", .length(1), side: .response).endReason,
        ]
        for reason in Reason.allCases
        where reason.rawValue.hasPrefix("upstream.malformed")
            || [.upstreamHeadTooLarge, .upstreamTruncated].contains(reason)
        {
            #expect(produced.contains(reason), "\(reason.rawValue) has no test")
        }
    }
}
