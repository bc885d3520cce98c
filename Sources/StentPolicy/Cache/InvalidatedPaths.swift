import StentModel

/// The paths that a write of a route makes invalid beside its own: templates, filled from the path of the request.
package struct InvalidatedPaths: Sendable {
    private enum Piece: Sendable {
        case literal([UInt8])
        /// The segment of the request's path at this position.
        case segment(Int)
    }

    private let templates: [[Piece]]

    /// None.
    package init() { templates = [] }

    /// A place that the route's path does not have, which whoever reads the settings refuses, is in no path.
    package init(_ route: RouteSettings) {
        let places = route.match.segments.enumerated().reduce(into: [String: Int]()) { places, segment in
            if case .parameter(let name) = segment.element { places[name] = segment.offset }
        }
        templates = route.invalidates.compactMap { template in
            var pieces: [Piece] = []
            for segment in template.segments {
                switch segment {
                case .literal(let text):
                    // As it stands in a canonical path.
                    var encoded: [UInt8] = []
                    TargetText.append(Array(text.utf8).span, to: &encoded, keepsSegment: true)
                    pieces.append(.literal(encoded))
                case .place(let name):
                    guard let position = places[name] else { return nil }
                    pieces.append(.segment(position))
                }
            }
            return pieces
        }
    }

    /// - Parameter path: of the request, without query.
    package func paths(from path: [UInt8]) -> [[UInt8]] {
        guard !templates.isEmpty else { return [] }
        let segments = path.split(separator: 0x2F)
        return templates.compactMap { pieces in
            var filled: [UInt8] = []
            for piece in pieces {
                filled.append(0x2F)
                switch piece {
                case .literal(let text): filled.append(contentsOf: text)
                case .segment(let position):
                    guard segments.indices.contains(position) else { return nil }
                    filled.append(contentsOf: segments[position])
                }
            }
            return filled.isEmpty ? [0x2F] : filled
        }
    }
}
