import StentModel

extension Rules {
    /// A chain of certificates or a bundle of authorities; far above any real one.
    private static var maximumPEMSize: Int { 4 << 20 }

    /// The certificates and keys that can't be read, or are not what they should be.
    ///
    /// - Parameter readFile: gives the bytes of a file.
    func unusableFiles(readFile: (String) throws -> [UInt8]) -> [ConfigProblem] {
        var problems: [ConfigProblem?] = []
        for (index, certificate) in (settings.listen.https?.certificates ?? []).enumerated() {
            let path = "listen.https.certificates[\(index)]"
            problems.append(unusable("\(path).chain", certificate.chain, holds: .certificate, readFile))
            problems.append(unusable("\(path).key", certificate.key, holds: .privateKey, readFile))
        }
        if let authorities = settings.upstream.tls.authorities {
            problems.append(unusable("upstream.tls.authorities", authorities, holds: .certificate, readFile))
        }
        return problems.compactMap(\.self)
    }

    private enum Content {
        case certificate, privateKey
    }

    /// What the file lacks. Messages name the setting only: the path may come from a variable.
    private func unusable(
        _ path: String, _ file: String, holds content: Content, _ readFile: (String) throws -> [UInt8]
    ) -> ConfigProblem? {
        guard !file.isEmpty, isSound(path) else { return nil }
        guard let bytes = try? readFile(file) else {
            return ConfigProblem(.unreadableFile, at: place(of: path), "the file that `\(path)` names can't be read")
        }
        guard bytes.count <= Self.maximumPEMSize, let text = String(validating: bytes, as: UTF8.self) else {
            return ConfigProblem(.notPEM, at: place(of: path), "the file that `\(path)` names is not PEM")
        }
        // RFC 7468 §2: the boundary stands at a line's start.
        let labels = text.split(whereSeparator: \.isNewline).compactMap { line -> Substring? in
            guard line.hasPrefix("-----BEGIN "), let end = line.dropFirst(11).firstRange(of: "-----") else {
                return nil
            }
            return line.dropFirst(11)[..<end.lowerBound]
        }
        switch content {
        case .certificate:
            guard !labels.contains("CERTIFICATE") else { return nil }
            return ConfigProblem(
                .notPEM, at: place(of: path), "the file that `\(path)` names holds no certificate",
                help: labels.contains { $0.hasSuffix("PRIVATE KEY") } ? "it is a key; are the two exchanged?" : nil)
        case .privateKey:
            if labels.contains("ENCRYPTED PRIVATE KEY") || text.contains("Proc-Type: 4,ENCRYPTED") {
                return ConfigProblem(
                    .notPEM, at: place(of: path), "the file that `\(path)` names holds an encrypted key",
                    help: "decrypt it, and protect it by file permissions")
            }
            guard !labels.contains(where: { $0.hasSuffix("PRIVATE KEY") }) else { return nil }
            return ConfigProblem(
                .notPEM, at: place(of: path), "the file that `\(path)` names holds no private key",
                help: labels.contains("CERTIFICATE") ? "it is a certificate; are the two exchanged?" : nil)
        }
    }
}
