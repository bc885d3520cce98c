import StentCodec
import StentModel
import Testing

/// What came of feeding bytes to a request decoder: every head in them, and the reason that ended it if one did.
struct RequestsRead: Equatable, Sendable {
    /// A head in words, so that two can be compared and a failure can be read.
    struct Head: Equatable, Sendable {
        var method: Method
        var methodText: String
        var target: String
        var pathAndQuery: String
        var version: HTTPVersion
        var fields: [String]
        var canonical: [Bool]
        var framing: BodyFraming
        var keepsConnection: Bool
        var expectsContinue: Bool
        var nominatesFields: Bool

        init(_ head: RequestHead) {
            method = head.method
            methodText = head.fields.text(head.methodText)
            target = head.fields.text(head.target)
            pathAndQuery = head.fields.text(head.pathAndQuery)
            version = head.version
            fields = head.fields.lines.map {
                "\($0.field)|\(head.fields.text($0.name))|\(head.fields.text($0.value))"
            }
            canonical = head.fields.lines.map(\.isCanonical)
            framing = head.framing
            keepsConnection = head.keepsConnection
            expectsContinue = head.expectsContinue
            nominatesFields = head.nominatesFields
        }
    }

    var heads: [Head] = []
    /// Where each head ended in the whole input.
    var ends: [Int] = []
    var reason: Reason?
    /// A head had begun when the bytes ended.
    var hasStarted = false
}

/// What came of feeding bytes to a response decoder; as `RequestsRead`.
struct ResponsesRead: Equatable, Sendable {
    struct Head: Equatable, Sendable {
        var status: Int
        var phrase: String
        var version: HTTPVersion
        var fields: [String]
        var framing: BodyFraming
        var keepsConnection: Bool
        var nominatesFields: Bool

        init(_ head: ResponseHead) {
            status = head.status
            phrase = head.fields.text(head.phrase)
            version = head.version
            fields = head.fields.lines.map {
                "\($0.field)|\(head.fields.text($0.name))|\(head.fields.text($0.value))"
            }
            framing = head.framing
            keepsConnection = head.keepsConnection
            nominatesFields = head.nominatesFields
        }
    }

    var heads: [Head] = []
    var ends: [Int] = []
    var reason: Reason?
}

/// What came of feeding bytes to a body decoder.
struct BodyRead: Equatable, Sendable {
    var content: [UInt8] = []
    var consumed = 0
    var isComplete = false
    var reason: Reason?
    /// What the end of the input then said, where the body was neither complete nor wrong.
    var endReason: Reason?
}

/// The ways in which one input is split over the calls: whole, byte by byte, and in two at each position.
private func deliveries(of count: Int) -> [[Int]] {
    guard count > 0 else { return [[0]] }
    var deliveries = [[count], Array(1...count)]
    for position in stride(from: 1, to: count, by: 1) { deliveries.append([position, count]) }
    return deliveries
}

/// Feeds every delivery of `input` to `read` and expects the same of each; returns that of the whole.
private func agreed<Result: Equatable>(_ input: [UInt8], _ read: ([Int]) -> Result) -> Result {
    let whole = read([input.count])
    for ends in deliveries(of: input.count) {
        let split = read(ends)
        guard split != whole else { continue }
        Issue.record("delivered up to \(ends.prefix(3))…: \(split), whole: \(whole)")
        break
    }
    return whole
}

/// Feeds bytes to a decoder in every delivery.
enum Feed {
    static let limits = HeadLimits(bytes: 4096, fields: 32, target: 1024)

    /// Reads pipelined request heads without content, in every delivery.
    static func requests(_ text: String, limits: HeadLimits = Feed.limits) -> RequestsRead {
        requests(Array(text.utf8), limits: limits)
    }

    static func requests(_ input: [UInt8], limits: HeadLimits = Feed.limits) -> RequestsRead {
        agreed(input) { ends in
            var read = RequestsRead()
            var decoder = RequestDecoder(limits: limits)
            var head = RequestHead()
            var begin = 0
            for end in ends {
                do throws(Reason) {
                    while begin < end {
                        let bytes = input.span.bytes.extracting(begin..<end)
                        guard let length = try decoder.decode(bytes, into: &head) else { break }
                        begin += length
                        read.heads.append(.init(head))
                        read.ends.append(begin)
                    }
                } catch {
                    read.reason = error
                    return read
                }
            }
            read.hasStarted = decoder.hasStarted
            return read
        }
    }

    /// Reads successive response heads without content, in every delivery.
    static func responses(_ text: String, to method: Method = .get, limits: HeadLimits = Feed.limits) -> ResponsesRead {
        responses(Array(text.utf8), to: method, limits: limits)
    }

    static func responses(_ input: [UInt8], to method: Method = .get, limits: HeadLimits = Feed.limits) -> ResponsesRead
    {
        agreed(input) { ends in
            var read = ResponsesRead()
            var decoder = ResponseDecoder(limits: limits)
            var head = ResponseHead()
            var begin = 0
            for end in ends {
                do throws(Reason) {
                    while begin < end {
                        let bytes = input.span.bytes.extracting(begin..<end)
                        guard let length = try decoder.decode(bytes, toRequestMethod: method, into: &head) else {
                            break
                        }
                        begin += length
                        read.heads.append(.init(head))
                        read.ends.append(begin)
                    }
                } catch {
                    read.reason = error
                    return read
                }
            }
            return read
        }
    }

    /// Reads one body, in every delivery.
    static func body(
        _ text: String, _ framing: BodyFraming, side: BodyDecoder.Side = .request, limits: BodyLimits = .init()
    ) -> BodyRead {
        let input = Array(text.utf8)
        return agreed(input) { ends in
            var read = BodyRead()
            var decoder = BodyDecoder(framing: framing, side: side, limits: limits)
            for end in ends {
                do throws(Reason) {
                    while !decoder.isComplete {
                        let step = try decoder.decode(input.span.bytes.extracting(read.consumed..<end))
                        #expect(step.isComplete == decoder.isComplete)
                        for offset in step.content { read.content.append(input[read.consumed + offset]) }
                        read.consumed += step.consumed
                        if step.consumed == 0 { break }
                    }
                } catch {
                    read.reason = error
                    read.consumed = 0  // how far it came before the fault depends on the split
                    read.content = []
                    return read
                }
            }
            read.isComplete = decoder.isComplete
            do throws(Reason) { try decoder.endOfInput() } catch { read.endReason = error }
            return read
        }
    }
}
