import StentModel

/// What can be wrong with the form of a field section, whoever sent it.
enum FieldFault: Error {
    /// A CR without LF or an LF without CR (RFC 9112 §2.2).
    case bareLineBreak
    /// A line that begins with white space (RFC 9112 §5.2).
    case obsoleteFold
    case controlByte
    case malformedName
    case noColon
    case underscoreInName
    case spaceBeforeColon
    case tooManyLines

    var requestReason: Reason {
        switch self {
        case .bareLineBreak: .requestBareLineBreak
        case .obsoleteFold: .requestObsoleteFold
        case .controlByte: .requestControlByte
        case .malformedName: .requestMalformedFieldName
        case .noColon: .requestMalformedFieldLine
        case .underscoreInName: .requestUnderscoreInFieldName
        case .spaceBeforeColon: .requestSpaceBeforeColon
        case .tooManyLines: .requestTooManyFields
        }
    }

    var responseReason: Reason {
        switch self {
        case .bareLineBreak, .obsoleteFold, .controlByte, .malformedName, .noColon, .underscoreInName,
            .spaceBeforeColon:
            .upstreamMalformedField
        case .tooManyLines: .upstreamHeadTooLarge
        }
    }
}
