/// The known word that somebody probably meant.
package enum Suggestion {
    /// - Returns: the only candidate that begins as the word does, or the nearest if at most a third of its letters
    ///   differ; `nil` where none is near, and for numbers, which are near to one another by chance.
    package static func nearest(to word: String, among candidates: [String]) -> String? {
        guard word.count <= 64, word.contains(where: \.isLetter) else { return nil }
        let normal = normalized(word)
        let related = candidates.filter { candidate in
            let letters = normalized(candidate)
            let shared = zip(letters, normal).prefix { $0 == $1 }.count
            // `max` for `maximum`, `retries` for `retry`.
            return shared >= 3 && shared == normal.count || shared >= 4 && shared >= letters.count - 1
        }
        if related.count == 1, let only = related.first { return only }
        let ranked = candidates.map { ($0, distance(normal, normalized($0))) }
        guard let (best, distance) = ranked.min(by: { ($0.1, $0.0) < ($1.1, $1.0) }) else { return nil }
        let longest = max(word.count, best.count)
        return distance <= max(1, longest / 3) && distance < longest ? best : nil
    }

    /// Case and the choice of `-` or `_` are no difference that one would make on purpose.
    private static func normalized(_ word: String) -> [Character] {
        word.lowercased().map { $0 == "-" ? "_" : $0 }
    }

    /// Insertions, deletions, substitutions and swaps of neighbours (optimal string alignment).
    static func distance(_ left: [Character], _ right: [Character]) -> Int {
        guard !left.isEmpty else { return right.count }
        var beforeLast: [Int] = []
        var last = Array(0...right.count)
        for i in left.indices {
            var row = [i + 1]
            for j in right.indices {
                var best = min(last[j + 1] + 1, row[j] + 1, last[j] + (left[i] == right[j] ? 0 : 1))
                if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] {
                    best = min(best, beforeLast[j - 1] + 1)
                }
                row.append(best)
            }
            (beforeLast, last) = (last, row)
        }
        return last[right.count]
    }
}
