import Logging
import NIOCore
import StentModel
import StentPolicy
import StentProxy

/// `/cache` and `/cache/purge`.
extension AdminEndpoint {
    func showCache(_ server: StentServer, query: String) async -> AdminService.Answer {
        guard let cache = server.gate.cache else { return Self.noCache }
        do throws(PurgeOrder.Problem) {
            let target = try Self.target(in: query)
            guard let snapshot = await server.snapshot else { return .problem(.admissionDraining) }
            return AdminService.Answer(
                status: 200, contentType: "application/json",
                body: CacheDocument.make(cache, target: target, under: snapshot))
        } catch {
            return .problem(.adminInvalidRequest, [(error.pointer, error.sentence)])
        }
    }

    func purgeCache(_ server: StentServer, _ request: AdminService.Request) async -> AdminService.Answer {
        guard let cache = server.gate.cache else { return Self.noCache }
        // A page in the operator's browser can send any other type hither without asking (Fetch Standard,
        // "CORS-safelisted request-header").
        guard request.mediaType == "application/json" else { return .problem(.adminMediaType) }
        do throws(PurgeOrder.Problem) {
            let tags = server.settings.routes.flatMap { $0.cache?.tags ?? [] }
            let order = try PurgeOrder.read(request.content, tags: Set(tags))
            guard let snapshot = await server.snapshot else { return .problem(.admissionDraining) }
            let purged = cache.purge(order.reach, order.purge, under: snapshot)
            server.log.notice(
                "the cache is purged", metadata: ["by": "\(order.name)", "purge": "\(order.purge)"])
            var object = JSONObject()
            switch purged {
            case .entries(let count): object.add("purged", count)
            case .groups(let count): object.add("groups", count)
            }
            return AdminService.Answer(
                status: 200, contentType: "application/json", body: Array((object.text + "\n").utf8))
        } catch {
            return .problem(.adminInvalidRequest, [(error.pointer, error.sentence)])
        }
    }

    private static var noCache: AdminService.Answer {
        .problem(.adminNotFound, [("", "the settings have no cache")])
    }

    /// What `url` in a query names; `nil` where there is no query.
    private static func target(in query: String) throws(PurgeOrder.Problem) -> [UInt8]? {
        guard !query.isEmpty else { return nil }
        guard query.hasPrefix("url="), !query.contains("&") else {
            throw PurgeOrder.Problem(
                pointer: "", sentence: "the query may be url=URL, percent-encoded, and nothing else")
        }
        let encoded = Array(query.utf8.dropFirst(4))
        var bytes: [UInt8] = []
        var index = 0
        while index < encoded.count {
            if encoded[index] == 0x25,
                let byte = PercentEncoding.byte(in: encoded.span, at: index, end: encoded.count)
            {
                bytes.append(byte)
                index += 3
            } else {
                bytes.append(encoded[index])
                index += 1
            }
        }
        return try PurgeOrder.target(of: String(decoding: bytes, as: UTF8.self), "/url")
    }
}

extension StentServer {
    /// What the exchanges of the first worker go by; `nil` where its loop has ended.
    fileprivate var snapshot: Snapshot? {
        get async {
            guard let worker = workers.first else { return nil }
            return try? await worker.eventLoop.submit { worker.value.snapshot }.get()
        }
    }
}
