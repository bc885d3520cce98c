import Crypto
import Glibc
import StentConfig
import StentModel
import StentProxy

/// Settings from a file and the environment, and their digest.
package enum ConfigFile {
    package struct Loaded: Sendable {
        package var settings: Settings
        /// The first 16 hexadecimal digits of the SHA-256 of every setting's value; secrets count by where they come from.
        package var digest: String
        /// What is worth saying and stops nothing; empty where there is nothing.
        package var warnings: String
    }

    /// - Throws: `ConfigProblems`, whose description holds a line for each problem.
    package static func load(_ path: String) throws -> Loaded {
        let result = ConfigLoader.load(path: path, environment: environment(), readFile: { try Files.read($0) })
        let loaded = try result.get()
        let digest = SHA256.hash(data: Array(loaded.canonicalText.utf8))
        let warnings = loaded.warnings.problems.isEmpty ? "" : loaded.warnings.description
        return Loaded(
            settings: loaded.settings, digest: digest.prefix(8).map { hex($0) }.joined(), warnings: warnings)
    }

    /// What `load` can't see from the file: whether the certificates named can be used. Opens no port, makes no file.
    ///
    /// - Throws: what is wrong.
    package static func checkCertificates(_ settings: Settings) throws {
        guard let listener = settings.listen.https else { return }
        let loaded = try ServerIdentities.load(listener, stateDirectory: nil)
        guard !loaded.identities.isEmpty else { return }
        do {
            _ = try ServerTLS(identities: loaded.identities, minimum: listener.minimumTLS)
        } catch {
            throw StentServer.Failure(
                "listen.https.certificates: the certificates and keys can't be used together: \(error)")
        }
    }

    private static func hex(_ byte: UInt8) -> String {
        let text = String(byte, radix: 16)
        return byte < 16 ? "0" + text : text
    }

    private static func environment() -> [String: String] {
        var variables: [String: String] = [:]
        var entry = environ
        while let text = entry.pointee {
            let pair = String(cString: text).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if pair.count == 2 { variables[String(pair[0])] = String(pair[1]) }
            entry += 1
        }
        return variables
    }
}
