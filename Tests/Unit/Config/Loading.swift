import StentConfig
import StentModel

/// Loads texts without a disk.
enum Loading {
    struct Missing: Error {}

    /// What every good configuration must have.
    static let required = """
        version: 1
        listen: { http: { address: "127.0.0.1:8080" } }
        upstream: { servers: ["http://127.0.0.1:3000"] }

        """

    /// A contract that has most paths, and its document.
    static let contract = "contract: { openapi: any.yaml }\n"
    private static let document = """
        openapi: 3.1.1
        info: { title: T, version: "1" }
        paths:
          /: { get: {} }
          "/{a}": { get: {}, parameters: [{ name: a, in: path, required: true, schema: {} }] }
          "/{a}/{b}":
            parameters:
              - { name: a, in: path, required: true, schema: {} }
              - { name: b, in: path, required: true, schema: {} }
            get: {}
            patch: {}
          "/{a}/{b}/{c}":
            parameters:
              - { name: a, in: path, required: true, schema: {} }
              - { name: b, in: path, required: true, schema: {} }
              - { name: c, in: path, required: true, schema: {} }
            get: {}
        """

    static func load(
        _ text: String, environment: [String: String] = [:], files: [String: String] = [:]
    ) -> Result<LoadedSettings, ConfigProblems> {
        ConfigLoader.load(Array(text.utf8), path: "stent.yaml", environment: environment) { path in
            guard let content = files[path] ?? (path == "any.yaml" ? document : nil) else { throw Missing() }
            return Array(content.utf8)
        }
    }

    /// The settings of the required keys and a few more.
    static func settings(
        _ more: String, environment: [String: String] = [:], files: [String: String] = [:]
    ) throws -> Settings {
        try load(required + more, environment: environment, files: files).get().settings
    }

    /// The codes of the problems that the required keys and a few more have.
    static func codes(_ more: String, environment: [String: String] = [:]) -> [ConfigProblem.Code] {
        switch load(required + more, environment: environment) {
        case .success: []
        case .failure(let problems): problems.problems.map(\.code)
        }
    }
}
