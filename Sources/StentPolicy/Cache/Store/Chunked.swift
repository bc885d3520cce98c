/// An array in pieces of 256, which grows without moving what it holds: adding to it never takes longer than a
/// piece takes to make, whatever the size of the whole.
@usableFromInline
package struct Chunked<Element> {
    @usableFromInline var chunks: [ContiguousArray<Element>] = []
    @usableFromInline package internal(set) var count = 0

    @inlinable
    package init() {}

    @inlinable
    package subscript(position: Int) -> Element {
        get { chunks[position >> 8][position & 0xFF] }
        _modify { yield &chunks[position >> 8][position & 0xFF] }
    }

    @inlinable
    package mutating func append(_ element: Element) {
        if count & 0xFF == 0 {
            chunks.append([])
            chunks[count >> 8].reserveCapacity(256)
        }
        chunks[count >> 8].append(element)
        count += 1
    }
}

extension Chunked: Sendable where Element: Sendable {}
