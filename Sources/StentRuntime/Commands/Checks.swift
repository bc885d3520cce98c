import StentConfig

/// `stent check` and `stent schema`: text to print, and an exit code.
package enum Checks {
    /// - Returns: what to say, and 0 for good settings, 1 otherwise.
    package static func check(_ path: String) -> (text: String, code: Int32) {
        do {
            let loaded = try ConfigFile.load(path)
            try ConfigFile.checkCertificates(loaded.settings)
            let warnings = loaded.warnings.isEmpty ? "" : loaded.warnings + "\n"
            return ("\(warnings)\(path): the settings are good (digest \(loaded.digest))", 0)
        } catch {
            return ("\(error)", 1)
        }
    }

    /// The JSON Schema (2020-12) of the settings file.
    package static var schema: String { SettingsTable.jsonSchema }
    /// The settings' page for people, in Markdown.
    package static var reference: String { SettingsTable.markdown }
}
