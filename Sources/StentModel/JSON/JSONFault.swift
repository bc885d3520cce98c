/// What is wrong with a text that should be JSON, and where.
package struct JSONFault: Error, Sendable, Equatable {
    package enum Kind: String, Sendable, CaseIterable {
        /// A string that is not UTF-8, overlong forms and encoded surrogates included (RFC 3629 §3).
        case notUTF8 = "not-utf-8"
        /// U+FEFF in front: RFC 8259 §8.1 lets a reader ignore it, but not every reader behind us does.
        case byteOrderMark = "byte-order-mark"
        case unexpectedEnd = "unexpected-end"
        case unexpectedByte = "unexpected-byte"
        /// Something after the one value.
        case trailingBytes = "trailing-bytes"
        /// A byte below 0x20 in a string (RFC 8259 §7).
        case controlCharacter = "control-character"
        case malformedNumber = "malformed-number"
        case malformedEscape = "malformed-escape"
        /// Half of a pair of `\u` escapes: it stands for no character (RFC 8259 §8.2).
        case loneSurrogate = "lone-surrogate"
        /// A name twice in one object: readers differ in which of its values counts (RFC 8259 §4).
        case duplicateName = "duplicate-name"
        case tooDeep = "too-deep"
        case tooManyValues = "too-many-values"
        /// More bytes than allowed, or 4 GiB.
        case tooLong = "too-long"
    }

    package var kind: Kind
    /// Where in the input, in bytes from its start.
    package var offset: Int

    package init(_ kind: Kind, at offset: Int) {
        self.kind = kind
        self.offset = offset
    }
}
