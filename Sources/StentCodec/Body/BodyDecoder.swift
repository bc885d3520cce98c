import StentModel

/// Decodes the content of one message by its framing (RFC 9112 §6 and §7).
///
/// Unlike a head, a body is consumed as it comes: bytes once reported as consumed are not shown again.
package struct BodyDecoder: Sendable {
    /// Whose body it is; decides on the reasons that are thrown.
    package enum Side: Sendable {
        case request, response
    }

    /// What one call found.
    package struct Step: Sendable, Equatable {
        /// Bytes of the input that are done with, the content among them.
        package var consumed: Int
        /// Where in the input content stands; may be empty.
        package var content: Range<Int>
        /// The body ends behind the consumed bytes.
        package var isComplete: Bool

        package init(consumed: Int, content: Range<Int>, isComplete: Bool) {
            self.consumed = consumed
            self.content = content
            self.isComplete = isComplete
        }
    }

    private enum State: Sendable {
        /// Bytes still to come, more than zero.
        case length(Int)
        case chunked(ChunkedDecoder)
        case untilClose
        case complete
    }

    private var state: State
    private let side: Side

    package init(framing: BodyFraming, side: Side, limits: BodyLimits = .init()) {
        self.side = side
        state =
            switch framing {
            case .none: .complete
            case .length(let count): count > 0 ? .length(count) : .complete
            case .chunked:
                .chunked(
                    ChunkedDecoder(limits: limits, trailerName: side == .request ? .requestFieldName : .token))
            case .untilClose: .untilClose
            }
    }

    /// The whole body was consumed; true at once where there is none.
    package var isComplete: Bool {
        switch state {
        case .complete: true
        case .length, .chunked, .untilClose: false
        }
    }

    /// Decodes one step: at most one run of content.
    ///
    /// Call it again with the rest of the input until it consumes nothing, which means that more bytes are needed, or
    /// until the body is complete; the bytes that are left then belong to the next message.
    package mutating func decode(_ input: RawSpan) throws(Reason) -> Step {
        switch state {
        case .complete: return Step(consumed: 0, content: 0..<0, isComplete: true)
        case .untilClose: return Step(consumed: input.byteCount, content: 0..<input.byteCount, isComplete: false)
        case .length(let left):
            let count = min(left, input.byteCount)
            state = count == left ? .complete : .length(left - count)
            return Step(consumed: count, content: 0..<count, isComplete: count == left)
        case .chunked(var chunked):
            let step: Step
            do throws(ChunkFault) {
                step = try chunked.decode(input)
            } catch {
                throw error.reason(side)
            }
            state = step.isComplete ? .complete : .chunked(chunked)
            return step
        }
    }

    /// The peer closed its side: the end of a body that lasts until then.
    ///
    /// - Throws: `requestBodyTruncated` or `upstreamTruncated` where the framing promised more. A body until close ends
    ///   well only by an orderly close: after a reset the caller must not call this.
    package mutating func endOfInput() throws(Reason) {
        switch state {
        case .complete, .untilClose: state = .complete
        case .length, .chunked:
            throw side == .request ? .requestBodyTruncated : .upstreamTruncated
        }
    }
}
