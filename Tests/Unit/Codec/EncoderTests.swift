import StentCodec
import StentModel
import Testing

private func text(_ write: (inout [UInt8]) -> Void) -> String {
    var output: [UInt8] = []
    write(&output)
    return String(decoding: output, as: UTF8.self)
}

@Suite struct `Encoders` {
    @Test(arguments: [
        (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
        (951_782_399, "Mon, 28 Feb 2000 23:59:59 GMT"), (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
        (951_868_800, "Wed, 01 Mar 2000 00:00:00 GMT"), (1_709_251_199, "Thu, 29 Feb 2024 23:59:59 GMT"),
        (1_735_689_599, "Tue, 31 Dec 2024 23:59:59 GMT"), (1_735_689_600, "Wed, 01 Jan 2025 00:00:00 GMT"),
        (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"), (2_147_483_648, "Tue, 19 Jan 2038 03:14:08 GMT"),
        (253_402_300_799, "Fri, 31 Dec 9999 23:59:59 GMT"), (253_402_300_800, "Fri, 31 Dec 9999 23:59:59 GMT"),
        (-1, "Thu, 01 Jan 1970 00:00:00 GMT"),
    ])
    func `write a moment as IMF-fixdate`(seconds: Int, date: String) {
        #expect(text { HTTPDate.append(unixSeconds: seconds, to: &$0) } == date)
        #expect(date.utf8.count == HTTPDate.byteCount)
    }

    @Test(arguments: [
        (1, "1\r\n"), (15, "f\r\n"), (16, "10\r\n"), (0xABCDEF, "abcdef\r\n"), (.max, "7fffffffffffffff\r\n"),
    ])
    func `write a chunk's size in hexadecimal`(size: Int, head: String) {
        #expect(text { ChunkEncoder.appendHead(size: size, to: &$0) } == head)
    }

    @Test func `write chunks that our decoder reads`() {
        let coded = text {
            ChunkEncoder.appendHead(size: 5, to: &$0)
            $0.append("hello")
            ChunkEncoder.appendLineBreak(to: &$0)
            ChunkEncoder.appendEnd(to: &$0)
        }
        #expect(Feed.body(coded, .chunked).content.elementsEqual("hello".utf8))
        #expect(Feed.body(coded, .chunked).isComplete)
    }

    @Test(arguments: [
        (200, "HTTP/1.1 200 OK\r\n"), (422, "HTTP/1.1 422 Unprocessable Content\r\n"), (599, "HTTP/1.1 599 \r\n"),
    ])
    func `write a status line with the usual phrase`(status: Int, line: String) {
        #expect(text { HeadEncoder.appendStatusLine(status, to: &$0) } == line)
    }

    @Test func `write a head that our decoder reads`() throws {
        let head = text {
            HeadEncoder.appendStatusLine(503, to: &$0)
            HeadEncoder.appendField("Date", date: 0, to: &$0)
            HeadEncoder.appendField("Content-Length", decimal: 120, to: &$0)
            HeadEncoder.appendField("Server", "stent", to: &$0)
            let value = Array("a b".utf8)
            HeadEncoder.appendField("X-A", copying: value.span.bytes, to: &$0)
            HeadEncoder.appendLineBreak(to: &$0)
        }
        let read = try #require(Feed.responses(head).heads.first)
        #expect(read.phrase == "Service Unavailable")
        #expect(read.framing == .length(120))
        #expect(
            read.fields == [
                "date|Date|Thu, 01 Jan 1970 00:00:00 GMT", "contentLength|Content-Length|120", "server|Server|stent",
                "other|X-A|a b",
            ])
    }

    @Test(arguments: [(0, "0"), (9, "9"), (10, "10"), (1_000_000, "1000000"), (.max, "9223372036854775807")])
    func `write a number in decimal`(number: Int, decimal: String) {
        #expect(text { $0.append(decimal: number) } == decimal)
    }
}
