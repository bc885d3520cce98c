import StentCodec
import StentModel
import Testing

@Suite struct `A request head` {
    @Test func `is read with order, case and duplicates of its fields kept`() throws {
        let read = readRequests(
            "GET /notes?staff_id=1 HTTP/1.1\r\nhOSt: Hosp.example:3000\r\nX-A: 1\r\nACCEPT:*/*\r\nx-a:  2 \r\nX-Empty: \r\n\r\n")
        #expect(read.reason == nil)
        let head = try #require(read.heads.first)
        #expect(head.method == .get)
        #expect(head.target == "/notes?staff_id=1")
        #expect(head.pathAndQuery == "/notes?staff_id=1")
        #expect(head.version == .http11)
        #expect(
            head.fields == [
                "host|hOSt|Hosp.example:3000", "other|X-A|1", "accept|ACCEPT|*/*", "other|x-a|2", "other|X-Empty|",
            ])
        #expect(head.canonical == [true, true, false, false, true])
        #expect(head.framing == .none)
        #expect(head.keepsConnection)
    }
}
