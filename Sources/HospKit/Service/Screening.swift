/// The made-up reading of X-ray images: the same image always has the same result.
enum Screening {
    private static let findings = [
        "normal", "normal", "normal", "fracture", "effusion", "mass", "foreign body", "inconclusive",
    ]

    static func result(of image: String) -> String {
        let draw = Fingerprint([UInt8](image.utf8)).low % UInt64(findings.count)
        return findings[Int(draw)]
    }

    static func overall(_ results: [String]) -> String {
        if results.allSatisfy({ $0 == "normal" }) { return "normal" }
        return results.contains { $0 != "normal" && $0 != "inconclusive" } ? "abnormal" : "inconclusive"
    }
}
