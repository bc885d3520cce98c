import StentModel

/// Builds the field lines of an answer that passes to the client.
///
/// Written as `Name: value` CR LF without the framing fields, which belong to the downstream's protocol version; the
/// HTTP/1.1 side copies them, another version reads them line by line.
package struct ResponseForwarding: Sendable, Equatable {
    package init() {}

    /// Appends the upstream's end-to-end field lines, except those that stent writes itself.
    package func append(_ head: borrowing ResponseHead, to output: inout [UInt8]) {
        head.fields.append(to: &output) { passes($0, of: head) }
    }

    private func passes(_ line: FieldLine, of head: borrowing ResponseHead) -> Bool {
        if HopByHop.includes(line.field) { return false }
        switch line.field {
        case .contentLength, .xRequestID, .stentOutcome, .strictTransportSecurity: return false
        case _: return !head.nominatesFields || !HopByHop.isNominated(line, in: head.fields)
        }
    }
}
