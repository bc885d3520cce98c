import StentModel

/// The rows of `audit`.
enum AuditTable {
    static let rows: [Row<AuditSettings>] = [
        .optional(
            "directory", \.directory, .path(), absent: "`audit` in `state.directory`", reload: false,
            "Where the audit files are."),
        .value(
            "durability", \.durability, .choice(of: AuditDurability.self), .value("interval"),
            """
            When a record is on the disk: as the kernel likes (`none`), after `sync_interval` (`interval`), or before \
            its client has all of the answer (`every`).
            """),
        .value(
            "sync_interval", \.syncInterval, .duration(.milliseconds(10) ... .seconds(60)), .value("1s"),
            "How often the file is flushed to the disk, with `durability: interval`."),
        .section("rotate", \.rotate, rotate, "When the live file is closed, and what becomes of it."),
        .section("keep", \.keep, keep, "Which closed files are kept; without limits, all are."),
        .section("seal", \.seal, seal, "Signatures, by which changes of the trail are found."),
        .section(
            "when_unwritable", \.whenUnwritable,
            [
                .value(
                    "writes", \.writes, .choice(of: AuditUnwritable.Writes.self), .value("refuse"),
                    "Requests that may change something; there is no other choice."),
                .value(
                    "reads", \.reads, .choice(of: AuditUnwritable.Reads.self), .value("refuse"),
                    "The others: with `serve` their records are lost once the memory for them is full."),
            ], "What is let in while the trail can't be written."),
        .value(
            "queue", \.queue, .size(.kibibytes(64) ... .gibibytes(4)), .value("64MiB"), reload: false,
            "Lines waiting to be written beyond which new requests are refused."),
        .value(
            "reserve", \.reserve, .size(ByteCount(0) ... .gibibytes(1)), .value("1MiB"), reload: false,
            "Size of a file that is given up when the disk is full, so that the trail can say so; with `0B` none is."),
        .value(
            "low_disk", \.lowDisk, .size(ByteCount(0) ... .gibibytes(1024)), .value("1GiB"),
            "Free space of the file system below which log and trail warn."),
    ]

    private static let rotate: [Row<AuditRotation>] = [
        .value(
            "size", \.size, .size(.kibibytes(1) ... .gibibytes(64)), .value("100MiB"),
            "Size at which the live file is closed and a new one begun."),
        .value(
            "every", \.every, .duration(.seconds(60) ... .seconds(365 * 86_400)), .value("24h"),
            "Time at which it is: multiples of this since 1970 in UTC, so `24h` is at midnight."),
        .value(
            "compress", \.compress, .choice(of: AuditRotation.Compression.self), .value("none"),
            "What becomes of a closed file when the next one is closed."),
    ]

    private static let keep: [Row<AuditKeeping>] = [
        .optional(
            "for", \.longest, .duration(.seconds(3_600) ... .seconds(36_500 * 86_400)), absent: "of any age",
            "Longest age, from when a file was closed."),
        .optional(
            "at_most", \.atMost, .size(.mebibytes(1) ... .gibibytes(1_048_576)), absent: "of any size",
            "Size of all closed files together."),
        .optional("segments", \.segments, .count(1...1_000_000), absent: "any number", "Number of closed files."),
        .section(
            "floor", \.floor,
            [
                .value(
                    "segments", \.segments, .count(0...1_000_000), .value("2"), "So many of the newest are kept."),
                .value(
                    "for", \.age, .duration(.zero ... .seconds(36_500 * 86_400)), .value("0s"),
                    "Those that were closed since are kept."),
            ], "What none of these limits removes."),
    ]

    private static let seal: [Row<AuditSealing>] = [
        .value(
            "enabled", \.isEnabled, .flag, .value("true"), reload: false,
            "Without, who can write the files can write all of them anew."),
        .value(
            "every", \.every, .duration(.seconds(1) ... .seconds(86_400)), .value("60s"),
            "How often what came since is sealed; also when a file is closed, and when stent stops."),
        .optional(
            "key", \.key, .path(), absent: "`audit-seal.key` in `state.directory`, made where it is missing",
            reload: false, "The private key (Ed25519, PEM, mode 0600)."),
        .optional(
            "previous_key", \.previousKey, .path(), absent: "the key was not changed", reload: false,
            "The private key before, by which the change to `key` is signed."),
        .optional(
            "anchor", \.anchor, .path(), absent: "none",
            "A file elsewhere that every seal is appended to: by it a cut of the whole trail is found."),
    ]
}
