import StentModel

/// The document that `contract.openapi` names, or what is wrong with it.
struct ContractDocument {
    /// `nil` where none is named, or it has problems.
    private(set) var contract: Contract?
    /// What it says, on one line behind its name; empty where there is none.
    private(set) var canonicalText = ""
    /// Problems of the setting itself.
    private(set) var problems: [ConfigProblem] = []
    /// Problems of the document, under its own name.
    private(set) var referred: [ConfigProblems] = []

    init(
        _ settings: Settings, _ decoding: Decoding, settingsFile: String, readFile: (String) throws -> [UInt8]
    ) {
        let path = "contract.openapi"
        guard let name = settings.contract?.openapi, !name.isEmpty, !decoding.failed.contains(path),
            let place = decoding.places[path]
        else { return }
        let file = Self.file(name, besides: settingsFile)
        guard let bytes = try? readFile(file) else {
            // The name may come from a variable, so messages have the setting's.
            problems = [
                ConfigProblem(
                    .unreadableFile, at: place, "the file that `\(path)` names can't be read",
                    help: "it is looked for from the directory of this file")
            ]
            return
        }
        switch ContractReader.document(bytes, path: file) {
        case .success(let document):
            contract = document.contract
            canonicalText = "contract.document = \(document.canonicalText)\n"
        case .failure(let found): referred = [found]
        }
    }

    private static func file(_ name: String, besides settingsFile: String) -> String {
        guard !name.hasPrefix("/"), let slash = settingsFile.lastIndex(of: "/") else { return name }
        return settingsFile[...slash] + name
    }
}
