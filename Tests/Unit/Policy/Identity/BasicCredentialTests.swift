import StentModel
import StentPolicy
import Testing

/// What was read: `absent`, `malformed`, or the user, a space and all bytes.
private func reading(_ head: RequestHead) -> String { text(BasicCredential.read(head)) }

private func reading(_ value: String) -> String { text(BasicCredential.read(Array(value.utf8).span)) }

private func text(_ reading: consuming BasicCredential.Reading) -> String {
    switch consume reading {
    case .absent: return "absent"
    case .malformed: return "malformed"
    case .credential(let credential):
        return credential.withBytes { bytes in
            let user = String(decoding: bytes[credential.user], as: UTF8.self)
            return user + " " + String(decoding: bytes, as: UTF8.self)
        }
    }
}

private func base64(_ bytes: [UInt8]) -> String {
    let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
    var text = ""
    for start in stride(from: 0, to: bytes.count, by: 3) {
        let group = bytes[start..<min(start + 3, bytes.count)]
        var bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
        var quad = ""
        for _ in 0..<4 {
            quad = String(digits[bits & 63]) + quad
            bits >>= 6
        }
        text += quad.prefix(group.count + 1) + String(repeating: "=", count: 3 - group.count)
    }
    return text
}

private func basic(_ text: String) -> String { "Basic " + base64(Array(text.utf8)) }

@Suite struct `A Basic credential` {
    @Test func `is user and password, apart at the first colon`() {
        #expect(reading("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==") == "Aladdin Aladdin:open sesame")  // RFC 7617 §2
        #expect(reading("Basic dGVzdDoxMjPCow==") == "test test:123£")  // RFC 7617 §2.1
        #expect(reading(basic("a:b:c")) == "a a:b:c")
        #expect(reading(basic("a:")) == "a a:")
        #expect(reading(basic("Jörg Müller:ß€𝄞")) == "Jörg Müller Jörg Müller:ß€𝄞")
    }

    @Test(arguments: ["basic", "BASIC", "bAsIc"])
    func `may name its scheme in any case`(scheme: String) {
        #expect(reading("\(scheme) YTpi") == "a a:b")
    }

    @Test func `is read with every byte of base64`() {
        for first in UInt8(0x20)...0x7E where first != UInt8(ascii: ":") {
            for length in 1...4 {
                let user = String(repeating: Character(Unicode.Scalar(first)), count: length)
                #expect(reading(basic(user + ":~?>")) == "\(user) \(user):~?>")
            }
        }
    }

    @Test(arguments: [
        "", "Basic", "Basic ", "Basi YTpi", "Basicx YTpi", "Bearer YTpi", "Digest YTpi", "BasicYTpi", "Basic\tYTpi",
        "Basic  YTpi", " Basic YTpi", "\u{2}asic YTpi", "Basic\u{0}YTpi", "Basic YTpi ", "Basic YTpi, Basic YTpi",
        "Basic YTpi,a=b", "Basic realm=\"a\"",
    ])
    func `has the one form of scheme, space and token`(value: String) { #expect(reading(value) == "malformed") }

    @Test(arguments: [
        "Basic YTpiYw",  // no padding: a:bc
        "Basic YTpiYw=",  // half of it
        "Basic YTpiYw===",  // too much
        "Basic YTpi====", "Basic YTpi=", "Basic ====", "Basic =TpiYw==",
        "Basic YTpiYx==", "Basic YTpiY2Q=YTpi", "Basic YTpiYw==YTpi",  // unused bits, padding inside
        "Basic YTpiY2R=",  // unused bits: a:bcd is YTpiY2Q=
        "Basic YTp-", "Basic YTp_", "Basic YTp.", "Basic YT:i", "Basic YT pi", "Basic YT\r\npi", "Basic YTp\u{0}",
        "Basic YTpé",
    ])
    func `has one spelling in base64`(value: String) { #expect(reading(value) == "malformed") }

    @Test(arguments: [":b", ":", "ab", "a\u{0}:b", "a:b\n", "a:\u{7F}", "a\u{1F}:b", "\ta:b"])
    func `has a user, a colon and no control character`(text: String) { #expect(reading(basic(text)) == "malformed") }

    @Test(arguments: [[0xC3], [0xC0, 0xBA], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFF]] as [[UInt8]])
    func `is UTF-8`(bytes: [UInt8]) {
        #expect(reading("Basic " + base64([0x61, 0x3A] + bytes)) == "malformed")
        #expect(reading("Basic " + base64(bytes + [0x3A, 0x61])) == "malformed")
    }

    @Test func `has 4096 bytes at most`() {
        let longest = "a:" + String(repeating: "b", count: 4094)
        #expect(reading(basic(longest)) == "a " + longest)
        #expect(reading(basic(longest + "b")) == "malformed")
        #expect(reading(basic(longest + "bbb")) == "malformed")
    }

    @Test func `stands in the head once, or not at all`() throws {
        #expect(reading(try requestHead("GET / HTTP/1.1", "Host: a")) == "absent")
        #expect(reading(try requestHead("GET / HTTP/1.1", "Host: a", "authorization:  Basic YTpi ")) == "a a:b")
        #expect(reading(try requestHead("GET / HTTP/1.1", "Host: a", "Authorization:")) == "malformed")
        #expect(reading(try requestHead("GET / HTTP/1.1", "Host: a", "Proxy-Authorization: Basic YTpi")) == "absent")
        var twice = try requestHead("GET / HTTP/1.1", "Host: a", "Authorization: Basic YTpi")
        twice.fields.lines += twice.fields.lines
        #expect(reading(twice) == "malformed")
    }

    @Test func `is let go of where it has served`() {
        guard case .credential(let credential) = BasicCredential.read(Array("Basic YTpi".utf8).span) else {
            Issue.record("it is one")
            return
        }
        #expect(credential.withBytes { Array($0) } == Array("a:b".utf8))
        credential.erase()
    }
}
