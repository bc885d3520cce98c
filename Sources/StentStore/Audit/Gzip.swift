import CZlib
import Glibc

/// Compressed files (RFC 1952), in bounded memory.
enum Gzip {
    enum Fault: Error, Equatable {
        /// The system's error number.
        case system(Int32)
        /// What is there is no whole gzip file.
        case damaged
    }

    static let blockSize = 256 << 10
    /// `windowBits` of zlib for 32 KiB and a gzip frame.
    private static let gzipWindow: Int32 = 15 + 16

    /// Compresses what is read from one descriptor into another, each from its beginning.
    ///
    /// - Parameter isStopped: asked before each block; ends it with `ECANCELED`.
    static func compress(_ source: Int32, to target: Int32, isStopped: () -> Bool) throws(Fault) {
        var stream = z_stream()
        guard
            deflateInit2_(
                &stream, 6, Z_DEFLATED, gzipWindow, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
                Int32(MemoryLayout<z_stream>.size)) == Z_OK
        else { throw .system(ENOMEM) }
        defer { deflateEnd(&stream) }
        let reader = BlockReader(source)
        var output = [UInt8](repeating: 0, count: blockSize)
        while true {
            guard !isStopped() else { throw .system(ECANCELED) }
            let input = try reader.next()
            var fault: Fault?
            input.withUnsafeBufferPointer { input in
                // zlib reads from it only, whatever its old signature says
                stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
                stream.avail_in = UInt32(input.count)
                repeat {
                    let made = output.withUnsafeMutableBufferPointer { output in
                        stream.next_out = output.baseAddress
                        stream.avail_out = UInt32(output.count)
                        _ = deflate(&stream, input.isEmpty ? Z_FINISH : Z_NO_FLUSH)
                        return output.count - Int(stream.avail_out)
                    }
                    fault = writeAll(output[..<made], to: target)
                } while fault == nil && stream.avail_out == 0
            }
            if let fault { throw fault }
            if input.isEmpty { return }
        }
    }

    /// Calls `body` with the content, block by block, until it returns `false`.
    static func expand(_ source: Int32, _ body: (ArraySlice<UInt8>) -> Bool) throws(Fault) {
        var stream = z_stream()
        guard inflateInit2_(&stream, gzipWindow, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            throw .system(ENOMEM)
        }
        defer { inflateEnd(&stream) }
        let reader = BlockReader(source)
        var output = [UInt8](repeating: 0, count: blockSize)
        var hasEnded = false
        while true {
            let input = try reader.next()
            if input.isEmpty {
                guard hasEnded else { throw .damaged }
                return
            }
            guard !hasEnded else { throw .damaged }
            var isDamaged = false
            var goesOn = true
            input.withUnsafeBufferPointer { input in
                stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
                stream.avail_in = UInt32(input.count)
                repeat {
                    let made = output.withUnsafeMutableBufferPointer { output in
                        stream.next_out = output.baseAddress
                        stream.avail_out = UInt32(output.count)
                        let code = inflate(&stream, Z_NO_FLUSH)
                        hasEnded = code == Z_STREAM_END
                        isDamaged = code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR
                        return output.count - Int(stream.avail_out)
                    }
                    if made > 0, !isDamaged { goesOn = body(output[..<made]) }
                } while goesOn && !isDamaged && !hasEnded && (stream.avail_out == 0 || stream.avail_in > 0)
                if hasEnded, stream.avail_in > 0 { isDamaged = true }
            }
            if !goesOn { return }
            if isDamaged { throw .damaged }
        }
    }

    private static func writeAll(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) -> Fault? {
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno != EINTR {
                return .system(count < 0 ? errno : ENOSPC)
            }
        }
        return nil
    }
}

/// A file's content from its beginning, in blocks.
final class BlockReader {
    private let descriptor: Int32
    private var offset = 0

    init(_ descriptor: Int32) { self.descriptor = descriptor }

    /// Empty at the end.
    func next() throws(Gzip.Fault) -> [UInt8] {
        var block = [UInt8](repeating: 0, count: Gzip.blockSize)
        while true {
            let count = pread(descriptor, &block, block.count, offset)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .system(errno) }
            offset += count
            block.removeLast(block.count - count)
            return block
        }
    }
}
