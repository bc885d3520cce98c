import StentConfig
extension SettingsTable { static var jsonSchema: String { "" }; static var markdown: String { "" } }
