import StentModel

/// A configuration that was found good.
package struct LoadedSettings: Sendable {
    package var settings: Settings
    /// Every setting with its value, defaults included, one on each line: what a digest or a comparison of two
    /// configurations is taken of. A value that came from a file stands as it was written (`${file:...}`); the
    /// contract's document stands there as what it says.
    package var canonicalText: String
    /// What is worth saying and stops nothing, in the order of the file.
    package var warnings: ConfigProblems
}

/// Turns a configuration file into settings, or into every problem it has.
///
/// Pure but for the file reader that is handed in: it opens no port, makes no file and asks no upstream.
package enum ConfigLoader {
    /// - Parameters:
    ///   - path: the configuration file; named in every problem as it is given here.
    ///   - environment: what `${NAME}` stands for.
    ///   - readFile: gives the bytes of a file; also asked for `${file:...}`, and for the certificates, keys and the
    ///     contract's document that are named.
    /// - Returns: the settings, or the problems; at least one.
    package static func load(
        path: String, environment: [String: String], readFile: (String) throws -> [UInt8]
    ) -> Result<LoadedSettings, ConfigProblems> {
        guard let bytes = try? readFile(path) else {
            return .failure(
                ConfigProblems(
                    file: path, problems: [ConfigProblem(.unreadableFile, at: .start, "the file can't be read")]))
        }
        return load(bytes, path: path, environment: environment, readFile: readFile)
    }

    /// The same for a file whose content is at hand.
    package static func load(
        _ bytes: [UInt8], path: String, environment: [String: String], readFile: (String) throws -> [UInt8]
    ) -> Result<LoadedSettings, ConfigProblems> {
        withoutActuallyEscaping(readFile) { readFile in
            do {
                let source = try SourceText(bytes)
                var reader = YAMLReader(source)
                guard let root = reader.read() else {
                    throw ConfigProblems(file: path, problems: reader.problems)
                }
                var settings = Settings()
                var decoding = Decoding(expansion: Expansion(environment: environment, readFile: readFile))
                decoding.section(SettingsTable.rows, root, "", &settings)
                let document = ContractDocument(settings, decoding, settingsFile: path, readFile: readFile)
                settings.contract?.contract = document.contract ?? Contract()
                let rules = Rules(settings: settings, decoding: decoding, hasContract: document.contract != nil)
                let problems = ConfigProblems(
                    file: path,
                    problems: reader.problems + decoding.problems + document.problems + rules.contradictions()
                        + rules.unusableFiles(readFile: readFile),
                    referred: document.referred)
                guard problems.isEmpty else { throw problems }
                return .success(
                    LoadedSettings(
                        settings: settings,
                        canonicalText: canonicalText(settings, veiled: decoding.veiled) + document.canonicalText,
                        warnings: ConfigProblems(file: path, problems: rules.shadowedRoutes())))
            } catch let problem as ConfigProblem {
                return .failure(ConfigProblems(file: path, problems: [problem]))
            } catch let problems as ConfigProblems {
                return .failure(problems)
            } catch {
                preconditionFailure("reading throws problems only")
            }
        }
    }

    private static func canonicalText(_ settings: Settings, veiled: [String: String]) -> String {
        SettingsTable.values(of: settings)
            .map { "\($0.path) = \(veiled[$0.path] ?? $0.text)\n" }
            .joined()
    }
}
