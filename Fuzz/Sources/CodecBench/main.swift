// Nanoseconds and allocations per message of the codec. One warm decoder and head each, as on a connection.
import AllocationCount
import StentCodec
import StentModel

let request = Array(
    """
    GET /patients/17/notes?staff_id=3&page=2 HTTP/1.1\r
    Host: hosp.example.org\r
    User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r
    Accept: application/json, text/plain, */*\r
    Accept-Language: de-DE,de;q=0.8,en-US;q=0.5,en;q=0.3\r
    Accept-Encoding: gzip, deflate, br\r
    Authorization: Basic c3RhZmYxOnNlY3JldDE=\r
    Connection: keep-alive\r
    Cache-Control: no-cache\r
    If-None-Match: W/"6f1ed002ab5595859014ebf0951522d9"\r
    X-Request-Id: 7f0e2a9c-44c6-4c5f-a8a4-1c1a4c6b4ad0\r
    \r

    """.utf8)
let response = Array(
    """
    HTTP/1.1 200 OK\r
    Date: Sun, 06 Nov 1994 08:49:37 GMT\r
    X-Frame-Options: SAMEORIGIN\r
    X-Content-Type-Options: nosniff\r
    Referrer-Policy: strict-origin-when-cross-origin\r
    Content-Type: application/json; charset=utf-8\r
    ETag: W/"6f1ed002ab5595859014ebf0951522d9"\r
    Cache-Control: max-age=0, private, must-revalidate\r
    X-Request-Id: 7f0e2a9c-44c6-4c5f-a8a4-1c1a4c6b4ad0\r
    X-Runtime: 0.012345\r
    Transfer-Encoding: chunked\r
    \r

    """.utf8)
let chunked = Array("400\r\n".utf8) + [UInt8](repeating: 0x61, count: 1024) + Array("\r\n0\r\n\r\n".utf8)
let limits = HeadLimits(bytes: 32 << 10, fields: 100, target: 8 << 10)

/// A part of the names to be measured, from the command line; all where there is none.
let wanted = CommandLine.arguments.dropFirst().first ?? ""

/// Runs `body` in many short rounds and prints the best one, so that what else the machine does counts less.
func measure(_ name: String, bytes: Int, _ body: () throws -> Void) rethrows {
    guard wanted.isEmpty || name.hasPrefix(wanted) else { return }
    let iterations = 1000
    let rounds = 1000
    for _ in 0..<1000 { try body() }
    var best = Double.infinity
    let allocations = allocation_count()
    for _ in 0..<rounds {
        let begin = ContinuousClock.now
        for _ in 0..<iterations { try body() }
        best = min(best, (ContinuousClock.now - begin) / .nanoseconds(iterations))
    }
    let each = Double(allocation_count() - allocations) / Double(rounds * iterations)
    print("\(name): \(Int(best)) ns, \(each) allocations, \(bytes) bytes")
}

var requestDecoder = RequestDecoder(limits: limits)
var requestHead = RequestHead()
try measure("request head", bytes: request.count) {
    guard try requestDecoder.decode(request.span.bytes, into: &requestHead) == request.count else {
        preconditionFailure("the head is complete")
    }
}
var responseDecoder = ResponseDecoder(limits: limits)
var responseHead = ResponseHead()
try measure("response head", bytes: response.count) {
    let length = try responseDecoder.decode(response.span.bytes, toRequestMethod: .get, into: &responseHead)
    guard length == response.count else { preconditionFailure("the head is complete") }
}
try measure("byte by byte, request head", bytes: request.count) {
    for end in 1...request.count {
        _ = try requestDecoder.decode(request.span.bytes.extracting(0..<end), into: &requestHead)
    }
}
try measure("chunked body of 1 KiB", bytes: chunked.count) {
    var body = BodyDecoder(framing: .chunked, side: .response)
    var consumed = 0
    while !body.isComplete {
        consumed += try body.decode(chunked.span.bytes.extracting(consumed..<chunked.count)).consumed
    }
}
var output: [UInt8] = []
measure("status line, date and length", bytes: 0) {
    output.removeAll(keepingCapacity: true)
    HeadEncoder.appendStatusLine(200, to: &output)
    HeadEncoder.appendField("Date", date: 1_700_000_000, to: &output)
    HeadEncoder.appendField("Content-Length", decimal: 1024, to: &output)
}
