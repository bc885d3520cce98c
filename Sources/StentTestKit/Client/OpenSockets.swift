import Glibc

/// The TCP connections that this process holds, from the kernel's own tables: what leaks shows here, whoever lost it.
package enum OpenSockets {
    /// Connections with one of these ports at either end; listening sockets are not counted.
    package static func count(ports: Set<Int>) -> Int {
        let held = inodes()
        return ["/proc/self/net/tcp", "/proc/self/net/tcp6"].reduce(0) { sum, path in
            sum
                + lines(of: path).dropFirst().count { line in
                    let columns = line.split(separator: " ")
                    guard columns.count > 9, columns[3] != "0A", held.contains(String(columns[9])) else { return false }
                    return [columns[1], columns[2]].contains { address in
                        address.split(separator: ":").last.flatMap { Int($0, radix: 16) }.map(ports.contains) ?? false
                    }
                }
        }
    }

    private static func inodes() -> Set<String> {
        guard let directory = opendir("/proc/self/fd") else { return [] }
        defer { closedir(directory) }
        var inodes: Set<String> = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            var target = [UInt8](repeating: 0, count: 128)
            let count = target.withUnsafeMutableBytes { bytes in
                bytes.withMemoryRebound(to: CChar.self) { text in
                    text.baseAddress.map { readlink("/proc/self/fd/\(name)", $0, text.count) } ?? -1
                }
            }
            guard count > 0 else { continue }
            let text = String(decoding: target[..<count], as: UTF8.self)
            if text.hasPrefix("socket:[") { inodes.insert(String(text.dropFirst(8).dropLast())) }
        }
        return inodes
    }

    private static func lines(of path: String) -> [Substring] {
        guard let file = fopen(path, "r") else { return [] }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = fread(&chunk, 1, chunk.count, file)
            guard count > 0 else { break }
            bytes.append(contentsOf: chunk[..<count])
        }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    }
}
