import StentRuntime
import Testing

/// What a credential is remembered by is its HMAC-SHA-256, cut to 128 bits.
@Suite struct `The code of a credential` {
    /// RFC 4231 §4.2, §4.3, §4.4: key, data, the first half of the code.
    @Test(
        arguments: [
            ([UInt8](repeating: 0x0B, count: 20), Array("Hi There".utf8), "b0344c61d8db38535ca8afceaf0bf12b"),
            (Array("Jefe".utf8), Array("what do ya want for nothing?".utf8), "5bdcc146bf60754e6a042426089575c7"),
            (
                [UInt8](repeating: 0xAA, count: 20), [UInt8](repeating: 0xDD, count: 50),
                "773ea91e36800e46854db8ebd09181a7"
            ),
        ] as [([UInt8], [UInt8], String)])
    func `is that of the RFC's examples`(key: [UInt8], data: [UInt8], code: String) {
        let made = data.withUnsafeBytes { CredentialHMAC(key: key).key(of: $0) }
        let bytes = [made.high, made.low].flatMap { word in withUnsafeBytes(of: word) { Array($0) } }
        let text = bytes.map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }
        #expect(text.joined() == code)
    }

    @Test func `is another one in each process`() {
        let data = Array("staff1:secret1".utf8)
        let codes = (0..<2).map { _ in data.withUnsafeBytes { CredentialHMAC().key(of: $0) } }
        #expect(codes[0] != codes[1])
        let one = CredentialHMAC()
        #expect(data.withUnsafeBytes { one.key(of: $0) } == data.withUnsafeBytes { one.key(of: $0) })
    }
}
