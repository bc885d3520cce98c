import NIOCore
import StentModel

/// The head of an answer as an exchange gives it to its downstream, whatever protocol version that speaks.
struct OutgoingHead {
    /// How the content's length is known.
    enum Content {
        /// Neither content nor a length: 204, 304 without one.
        case none
        /// Exactly this many bytes follow.
        case length(Int)
        /// Bytes follow until `end`.
        case unknown
        /// No content, but the length that it would have: an answer to HEAD, or 304.
        case announced(Int)
    }

    var status: Int
    /// Field lines as `Name: value` CR LF, without framing and connection fields.
    var fields: [UInt8]
    var content: Content
    /// The connection is to be closed after this answer.
    var closes = false
}

/// Where an exchange's answer goes: one request on an HTTP/1.1 connection, or one HTTP/2 stream.
///
/// All calls on the worker's loop. After `end` an exchange calls only `flush` and
/// `exchangeFinished`, after `abort` nothing.
protocol DownstreamStream: AnyObject {
    /// The transport takes more without buffering beyond its bound.
    var isWritable: Bool { get }
    /// More of the request may follow at once, then the handler's `batchEnd`.
    var isInBatch: Bool { get }
    /// Sends `100 Continue`, where the client waits for it.
    func sendContinue()
    /// Sends the head of an answer before the final one (RFC 9110 §15.2), at once.
    ///
    /// - Parameter fields: lines as in `OutgoingHead`.
    func send(interim status: Int, fields: [UInt8])
    func send(head: OutgoingHead)
    func send(content: ByteBuffer)
    /// The answer is complete.
    func end()
    /// Ends the answer where it stands, so that the client sees that it is broken.
    func abort()
    /// Hands everything sent so far to the transport.
    func flush()
    /// Whether the request's content is to be read on.
    func setReading(_ wanted: Bool)
    /// The exchange is over and recorded; the next request may begin. The last call of an exchange.
    func exchangeFinished()
    /// The exchange's `due` may have changed.
    func deadlineChanged()
}

/// What handles the requests of one stream, one after another.
///
/// A class rather than a protocol, so that the stream decodes straight into the head's storage, which is kept from request
/// to request.
class StreamHandler {
    /// The head of the request under way.
    final var head = RequestHead()
    /// `nil` as long as no stream is attached, and once it is gone: the stream breaks this tie when it ends.
    final var stream: (any DownstreamStream)?

    /// When `timerFired` wants to be called.
    var due: Moment { .distantFuture }
    /// A request is being handled.
    var isActive: Bool { false }

    /// A head was decoded into `head`.
    func begin(now: Moment) {}
    /// The head, or what should be one, can't be accepted; `head` holds what could be read of it.
    func refuse(_ reason: Reason, headIsReadable: Bool, now: Moment) {}
    func receive(content: ByteBuffer, now: Moment) {}
    func receiveEnd(now: Moment) {}
    /// All that has been read is handed over.
    func batchEnd(now: Moment) {}
    /// The request's content is broken, too slow, or ended early.
    func requestFailed(_ reason: Reason, now: Moment) {}
    /// The client is gone; the stream makes no further call but for a new request.
    func clientGone(now: Moment) {}
    func clientStalled(now: Moment) {}
    func writabilityChanged(isWritable: Bool, now: Moment) {}
    func timerFired(now: Moment) {}
    func shutDown(now: Moment) {}
}
