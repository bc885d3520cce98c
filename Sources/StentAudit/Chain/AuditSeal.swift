import StentModel

/// A signature over the chain's head: whoever holds the public key can tell that no line up to there was changed, added
/// or taken away since.
///
/// In the trail it is a line of event `audit.sealed`, chained like any other. Its body has one form only
/// (`appendLine`): the last seal of a trail has none behind it that would vouch for its spelling.
package struct AuditSeal: Sendable, Equatable {
    package var trail: TrailID
    /// The number of the line before the seal's own.
    package var through: Int
    /// The hash of that line.
    package var head: ChainHash
    /// When it was made, as its line has it.
    package var time: String
    package var key: AuditKeyID
    /// Ed25519 (RFC 8032 §5.1), 64 bytes.
    package var signature: [UInt8]

    /// Seals a chain as it is.
    ///
    /// - Parameters:
    ///   - sign: gives the 64 bytes of an Ed25519 signature by the key.
    /// - Throws: what `sign` throws.
    package init(
        of chain: AuditChain, trail: TrailID, at time: WallTime, key: AuditKeyID, sign: ([UInt8]) throws -> [UInt8]
    ) rethrows {
        self.trail = trail
        self.key = key
        through = chain.sequence
        head = chain.head
        self.time = ChainRecord.text(of: time)
        signature = try sign(
            Self.canonicalBytes(trail: trail, through: chain.sequence, head: chain.head, time: self.time))
    }

    /// - Throws: what the key throws.
    package init(of chain: AuditChain, trail: TrailID, at time: WallTime, key: AuditSealKey) throws {
        try self.init(of: chain, trail: trail, at: time, key: key.publicKey.id) { try key.signature(of: $0) }
    }

    /// Reads the details of a seal's line; `nil` where one is missing or has another form.
    init?(details: JSONValue, time: String) {
        guard let trail = details[name: "trail"]?.string.flatMap(TrailID.init),
            let through = details[name: "through"]?.sequence,
            let head = details[name: "head"]?.string.flatMap({ ChainHash(hexadecimal: $0) }),
            let key = details[name: "key"]?.string.flatMap(AuditKeyID.init),
            let signature = details[name: "signature"]?.string.flatMap(Base64.bytes), signature.count == 64
        else { return nil }
        self.trail = trail
        self.through = through
        self.head = head
        self.time = time
        self.key = key
        self.signature = signature
    }

    /// What is signed.
    package var canonicalBytes: [UInt8] {
        Self.canonicalBytes(trail: trail, through: through, head: head, time: time)
    }

    private static func canonicalBytes(trail: TrailID, through: Int, head: ChainHash, time: String) -> [UInt8] {
        Array("stent audit seal v1\n\(trail)\n\(through)\n\(head.hexadecimal)\n\(time)\n".utf8)
    }

    /// Whether the holder of the key signed this.
    package func isSigned(by key: AuditPublicKey) -> Bool {
        key.id == self.key && key.isValid(signature, for: canonicalBytes)
    }

    /// Appends its line, to be chained.
    package func appendLine(to output: inout [UInt8]) {
        let details =
            #"{"trail":"\#(trail)","through":\#(through),"head":"\#(head.hexadecimal)","key":"\#(key)","#
            + #""signature":"\#(Base64.text(of: signature))"}"#
        ChainRecord.append(.sealed, time: time, details: details, to: &output)
    }
}

/// A seal in its place in a chain: a line of the trail, of the file `audit.seals`, or of an anchor elsewhere.
package struct SealedLine: Sendable, Equatable {
    package let seal: AuditSeal
    /// The number and the hash of the seal's own line.
    package let sequence: Int
    package let hash: ChainHash

    /// Reads a whole line; `nil` where it is no seal, or one that does not fit itself: a wrong hash, another spelling,
    /// or a seal of another line than the one before it.
    ///
    /// - Parameter line: with its line feed or without.
    package init?(line: [UInt8]) {
        let end = line.last == 0x0A ? line.count - 1 : line.count
        guard end <= ChainedLine.longest else { return nil }
        let text = line.span.bytes.extracting(0..<end)
        guard let fields = ChainedLine(text) else { return nil }
        let hash = ChainHash(of: text.extracting(0..<fields.hashedEnd))
        guard hash.isWritten(in: text, at: fields.hash),
            case .sealed(let seal) = ChainRecord(text, bodyEnd: fields.bodyEnd),
            seal.through == fields.sequence - 1, seal.head.isWritten(in: text, at: fields.previous)
        else { return nil }
        self.seal = seal
        self.hash = hash
        sequence = fields.sequence
    }
}
