/// Bounds on what the chunked coding carries beside the content.
package struct BodyLimits: Sendable {
    /// Bytes of chunk extensions in a whole body, semicolons included.
    package var chunkExtensions: Int
    /// Bytes of the trailer section, line breaks included.
    package var trailers: Int

    package init(chunkExtensions: Int = 16 << 10, trailers: Int = 8 << 10) {
        self.chunkExtensions = chunkExtensions
        self.trailers = trailers
    }
}
