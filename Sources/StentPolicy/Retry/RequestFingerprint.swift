/// The bytes by whose digest a request with an Idempotency-Key is known for the one that came before: equal exactly
/// where method, target, content type and content are.
///
/// A version, then each part behind its length in eight bytes, most significant first, so that no two requests have the
/// same bytes; a content type that is absent is not an empty one. The caller hashes them (SHA-256) and keeps the 32
/// bytes; the head can be hashed without the content being copied behind it.
package enum RequestFingerprint {
    /// Changes with the form, so that what a former version stored is never taken for equal.
    private static let version: UInt8 = 1

    /// Appends everything but the content, which is to be hashed behind it.
    ///
    /// - Parameters:
    ///   - target: path and query as they are sent upstream.
    ///   - contentType: the field's value; `nil` where there is none.
    ///   - contentCount: bytes of content.
    package static func appendHead(
        method: some Collection<UInt8>, target: some Collection<UInt8>, contentType: (some Collection<UInt8>)?,
        contentCount: Int, to output: inout [UInt8]
    ) {
        output.append(version)
        append(part: method, to: &output)
        append(part: target, to: &output)
        output.append(contentType == nil ? 0 : 1)
        if let contentType { append(part: contentType, to: &output) }
        append(count: contentCount, to: &output)
    }

    /// Appends everything.
    package static func append(
        method: some Collection<UInt8>, target: some Collection<UInt8>, contentType: (some Collection<UInt8>)?,
        content: some Collection<UInt8>, to output: inout [UInt8]
    ) {
        appendHead(
            method: method, target: target, contentType: contentType, contentCount: content.count, to: &output)
        output.append(contentsOf: content)
    }

    private static func append(part: some Collection<UInt8>, to output: inout [UInt8]) {
        append(count: part.count, to: &output)
        output.append(contentsOf: part)
    }

    private static func append(count: Int, to output: inout [UInt8]) {
        for shift in stride(from: 56, through: 0, by: -8) {
            output.append(UInt8(truncatingIfNeeded: UInt64(truncatingIfNeeded: count) >> UInt64(shift)))
        }
    }
}
