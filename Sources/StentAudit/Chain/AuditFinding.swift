/// Something about a trail that is not as stent wrote it.
package struct AuditFinding: Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
        /// The lines' hashes are not those of their bytes. `through`: the number the last of them gives itself.
        case altered(through: Int)
        /// The line fits itself, but the line behind it was chained to another.
        case replaced
        /// Bytes that are no whole line of the chain.
        case torn(Torn, lines: Int)
        /// These numbers are nowhere in the trail; they belong before this line.
        case missing(from: Int, through: Int, Missing)
        /// These numbers were there before, or come again where they belong.
        case duplicate(through: Int)
        /// The lines stand where others belong.
        case outOfOrder(through: Int)
        /// The trail was longer: `witness` knows lines up to `through`.
        case tailCut(from: Int, through: Int, witness: String)
        /// `witness` has another line of this number: what is here was written anew.
        case contradicted(witness: String)
        case badSeal(BadSeal)
        /// No good seal vouches for the lines from this one on, though one should.
        case unsealed(from: Int)
        /// The lines are those of another trail.
        case foreign(TrailID, through: Int)
        /// The segment before this line's says that it has another name.
        case misnamed(recorded: String, found: String)
        /// From here on breaks of the chain were only counted.
        case tooMany(breaks: Int)
    }

    package enum Torn: Sendable, Equatable {
        /// The file ends in the midst of a line.
        case unfinished
        /// It does not end in seq, prev and hash.
        case unreadable
        /// More than 1 MiB.
        case tooLong
    }

    package enum Missing: Sendable, Equatable {
        case unexplained
        /// A record of aging out names them, but no seal vouches for it.
        case agedOutUnsealed(record: Int)
    }

    package enum BadSeal: Sendable, Equatable {
        /// It says that it is a seal, and has not the form of one.
        case unreadable
        /// It was made for another line than the one before it.
        case otherHead
        case signature
        case unknownKey(AuditKeyID)
        /// The key had been exchanged for another before.
        case retiredKey(AuditKeyID)
    }

    package var kind: Kind
    /// The segment's name as the caller gave it.
    package var segment: String
    /// From 1 on; 0 where the trail has no line.
    package var line: Int
    /// The number that the line gives itself, or is known to have.
    package var sequence: Int?

    package init(kind: Kind, segment: String, line: Int, sequence: Int?) {
        self.kind = kind
        self.segment = segment
        self.line = line
        self.sequence = sequence
    }

    /// A word for the kind. Raw values are an interface: they are added, never renamed.
    package enum Name: String, Sendable, CaseIterable {
        case altered, replaced, torn, missing, duplicate, outOfOrder = "out-of-order", tailCut = "tail-cut",
            contradicted,
            badSeal = "bad-seal", unsealed, foreign, misnamed, tooMany = "too-many"
    }

    package var name: Name {
        switch kind {
        case .altered: .altered
        case .replaced: .replaced
        case .torn: .torn
        case .missing: .missing
        case .duplicate: .duplicate
        case .outOfOrder: .outOfOrder
        case .tailCut: .tailCut
        case .contradicted: .contradicted
        case .badSeal: .badSeal
        case .unsealed: .unsealed
        case .foreign: .foreign
        case .misnamed: .misnamed
        case .tooMany: .tooMany
        }
    }
}
