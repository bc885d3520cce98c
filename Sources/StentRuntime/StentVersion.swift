/// Which stent this is.
package enum StentVersion {
    /// Semantic version; the CHANGELOG's newest heading.
    package static let text = "0.1.0"
}
