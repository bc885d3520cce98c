extension SettingsTable {
    /// docs/settings.md: a table for each section, in the order of the settings table.
    package static var markdown: String {
        var text = """
            # Settings

            <!-- Made from the settings table by scripts/generate-settings-doc. Change the table, not this file. -->

            Every key of the configuration file. `stent check --config FILE` finds every problem of a file at once.

            - **Durations** are a whole number and a unit: `ms`, `s`, `m`, `h` or `d`.
            - **Sizes** are a whole number and a unit: `B`, `KiB`, `MiB` or `GiB`; rates are a size and `/s`.
            - **Variables** stand inside any value: `${NAME}`, `${NAME:-default}` (also where it is empty), and
              `${file:/path}` for the content of a file without its last line end, which is how secrets are given.
              `$${` is a literal `${`. What a variable holds is never read as YAML.
            - **Reload**: whether a reload (SIGHUP) takes a change over; else a restart does.
            - Keys may stand once. Anchors, aliases, tags and merge keys are not read.


            """
        let values = settings.filter(\.children.isEmpty)
        text += "## Top level\n\n" + table(of: values)
        for section in settings where !section.children.isEmpty {
            append(section, path: section.key, level: 2, to: &text)
        }
        return text
    }

    private static func append(_ section: Setting, path: String, level: Int, to text: inout String) {
        let heading = String(repeating: "#", count: level)
        text += "\n\(heading) `\(path)`\n\n\(section.sentence)"
        switch section.shape {
        case .sections(_, let minimum):
            text += minimum > 0 ? " A list, of at least \(minimum)." : " A list; empty where it is absent."
        case .section, .value, .list:
            switch section.default {
            case .required: text += " Required."
            case .words(let words) where !words.isEmpty: text += " Without it: \(words)."
            case .words, .value: break
            }
        }
        text += "\n"
        let values = section.children.filter(\.children.isEmpty)
        if !values.isEmpty { text += "\n" + table(of: values) }
        for child in section.children where !child.children.isEmpty {
            var name = "\(path).\(child.key)"
            if case .sections = child.shape { name += "[]" }
            append(child, path: name, level: min(level + 1, 4), to: &text)
        }
    }

    private static func table(of settings: [Setting]) -> String {
        var text = "| key | type | allowed | default | reload | meaning |\n|---|---|---|---|---|---|\n"
        for setting in settings {
            let (name, range) =
                switch setting.shape {
                case .value(let type): (type.name, type.range)
                case .list(let type, let minimum):
                    ("list: \(type.name)", type.range + (minimum > 0 ? "; at least \(minimum)" : ""))
                case .section, .sections: ("", "")
                }
            let initial =
                switch setting.default {
                case .required: "required"
                case .value(""): "empty"
                case .value(let text): "`\(text)`"
                case .words(let words): words
                }
            let cells = [
                "`\(setting.key)`", name, range, initial, setting.isReloadable ? "yes" : "no", setting.sentence,
            ]
            text += "| " + cells.map { escaped($0) }.joined(separator: " | ") + " |\n"
        }
        return text
    }

    /// A bar would end the cell.
    private static func escaped(_ cell: String) -> String {
        cell.split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|")
    }
}
