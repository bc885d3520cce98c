import Crypto
import StentAudit

/// A key that closed segments are encrypted under: 32 bytes, of which no segment's text is ever encrypted directly.
package struct SegmentKey: Sendable {
    /// The first 8 bytes of a hash of the key: which one a segment needs, told without giving it away.
    package let id: [UInt8]
    let key: SymmetricKey

    /// `nil` where these are not 32 bytes.
    package init?(bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        key = SymmetricKey(data: bytes)
        id = Array(SHA256.hash(data: Array("stent segment key v1\n".utf8) + bytes).prefix(8))
    }

    /// Reads a key file's content: the 32 bytes themselves, or their Base64 and perhaps a line's end.
    package init?(file content: [UInt8]) {
        if let key = SegmentKey(bytes: content) {
            self = key
            return
        }
        guard content.count <= 64 else { return nil }
        var text = content[...]
        while let last = text.last, [0x0A, 0x0D, 0x20].contains(last) { text.removeLast() }
        guard let bytes = Base64.bytes(of: String(decoding: text, as: UTF8.self)) else { return nil }
        self.init(bytes: bytes)
    }

    /// 16 hexadecimal digits.
    package var name: String { Self.name(of: id) }

    static func name(of id: [UInt8]) -> String {
        id.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}

/// The keys that a reader has; the first is the one that new segments and rewrapped ones get.
package struct SegmentKeyRing: Sendable {
    package var keys: [SegmentKey]

    package init(_ keys: [SegmentKey] = []) { self.keys = keys }

    subscript(id: [UInt8]) -> SegmentKey? { keys.first { $0.id == id } }
}
