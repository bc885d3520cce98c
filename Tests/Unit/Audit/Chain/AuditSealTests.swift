import StentAudit
import StentModel
import Testing

@Suite struct `A seal` {
    // openssl pkey -in KEY -pubout, of the PEM below, whose 32 bytes are 0 to 31
    private let privatePEM = """
        -----BEGIN PRIVATE KEY-----
        MC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f
        -----END PRIVATE KEY-----

        """
    private let publicPEM = """
        -----BEGIN PUBLIC KEY-----
        MCowBQYDK2VwAyEAA6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=
        -----END PUBLIC KEY-----

        """
    // openssl pkeyutl -sign -inkey KEY -rawin -in TEXT | base64 -w0
    private let signature = "aBQGb7xZeyfNDf7Qb1/P/EhIKBOLSQfOsJN+uXw0G1/I14ejVK+QvGw5oRFrVwIsq8UhPYLp+g32hAFYNyPDDw=="
    private let head = "f689982eccc79c30de4f7db8a3e0ae418db0734f5be33deabb5c1f17de3f773f"

    private func chain() -> AuditChain {
        var chain = AuditChain()
        var output: [UInt8] = []
        chain.append(Array("{\"v\":2,\"event\":\"start\"}\n{\"v\":2,\"event\":\"stop\"}\n".utf8), to: &output)
        return chain
    }

    private func seal() throws -> AuditSeal {
        try AuditSeal(
            of: chain(), trail: SealedTrail.id, at: SealedTrail.time, key: try AuditSealKey(pem: privatePEM))
    }

    @Test func `signs what OpenSSL signs, with the same result`() throws {
        let seal = try seal()
        #expect(
            String(decoding: seal.canonicalBytes, as: UTF8.self)
                == "stent audit seal v1\n000102030405060708090a0b0c0d0e0f\n2\n\(head)\n2026-03-01T09:30:00.123456Z\n")
        var line: [UInt8] = []
        seal.appendLine(to: &line)
        #expect(
            String(decoding: line, as: UTF8.self)
                == #"{"v":2,"time":"2026-03-01T09:30:00.123456Z","event":"audit.sealed","details":{"#
                + #""trail":"000102030405060708090a0b0c0d0e0f","through":2,"head":"\#(head)","#
                + #""key":"56475aa75463474c","signature":"\#(signature)"}}"# + "\n")
    }

    @Test func `is read back from its line`() throws {
        let seal = try seal()
        var chain = chain()
        var body: [UInt8] = []
        var line: [UInt8] = []
        seal.appendLine(to: &body)
        chain.append(body, to: &line)
        let read = try #require(SealedLine(line: line))
        #expect(read.seal == seal)
        #expect(read.sequence == 3)
        // the whole line computed with Python's hashlib
        #expect(read.hash.hexadecimal == "afd6ae29d6caa41b394ff36a32e4ada25f8f780d76764a22d1fd4a921450d2df")
        #expect(read.seal.isSigned(by: SealedTrail.sealKey.publicKey))
        #expect(!read.seal.isSigned(by: SealedTrail.nextKey.publicKey))
    }

    @Test func `no part of it can be changed`() throws {
        let seal = try seal()
        let key = SealedTrail.sealKey.publicKey
        let changes: [(inout AuditSeal) -> Void] = [
            { $0.trail = SealedTrail.otherID }, { $0.through += 1 }, { $0.head = .none },
            { $0.time = "2026-03-01T09:30:00.123457Z" }, { $0.signature[0] ^= 1 }, { $0.signature[63] ^= 0x80 },
            { $0.key = SealedTrail.nextKey.publicKey.id }, { $0.signature = [] },
        ]
        for change in changes {
            var changed = seal
            change(&changed)
            #expect(!changed.isSigned(by: key))
        }
    }

    @Test(arguments: [
        (#""details":{"#, #""details": {"#), (#"{"v":2"#, #"{"v":3"#), (#""through":2"#, #""through":2.0"#),
        (#""through":2"#, #""through":02"#), (#"}}"#, #","more":1}}"#), (#"=="}"#, #"="}"#), (#"Dw=="#, #"Dx=="#),
        (#"/P/E"#, #"\/P/E"#), (#"{"v":2,"#, #"{"v":2,"x":1,"#), (#""key":"56"#, #""key":"\u00356"#),
    ])
    func `has one spelling: the last one of a trail has none behind it`(from: String, to: String) throws {
        var body: [UInt8] = []
        try seal().appendLine(to: &body)
        let text = String(decoding: body, as: UTF8.self)
        let changed = text.replacing(from, with: to)
        #expect(changed != text)
        var chain = chain()
        var line: [UInt8] = []
        chain.append(Array(changed.utf8), to: &line)
        #expect(SealedLine(line: line) == nil)
    }

    @Test func `is no seal of another line than the one before it`() throws {
        var body: [UInt8] = []
        try seal().appendLine(to: &body)
        var chain = chain()
        var line: [UInt8] = []
        chain.append(body, to: &line)
        #expect(SealedLine(line: line) != nil)
        line = []
        chain.append(body, to: &line)
        #expect(SealedLine(line: line) == nil)
        var other = AuditChain()
        line = []
        other.append(Array("{\"v\":2}\n{\"v\":2}\n".utf8), to: &line)
        line = []
        other.append(body, to: &line)
        #expect(SealedLine(line: line) == nil)
    }

    @Test func `keys are read and written as OpenSSL does`() throws {
        let key = try AuditSealKey(pem: privatePEM)
        #expect(key.pem == privatePEM)
        #expect(key.publicKey.pem == publicPEM)
        #expect(key.publicKey.id.text == "56475aa75463474c")
        #expect(try AuditPublicKey(pem: publicPEM) == key.publicKey)
        #expect(try AuditPublicKey(pem: publicPEM.replacing("\n", with: "\r\n") + " \n") == key.publicKey)
        let other = AuditSealKey()
        #expect(try AuditSealKey(pem: other.pem).publicKey == other.publicKey)
        #expect(other.publicKey != key.publicKey)
    }

    @Test func `what is no Ed25519 key in PEM is refused`() throws {
        let body = "MC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"
        for text in [
            "", "\n", body, publicPEM, privatePEM.replacing("MC4C", with: "MC4"), privatePEM + privatePEM,
            privatePEM.replacing(body, with: ""), String(repeating: "\n", count: 20_000),
        ] {
            #expect(throws: AuditKeyFault.notPEM(.privateKey)) { try AuditSealKey(pem: text) }
        }
        // openssl genpkey -algorithm x25519: the same form with OID 1.3.101.110
        #expect(throws: AuditKeyFault.wrongKind(.privateKey)) {
            try AuditSealKey(pem: privatePEM.replacing("K2Vw", with: "K2Vu"))
        }
        #expect(throws: AuditKeyFault.notPEM(.publicKey)) { try AuditPublicKey(pem: privatePEM) }
        #expect(throws: AuditKeyFault.wrongKind(.publicKey)) {
            try AuditPublicKey(pem: publicPEM.replacing("MCow", with: "MCox"))
        }
    }

    @Test func `ids have one form`() {
        #expect(TrailID("000102030405060708090a0b0c0d0e0f") == SealedTrail.id)
        #expect(TrailID("000102030405060708090A0B0C0D0E0F") == nil)
        #expect(TrailID("00") == nil)
        #expect(AuditKeyID("56475aa75463474c") == SealedTrail.sealKey.publicKey.id)
        #expect(AuditKeyID("56475aa75463474") == nil)
        #expect(AuditKeyID("56475aa75463474g") == nil)
    }
}
