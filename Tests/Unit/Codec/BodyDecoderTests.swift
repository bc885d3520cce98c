import StentCodec
import StentModel
import Testing

@Suite struct `A body` {
    @Test func `without content is complete before the first byte`() throws {
        var decoder = BodyDecoder(framing: .none, side: .request)
        #expect(decoder.isComplete)
        let next = Array("GET".utf8)
        #expect(try decoder.decode(next.span.bytes) == .init(consumed: 0, content: 0..<0, isComplete: true))
        try decoder.endOfInput()
    }

    @Test(arguments: BodyDecoder.Side.both)
    func `of a length ends there and leaves the rest alone`(side: BodyDecoder.Side) {
        let read = Feed.body("helloGET /", .length(5), side: side)
        #expect(read.content.elementsEqual("hello".utf8))
        #expect(read.consumed == 5)
        #expect(read.isComplete)
        #expect(read.endReason == nil)
    }

    @Test func `until close ends with the connection`() {
        let read = Feed.body("hello", .untilClose, side: .response)
        #expect(read.content.elementsEqual("hello".utf8))
        #expect(!read.isComplete)
        #expect(read.endReason == nil)
    }

    @Test(arguments: [
        (BodyDecoder.Side.request, Reason.requestBodyTruncated), (.response, .upstreamTruncated),
    ])
    func `is truncated where the connection ends before it does`(side: BodyDecoder.Side, reason: Reason) {
        #expect(Feed.body("hell", .length(5), side: side).endReason == reason)
        #expect(Feed.body("", .length(1), side: side).endReason == reason)
        for text in ["", "5", "5\r\n", "5\r\nhello", "5\r\nhello\r\n", "0\r\n", "0\r\nA: b\r\n", "0\r\n\r"] {
            #expect(Feed.body(text, .chunked, side: side).endReason == reason)
        }
    }
}

extension BodyDecoder.Side {
    static let both: [Self] = [.request, .response]
}

@Suite struct `A chunked body` {
    @Test(arguments: [
        ("0\r\n\r\n", ""), ("5\r\nhello\r\n0\r\n\r\n", "hello"), ("1\r\na\r\n2\r\nbc\r\n000\r\n\r\n", "abc"),
        ("000000000000005\r\nhello\r\n0\r\n\r\n", "hello"), ("A\r\n0123456789\r\n0\r\n\r\n", "0123456789"),
        ("a\r\n\r\n0\r\n\r\n0\r\n\r\n0\r\n\r\n", "\r\n0\r\n\r\n0\r\n"),
        ("1;a\r\nx\r\n0;b=c;d=\"e\\\"; \t\u{e9}\"\r\n\r\n", "x"),
        ("1\r\nx\r\n0\r\nA: b\r\nContent-Length: 9\r\nC:\r\n\r\n", "x"),
    ])
    func `is decoded, its extensions and trailers dropped`(text: String, content: String) {
        for side in BodyDecoder.Side.both {
            let read = Feed.body(text + "GET /", .chunked, side: side)
            #expect(read.reason == nil)
            #expect(read.content.elementsEqual(content.utf8))
            #expect(read.consumed == text.utf8.count)
            #expect(read.isComplete)
        }
    }

    @Test(arguments: [
        "\r\n", "\n", " 5\r\n", "5 \r\n", "5\t\r\n", "5\n", "5\r\r\n", "5\rhello", "-5\r\n", "+5\r\n", "0x5\r\n",
        "g\r\n",
        "5,\r\n", ";a\r\n", "1000000000000000\r\n", "0000000000000005\r\n", "ffffffffffffffff\r\n",
        "10000000000000005\r\n",
        "5 ;a\r\n", "5;\r\n", "5;;a\r\n", "5; a\r\n", "5;a \r\n", "5;a =b\r\n", "5;a=\r\n", "5;=a\r\n", "5;a=b=c\r\n",
        "5;a=\"b\r\n", "5;a=\"b\"c\r\n", "5;a=\"\u{0}\"\r\n", "5;a=\"\\\n\"\r\n", "5;a\n", "5;a\rb", "5;\u{1}\r\n",
        "5;a=\"\n",
        "5\r\nhelloX", "5\r\nhello\n", "5\r\nhello\rX", "5\r\nhello0\r\n\r\n", "5\r\nhell\r\n0\r\n\r\n",
        "5\r\nhello!\r\n",
        "0\n\r\n", "0\r\r\n", "5\r\nhello\r\n\r\n0\r\n",
    ])
    func `is refused where a chunk is malformed`(text: String) {
        #expect(Feed.body(text, .chunked, side: .request).reason == .requestMalformedChunk)
        #expect(Feed.body(text, .chunked, side: .response).reason == .upstreamMalformedChunk)
    }

