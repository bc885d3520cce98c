/// What an encrypted segment says, block by block: no byte of it is given out that was not authenticated.
final class SealedSource: TrailSource {
    private static let wholeBlock = SegmentHead.blockSize + SegmentHead.tagLength

    private let path: String
    private let source: any TrailSource
    private var cipher: SegmentCipher
    private var rest: [UInt8]
    private var sourceHasEnded = false
    private var hasEnded = false
    /// What was found behind the text that was given out last.
    private var fault: TrailFault?
    let spare: SegmentHead.Spare

    init(_ source: any TrailSource, path: String, keys: SegmentKeyRing) throws(TrailFault) {
        self.path = path
        self.source = source
        rest = []
        while rest.count < SegmentHead.length {
            let more = try source.next()
            if more.isEmpty { break }
            rest += more
        }
        do throws(SegmentFault) {
            let opened = try SegmentHead(rest).open(with: keys)
            cipher = SegmentCipher(key: opened.dataKey)
            spare = opened.spare
        } catch {
            throw TrailFault(path, .encrypted(error))
        }
        rest.removeFirst(SegmentHead.length)
    }

    func next() throws(TrailFault) -> [UInt8] {
        if let fault { throw fault }
        guard !hasEnded else { return [] }
        // One byte more than a block tells whether it is the last.
        while !sourceHasEnded, rest.count <= Self.wholeBlock {
            let more = try source.next()
            sourceHasEnded = more.isEmpty
            rest += more
        }
        var text: [UInt8] = []
        var start = 0
        do throws(SegmentFault) {
            while rest.count - start > Self.wholeBlock {
                text += try cipher.open(Array(rest[start..<start + Self.wholeBlock]), .inner)
                start += Self.wholeBlock
            }
            if sourceHasEnded {
                text += try cipher.open(Array(rest[start...]), .last)
                start = rest.count
                hasEnded = true
            }
        } catch {
            let fault = TrailFault(path, .encrypted(error))
            self.fault = fault
            rest = []
            guard !text.isEmpty else { throw fault }
            return text
        }
        rest.removeFirst(start)
        return text
    }
}
