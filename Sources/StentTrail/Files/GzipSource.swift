import CZlib

/// What a compressed text says (RFC 1952), one or several members behind one another, in bounded memory.
final class GzipSource: TrailSource {
    private static let blockSize = 1 << 20

    private let path: String
    private let source: any TrailSource
    /// On the heap: zlib keeps a pointer to it.
    private let stream: UnsafeMutablePointer<z_stream>
    private var input: [UInt8] = []
    private var position = 0
    private var state = State.before
    /// What was found behind the text that was given out last.
    private var fault: TrailFault?

    private enum State {
        /// Nothing was read.
        case before
        case within
        /// Behind a member.
        case between
    }

    init(_ source: any TrailSource, path: String) throws(TrailFault) {
        self.path = path
        self.source = source
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // 15: the largest window; 16: gzip and nothing else.
        guard inflateInit2_(stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            throw TrailFault(path, .gzip("there is no memory to decompress it"))
        }
    }

    deinit {
        inflateEnd(stream)
        stream.deinitialize(count: 1)
        stream.deallocate()
    }

    func next() throws(TrailFault) -> [UInt8] {
        if let fault { throw fault }
        let block = [UInt8](unsafeUninitializedCapacity: Self.blockSize) { buffer, count in
            count = 0
            do throws(TrailFault) {
                try fill(buffer, &count)
            } catch {
                fault = error
            }
        }
        if block.isEmpty, let fault { throw fault }
        return block
    }

    private func fill(_ output: UnsafeMutableBufferPointer<UInt8>, _ filled: inout Int) throws(TrailFault) {
        while filled < output.count {
            if position == input.count {
                input = try source.next()
                position = 0
                if input.isEmpty {
                    if case .between = state { return }
                    throw TrailFault(path, .gzip("the compressed text ends too early: it was cut off"))
                }
            }
            try inflate(into: output, &filled)
        }
    }

    private func inflate(into output: UnsafeMutableBufferPointer<UInt8>, _ filled: inout Int) throws(TrailFault) {
        state = .within
        let room = output.count - filled
        let available = input.count - position
        let code = input.withUnsafeMutableBytes { bytes -> Int32 in
            stream.pointee.next_in = bytes.baseAddress?.advanced(by: position).assumingMemoryBound(to: UInt8.self)
            stream.pointee.avail_in = UInt32(available)
            stream.pointee.next_out = output.baseAddress?.advanced(by: filled)
            stream.pointee.avail_out = UInt32(room)
            return CZlib.inflate(stream, Z_NO_FLUSH)
        }
        position += available - Int(stream.pointee.avail_in)
        filled += room - Int(stream.pointee.avail_out)
        switch code {
        case Z_OK, Z_BUF_ERROR: return
        case Z_STREAM_END:
            state = .between
            inflateReset(stream)
        default:
            let what = stream.pointee.msg.map { String(cString: $0) } ?? "code \(code)"
            throw TrailFault(path, .gzip("the compressed text is broken (\(what))"))
        }
    }
}
