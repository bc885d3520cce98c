import StentConfig
import StentModel
import Testing

/// What is made from the settings table is what is committed.
@Suite struct SettingsDocumentTests {
    @Test(arguments: [
        ("docs/settings.md", SettingsTable.markdown), ("docs/settings.schema.json", SettingsTable.jsonSchema),
    ])
    func `a document made from the table is the committed one`(path: String, text: String) throws {
        if Repository.isUpdating { try Repository.write(text, to: path) }
        let isSame = try Repository.text(path) == text
        #expect(isSame, "\(path) is out of date: run scripts/generate-settings-doc")
    }
}
