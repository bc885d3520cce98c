extension String {
    /// Whether both have the same code points.
    ///
    /// `==` also takes canonically equivalent texts for equal (U+212A for `K`), which no other reader of JSON does.
    @inlinable
    package func isSameText(as other: String) -> Bool { utf8.elementsEqual(other.utf8) }
}
