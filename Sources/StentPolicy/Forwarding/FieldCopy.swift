import StentModel

extension FieldSection {
    /// Appends the lines that pass, each as `name: value` CR LF; neighbouring lines that stand so already are copied in
    /// one run.
    package func append(to output: inout [UInt8], where passes: (FieldLine) -> Bool) {
        var run = 0..<0
        for line in lines where passes(line) {
            if line.isCanonical, run.upperBound == line.name.lowerBound {
                run = run.lowerBound..<line.wholeLine.upperBound
                continue
            }
            output.append(contentsOf: bytes[run])
            run = 0..<0
            if line.isCanonical {
                run = line.wholeLine
            } else {
                output.append(contentsOf: bytes[line.name.range])
                output.append(": ")
                output.append(contentsOf: bytes[line.value.range])
                output.append("\r\n")
            }
        }
        output.append(contentsOf: bytes[run])
    }
}
