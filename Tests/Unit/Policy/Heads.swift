import StentCodec
import StentModel
import Testing

private let limits = HeadLimits(bytes: 16_384, fields: 64, target: 8_192)

/// A request's head as the decoder reads it; lines are ended and the head is closed here.
func requestHead(_ lines: String...) throws -> RequestHead { try requestHead(lines: lines) }

/// The same for lines that are put together elsewhere.
func requestHead(lines: [String]) throws -> RequestHead {
    let bytes = Array((lines + ["", ""]).joined(separator: "\r\n").utf8)
    var decoder = RequestDecoder(limits: limits)
    var head = RequestHead()
    #expect(try decoder.decode(bytes.span.bytes, into: &head) == bytes.count)
    return head
}

/// The head of a GET for that target.
func requestHead(target: String) throws -> RequestHead { try requestHead("GET \(target) HTTP/1.1", "Host: a") }

/// A response's head as the decoder reads it.
func responseHead(_ lines: String..., to method: Method = .get) throws -> ResponseHead {
    let bytes = Array((lines + ["", ""]).joined(separator: "\r\n").utf8)
    var decoder = ResponseDecoder(limits: limits)
    var head = ResponseHead()
    #expect(try decoder.decode(bytes.span.bytes, toRequestMethod: method, into: &head) == bytes.count)
    return head
}

/// What `append` appends, as text.
func written(_ append: (inout [UInt8]) -> Void) -> String {
    var output: [UInt8] = []
    append(&output)
    return String(decoding: output, as: UTF8.self)
}