    @Test(arguments: [
        "\n", "\rX", "A\r\n\r\n", "A : b\r\n\r\n", " A: b\r\n\r\n", "A: b\r\n c\r\n\r\n", ": b\r\n\r\n", "A: b\n\r\n",
        "A: b\rc\r\n\r\n", "A: \u{0}\r\n\r\n", "A\u{e9}: b\r\n\r\n", "A: b\r\n\n", "GET / HTTP/1.1\r\n",
    ])
    func `is refused where its trailer section is malformed`(text: String) {
        #expect(Feed.body("0\r\n" + text, .chunked, side: .request).reason == .requestMalformedTrailer)
        #expect(Feed.body("0\r\n" + text, .chunked, side: .response).reason == .upstreamMalformedChunk)
    }

    @Test func `takes an underscore in a trailer's name from an upstream only`() {
        let text = "0\r\nA_B: c\r\n\r\n"
        #expect(Feed.body(text, .chunked, side: .request).reason == .requestMalformedTrailer)
        #expect(Feed.body(text, .chunked, side: .response).isComplete)
    }

    @Test func `is refused where its extensions add up to too much`() {
        let text = "1;ab\r\nx\r\n1;c=\"d\"\r\ny\r\n0;e\r\n\r\n"  // 3 + 6 + 2 bytes of extensions
        #expect(Feed.body(text, .chunked, limits: BodyLimits(chunkExtensions: 11)).isComplete)
        let tight = BodyLimits(chunkExtensions: 10)
        #expect(Feed.body(text, .chunked, side: .request, limits: tight).reason == .requestChunkExtensionTooLarge)
        #expect(Feed.body(text, .chunked, side: .response, limits: tight).reason == .upstreamMalformedChunk)
    }

    @Test func `is refused where its trailer section is too large`() {
        let text = "0\r\nA: b\r\nC: d\r\n\r\n"  // 12 bytes of trailers
        #expect(Feed.body(text, .chunked, limits: BodyLimits(trailers: 12)).isComplete)
        let tight = BodyLimits(trailers: 11)
        #expect(Feed.body(text, .chunked, side: .request, limits: tight).reason == .requestTrailerTooLarge)
        #expect(Feed.body(text, .chunked, side: .response, limits: tight).reason == .upstreamMalformedChunk)
    }

    @Test func `gives one run of content a step, and the line break behind it where it is there`() throws {
        var decoder = BodyDecoder(framing: .chunked, side: .response)
        let bytes = Array("3\r\nabc\r\n2\r\nde\r\n0\r\n\r\nHTTP".utf8)
        let first = try decoder.decode(bytes.span.bytes)
        #expect(first == .init(consumed: 11, content: 3..<6, isComplete: false))
        let second = try decoder.decode(bytes.span.bytes.extracting(11..<bytes.count))
        #expect(second == .init(consumed: 9, content: 0..<2, isComplete: true))
    }

    @Test func `of the largest size that is taken does not overflow`() throws {
        var decoder = BodyDecoder(framing: .chunked, side: .request)
        let bytes = Array("fffffffffffffff\r\nabc".utf8)
        #expect(try decoder.decode(bytes.span.bytes) == .init(consumed: 20, content: 17..<20, isComplete: false))
        #expect(throws: Reason.requestBodyTruncated) { try decoder.endOfInput() }
    }
}
