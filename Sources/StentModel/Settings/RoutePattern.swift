/// Which requests a route is about: methods, and a path by segments.
package struct RoutePattern: Sendable, Hashable {
    /// One segment of the path pattern.
    package enum Segment: Sendable, Hashable {
        /// One of these texts, percent-decoded.
        case oneOf([String])
        /// Any one segment that is not empty; the name is for templates and messages.
        case parameter(String)
        /// Any number of further segments, none included; last only.
        case rest
    }

    /// The pattern as it was written; the label in audit and metrics.
    package var text: String
    /// Empty means every method.
    package var methods: Set<Method>
    package var segments: [Segment]

    package init(text: String, methods: Set<Method>, segments: [Segment]) {
        self.text = text
        self.methods = methods
        self.segments = segments
    }
}
