import StentModel
import StentTrail

/// Where a trail is, and with what its closed segments are decrypted.
package struct AuditPlace: Sendable {
    package enum Location: Sendable {
        /// A settings file.
        case configuration(String)
        case directory(String)
    }

    package var location: Location
    /// Files of keys for encrypted segments.
    package var segmentKeys: [String]

    package init(_ location: Location, segmentKeys: [String] = []) {
        self.location = location
        self.segmentKeys = segmentKeys
    }

    func open() throws -> (directory: TrailDirectory, keys: SegmentKeyRing) {
        let path: String
        switch location {
        case .directory(let directory): path = directory
        case .configuration(let file):
            let settings = try ConfigFile.load(file).settings
            path = settings.audit.directory ?? "\(settings.state.directory)/audit"
        }
        return (TrailDirectory(path), try SegmentKeyFiles.read(segmentKeys))
    }
}
