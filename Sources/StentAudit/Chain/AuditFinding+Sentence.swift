extension AuditFinding: CustomStringConvertible {
    /// Where, what, and what to do.
    package var description: String {
        let number = sequence.map { " (seq \($0))" } ?? ""
        return "\(segment):\(line): audit.\(name.rawValue)\(number): \(sentence)\n  help: \(advice)"
    }

    /// What was found.
    package var sentence: String {
        switch kind {
        case .altered(let through):
            through == sequence ?? through
                ? "the line was altered: its hash is not that of its bytes"
                : "the lines\(range(to: through)) were altered: their hashes are not those of their bytes"
        case .replaced:
            "this line or the one behind it was replaced: each fits itself, but that one was chained to another"
        case .torn(.unfinished, _): "the file ends within this line"
        case .torn(.unreadable, let lines):
            lines == 1
                ? "the line does not end in seq, prev and hash, so it is no whole line of the trail"
                : "\(lines) lines from here on do not end in seq, prev and hash: they are no whole lines of the trail"
        case .torn(.tooLong, _): "the line has more than 1 MiB, so it is none of the trail"
        case .missing(let from, let through, .unexplained): "\(lines(from, through)) missing before this line"
        case .missing(let from, let through, .agedOutUnsealed(let record)):
            "\(lines(from, through)) missing before this line; seq \(record) says they aged out, and is not sealed"
        case .duplicate(let through):
            "the lines\(range(to: through)) are in the trail twice; this is the second copy or stands in its place"
        case .outOfOrder(let through): "the lines\(range(to: through)) stand where others belong: they were moved"
        case .tailCut(let from, let through, let witness):
            "the trail's end is cut off: \(lines(from, through)) missing behind this line, as \(witness) shows"
        case .contradicted(let witness):
            "\(witness) has another hash for this line: the trail was written anew up to here"
        case .badSeal(let fault): sentence(of: fault)
        case .unsealed(let from): "no good seal vouches for the lines from seq \(from) on"
        case .foreign(let trail, let through): "the lines\(range(to: through)) are of another trail (\(trail))"
        case .misnamed(let recorded, let found):
            "the segment before this one was closed as \(recorded), and is now called \(found)"
        case .tooMany(let breaks): "the chain is broken \(breaks) more times from here on; they were only counted"
        }
    }

    private func sentence(of fault: BadSeal) -> String {
        switch fault {
        case .unreadable: "this is no seal that stent writes, though it says that it is one"
        case .otherHead:
            "the seal was made for another line than the one before it: lines before it were changed and chained anew"
        case .signature:
            "the seal's signature is wrong: the seal or lines before it were made by somebody without the key"
        case .unknownKey(let key):
            "the seal is by key \(key), which is not among those given and was not handed over to"
        case .retiredKey(let key): "the seal is by key \(key), which had been exchanged for another before"
        }
    }

    private var advice: String {
        switch kind {
        case .altered, .replaced, .contradicted:
            "compare with a backup or the shipped copy of this segment; keep both as evidence"
        case .torn(.unfinished, _):
            "if a stent is writing here, verify again; after a crash, start it, and it will repair and report this"
        case .torn(.unreadable, _), .torn(.tooLong, _): "look at the bytes; stent writes only whole lines of JSON"
        case .missing(_, _, .agedOutUnsealed): "verify again after the next seal"
        case .missing, .tailCut: "look for the lines in a backup or among the shipped segments"
        case .duplicate, .outOfOrder: "see that each segment is there once and has the name that it was closed with"
        case .badSeal(.unknownKey): "give that public key with --key, if it is one of yours"
        case .badSeal: "compare with a backup or an anchor; all since the last good seal is in doubt"
        case .unsealed: "see that audit.seal is on, and that the keys given are those of this trail"
        case .foreign: "verify each trail in a directory of its own"
        case .misnamed: "give the segment its name back"
        case .tooMany: "mend what is named first, and verify again"
        }
    }

    private func range(to through: Int) -> String {
        sequence.map { $0 == through ? " (seq \($0))" : " (seq \($0) to \(through))" } ?? ""
    }

    private func lines(_ from: Int, _ through: Int) -> String {
        from == through ? "seq \(from) is" : "seq \(from) to \(through) (\(through - from + 1) lines) are"
    }
}
