import StentModel

/// A user and a password as Authorization carries them (RFC 7617), decoded; overwritten when it is let go of.
///
/// Read strictly, for the upstream may read leniently: one credential has one spelling, so that what a proof is kept
/// under is what the upstream is going to read. Stricter than the RFCs in one point: they allow several spaces behind the
/// scheme (RFC 9110 §11.4), here it is one.
///
/// Not copyable, and in memory of its own: there is one place where a password stands in the clear, and it doesn't outlive
/// the credential.
package struct BasicCredential: ~Copyable {
    package enum Reading: ~Copyable {
        /// There is no Authorization.
        case absent
        /// Another scheme, or something else than one credential.
        case malformed
        case credential(BasicCredential)
    }

    /// Bytes of `user:password` at most.
    package static let longest = 4096

    private let memory: UnsafeMutableRawBufferPointer
    private var count = 0
    /// Where the user stands in the bytes: in front of the first colon (RFC 7617 §2).
    package private(set) var user = 0..<0

    package static func read(_ head: borrowing RequestHead) -> Reading {
        var value: Slot?
        for line in head.fields.lines where line.field == .authorization {
            guard value == nil else { return .malformed }
            value = line.value
        }
        guard let value else { return .absent }
        guard value.upperBound <= head.fields.bytes.count else { return .malformed }
        return read(head.fields.bytes.span.extracting(value.range))
    }

    /// - Parameter value: of the one Authorization field.
    package static func read(_ value: Span<UInt8>) -> Reading {
        let scheme = "basic ".utf8.span
        guard value.count > scheme.count else { return .malformed }
        for index in 0..<scheme.count {
            let isLetter = index < scheme.count - 1
            guard (isLetter ? value[index] | 0x20 : value[index]) == scheme[index] else { return .malformed }
        }
        let token = value.extracting(scheme.count..<value.count)
        guard token.count % 4 == 0, token.count / 4 * 3 <= longest + 2 else { return .malformed }
        var credential = BasicCredential(capacity: token.count / 4 * 3)
        guard credential.decode(token), credential.count <= longest, credential.findUser() else { return .malformed }
        return .credential(credential)
    }

    private init(capacity: Int) { memory = .allocate(byteCount: capacity, alignment: 1) }

    deinit {
        Self.overwrite(memory)
        memory.deallocate()
    }

    /// The user, for records; never for decisions.
    package var userName: String {
        memory[user].withMemoryRebound(to: UInt8.self) { String(decoding: $0, as: UTF8.self) }
    }

    /// Calls `body` with `user:password`.
    package func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try body(UnsafeRawBufferPointer(rebasing: memory[0..<count]))
    }

    /// Lets go of the credential before its scope ends; its bytes are overwritten.
    package consuming func erase() {}

    // MARK: Base64

    /// Base64 (RFC 4648 §4) in its one canonical spelling: padded, and no bit set that stands for nothing (§3.5).
    private mutating func decode(_ token: Span<UInt8>) -> Bool {
        var index = 0
        while index < token.count {
            let isLast = index + 4 == token.count
            let padding = isLast && token[index + 3] == Self.pad ? (token[index + 2] == Self.pad ? 2 : 1) : 0
            var bits: UInt32 = 0
            for place in 0..<4 {
                let digit = place < 4 - padding ? Self.digit(token[index + place]) : 0
                guard let digit else { return false }
                bits = bits << 6 | digit
            }
            for place in 0..<3 {
                let byte = UInt8(truncatingIfNeeded: bits >> UInt32(16 - 8 * place))
                if place < 3 - padding {
                    memory[count] = byte
                    count += 1
                } else if byte != 0 {
                    return false
                }
            }
            index += 4
        }
        return true
    }

    private static let pad = UInt8(ascii: "=")

    private static func digit(_ byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(byte - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(byte - UInt8(ascii: "a")) + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0")) + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        case _: nil
        }
    }

    // MARK: user:password

    /// Finds the colon; no control characters (RFC 7617 §2: CTL of RFC 5234), nothing that is not UTF-8, a user that is
    /// not empty.
    private mutating func findUser() -> Bool {
        var colon: Int?
        for index in 0..<count {
            let byte = memory[index]
            guard byte >= 0x20, byte != 0x7F else { return false }
            if byte == UInt8(ascii: ":"), colon == nil { colon = index }
        }
        guard let colon, colon > 0 else { return false }
        user = 0..<colon
        let bytes = UnsafeRawBufferPointer(rebasing: memory[0..<count])
        return bytes.withMemoryRebound(to: UInt8.self) { bytes in
            (try? UTF8Span(validating: bytes.span)) != nil
        }
    }

    /// Never inlined, and opaque to the optimizer, which would drop writes to memory that is about to be freed.
    @_optimize(none)
    @inline(never)
    private static func overwrite(_ memory: UnsafeMutableRawBufferPointer) {
        for index in memory.indices { memory[index] = 0 }
    }
}
