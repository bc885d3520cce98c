import Glibc
import StentTrail

/// Lines for standard output, gathered so that a line is no system call.
final class AuditOutput {
    /// How lines are shown.
    package enum Form: Sendable {
        case people(TerminalText.Style)
        case json
    }

    private var buffer: [UInt8] = []
    private(set) var isClosed = false

    /// For people on a terminal, as JSON lines elsewhere; `NO_COLOR` (no-color.org) is obeyed.
    static func form(asked: AuditCommands.Shown) -> Form {
        switch asked {
        case .json: .json
        case .text: .people(style)
        case .asFits: isatty(STDOUT_FILENO) == 1 ? .people(style) : .json
        }
    }

    static var style: TerminalText.Style {
        let refused = getenv("NO_COLOR").map { $0[0] != 0 } ?? false
        let dumb = getenv("TERM").map { String(cString: $0) == "dumb" } ?? false
        return isatty(STDOUT_FILENO) == 1 && !refused && !dumb ? .coloured : .plain
    }

    func write(_ bytes: [UInt8]) {
        buffer += bytes
        if buffer.count >= 1 << 16 { flush() }
    }

    func flush() {
        var offset = 0
        while offset < buffer.count, !isClosed {
            let count = buffer[offset...].withUnsafeBytes { Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            // Nobody reads any more.
            guard count > 0 else {
                isClosed = true
                break
            }
            offset += count
        }
        buffer.removeAll(keepingCapacity: true)
    }
}
